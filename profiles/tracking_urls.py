"""/v1/..."""

from django.urls import URLPattern, URLResolver, path

from profiles.api import track
from profiles.segment_calls import KINDS

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(kind, track.single(kind), name=f"track-{kind}") for kind in KINDS),
    path("batch", track.batch, name="track-batch"),
]
