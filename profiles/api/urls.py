from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from profiles.api.profiles import ProfileViewSet

router = SimpleRouter(use_regex_path=False)
router.register("profiles", ProfileViewSet, basename="profile")

urlpatterns: list[URLPattern | URLResolver] = router.urls
