"""/v1/..."""

from django.urls import URLPattern, URLResolver, path

from profiles.api import track
from profiles.api.devices import devices_of_browsers
from profiles.segment_calls import KINDS

# What the libraries call in short; `import` is an old name of batch.
SHORT = {"a": "alias", "g": "group", "i": "identify", "p": "page", "s": "screen", "t": "track"}

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(kind, track.single(kind), name=f"track-{kind}") for kind in KINDS),
    *(path(short, track.single(kind), name=f"track-{short}") for short, kind in SHORT.items()),
    path("batch", track.batch, name="track-batch"),
    path("b", track.batch, name="track-b"),
    path("import", track.batch, name="track-import"),
    path("m", track.metrics, name="track-m"),
    path("projects/<str:write_key>/settings", track.settings, name="track-settings"),
    path("sourceConfig/", track.source_config, name="track-source-config"),
    path("devices", devices_of_browsers, name="track-devices"),
]
