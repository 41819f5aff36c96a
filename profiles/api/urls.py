from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

from profiles.api.data import CatalogueViewSet, ComputedViewSet, StoreViewSet
from profiles.api.profiles import ProfileViewSet
from profiles.api.segments import SegmentViewSet

router = SimpleRouter(use_regex_path=False)
router.register("profiles", ProfileViewSet, basename="profile")
router.register("segments", SegmentViewSet, basename="segment")
router.register("catalogue", CatalogueViewSet, basename="catalogue")
router.register("computed-attributes", ComputedViewSet, basename="computed")
router.register("stores", StoreViewSet, basename="store")

urlpatterns: list[URLPattern | URLResolver] = router.urls
