from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from profiles.api.profiles import ProfileViewSet
from profiles.api.segments import SegmentViewSet

router = SimpleRouter(use_regex_path=False)
router.register("profiles", ProfileViewSet, basename="profile")
router.register("segments", SegmentViewSet, basename="segment")

urlpatterns: list[URLPattern | URLResolver] = router.urls
