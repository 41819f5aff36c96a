"""Every route of the REST API, /api/v1/. Each package lists its own resources."""

from django.urls import include, path

urlpatterns = [
    path("", include("workspaces.api.urls")),
    path("", include("profiles.api.urls")),
    path("", include("channels.api.urls")),
    path("", include("content.api.urls")),
    path("", include("journeys.api.urls")),
]
