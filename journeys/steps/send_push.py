from django.utils.translation import gettext_lazy as _

from journeys.steps.registry import steps
from journeys.steps.sending import SendForm, SendStep, Settings


class PushForm(SendForm):
    medium = "push"


@steps.register
class SendPush(SendStep):
    """To all of her devices that take messages."""

    kind, medium, label, icon = "send_push", "push", _("Send push"), "smartphone"
    description = _("Sends a notification to everyone’s phones and browsers")
    order = 12
    example = Settings(content="", topic="offers")
    form_class = PushForm
