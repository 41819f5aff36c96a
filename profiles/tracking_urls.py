"""/v1/..."""

from django.urls import URLPattern, URLResolver, path

from profiles.api import track
from profiles.api.devices import devices_of_browsers
from profiles.segment_calls import KINDS

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(kind, track.single(kind), name=f"track-{kind}") for kind in KINDS),
    path("batch", track.batch, name="track-batch"),
    path("devices", devices_of_browsers, name="track-devices"),
]
