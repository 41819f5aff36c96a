from django.utils.translation import gettext_lazy as _

from journeys.steps.registry import steps
from journeys.steps.sending import SendForm, SendStep, Settings


class EmailForm(SendForm):
    medium = "email"


@steps.register
class SendEmail(SendStep):
    kind, medium, label, icon = "send_email", "email", _("Send email"), "mail"
    description = _("Sends one of your emails to everyone who arrives")
    order = 10
    example = Settings(content="", topic="offers")
    form_class = EmailForm
