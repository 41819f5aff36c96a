from rest_framework.routers import SimpleRouter

from channels.api.accounts import AccountViewSet
from channels.api.messages import MessageViewSet

router = SimpleRouter()
router.register("channels", AccountViewSet, basename="api-channel")
router.register("messages", MessageViewSet, basename="api-message")

urlpatterns = router.urls
