"""What the world sees of a message (no sign-in), and the settings of the channels."""

from django.urls import include, path

from channels.views import callbacks, preferences, tracking

_channels = [
    path("t/o/<str:token>", tracking.opened, name="open"),
    path("t/c/<str:token>", tracking.clicked, name="click"),
    path("u/<str:token>", preferences.preferences, name="preferences"),
    path("w/<str:token>", tracking.view, name="view"),
    path("callbacks/<slug:kind>/<uuid:account_id>/", callbacks.callback, name="callback"),
]

urlpatterns = [path("", include((_channels, "channels")))]
