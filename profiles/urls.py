"""The pages under /people/."""

from django.urls import URLPattern, URLResolver, include, path

from profiles.views.people import people
from profiles.views.person import contact, erasure, export_, person
from profiles.views.sources import key, pause, sources

_people: list[URLPattern | URLResolver] = [
    path("people/", people, name="list"),
    path("people/sources/", sources, name="sources"),
    path("people/sources/<int:source_id>/key/", key, name="source-key"),
    path("people/sources/<int:source_id>/pause/", pause, name="source-pause"),
    path("people/<uuid:public_id>/", person, name="person"),
    path("people/<uuid:public_id>/contact/", contact, name="contact"),
    path("people/<uuid:public_id>/export/", export_, name="export"),
    path("people/<uuid:public_id>/erasure/", erasure, name="erasure"),
]

urlpatterns: list[URLPattern | URLResolver] = [path("", include((_people, "profiles")))]
