from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from content.api.items import ItemViewSet

router = SimpleRouter(use_regex_path=False)
router.register("content", ItemViewSet, basename="api-content")

urlpatterns: list[URLPattern | URLResolver] = [path("", include(router.urls))]
