"""The pages under /people/."""

from django.urls import URLPattern, URLResolver, include, path

from profiles import data_urls, privacy_urls, source_urls
from profiles.api import hooks
from profiles.views import person_notes, segment, segment_live, segment_people, segments
from profiles.views.people import people
from profiles.views.person import contact, erasure, export_, parting, person

_people: list[URLPattern | URLResolver] = [
    path("people/", people, name="list"),
    *source_urls.pages,
    *data_urls.pages,
    path("people/<uuid:public_id>/", person, name="person"),
    path("people/<uuid:public_id>/contact/", contact, name="contact"),
    path("people/<uuid:public_id>/notes/", person_notes.add, name="notes"),
    path("people/<uuid:public_id>/notes/<uuid:note_id>/", person_notes.change, name="note"),
    path("people/<uuid:public_id>/notes/<uuid:note_id>/removal/", person_notes.removal, name="note-removal"),
    path("people/<uuid:public_id>/joins/<int:join_id>/undo/", parting, name="join-undo"),
    path("people/<uuid:public_id>/export/", export_, name="export"),
    path("people/<uuid:public_id>/erasure/", erasure, name="erasure"),
]

_segments: list[URLPattern | URLResolver] = [
    path("segments/", segments.segments, name="list"),
    path("segments/new/", segment.new, name="new"),
    path("segments/lists/", segments.new_list, name="new-list"),
    path("segments/live/", segment_live.live, name="live"),
    path("segments/<uuid:public_id>/", segment.segment, name="segment"),
    path("segments/<uuid:public_id>/copy/", segments.copy, name="copy"),
    path("segments/<uuid:public_id>/archive/", segments.archive, name="archive"),
    path("segments/<uuid:public_id>/members/", segment_people.members, name="members"),
    path("segments/<uuid:public_id>/upload/", segment_people.upload, name="upload"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((_segments, "segments"))),
    path("", include((_people, "profiles"))),
    path("", include((privacy_urls.pages, "privacy"))),
    path("hooks/<str:key>/", hooks.receive, name="hook"),
]
