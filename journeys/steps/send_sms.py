from django.utils.translation import gettext_lazy as _

from journeys.steps.registry import steps
from journeys.steps.sending import SendForm, SendStep, Settings


class SmsForm(SendForm):
    medium = "sms"


@steps.register
class SendSms(SendStep):
    kind, medium, label, icon = "send_sms", "sms", _("Send SMS"), "message-square-text"
    description = _("Sends a text message to everyone who arrives")
    order = 11
    example = Settings(content="", topic="offers")
    form_class = SmsForm
