"""Every route: pages, tracking, the API, health."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health
from config.operations import metrics, page
from journeys.views.home import home

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("", include("workspaces.urls")),
    path("", include("profiles.urls")),
    path("", include("content.urls")),
    path("", include("channels.urls")),
    path("", include("journeys.urls")),
    path("v1/", include("profiles.tracking_urls")),
    path("api/v1/", include("config.api")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("settings/health/", page.health, name="health"),
    path("settings/health/news/", page.tell_again, name="health-news"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
