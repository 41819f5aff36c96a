from django.utils.translation import gettext_lazy as _

from journeys.steps.registry import steps
from journeys.steps.sending import SendForm, SendStep, Settings


class SocialForm(SendForm):
    medium = "social"


@steps.register
class SendSocial(SendStep):
    """By the messenger that the workspace has an account of: LINE."""

    kind, medium, label, icon = "send_social", "social", _("Social message"), "share-2"
    description = _("Sends a messenger message, such as LINE, to everyone who arrives")
    order = 14
    example = Settings(content="", topic="offers")
    form_class = SocialForm
