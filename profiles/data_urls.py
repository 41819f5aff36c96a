"""The pages under /people/data/."""

from django.urls import path

from profiles.views import catalogue, computed, stores

pages = [
    path("people/data/", catalogue.names, name="names"),
    path("people/data/<int:name_id>/", catalogue.name, name="name"),
    path("people/data/computed/", computed.figures, name="computed-list"),
    path("people/data/computed/new/", computed.new, name="computed-new"),
    path("people/data/computed/<uuid:public_id>/", computed.figure, name="computed"),
    path("people/data/computed/<uuid:public_id>/removal/", computed.removal, name="computed-removal"),
    path("people/data/stores/", stores.stores, name="stores"),
    path("people/data/stores/<uuid:public_id>/", stores.store, name="store"),
    path("people/data/stores/<uuid:public_id>/deletion/", stores.deletion, name="store-deletion"),
]
