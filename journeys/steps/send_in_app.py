from django.utils.translation import gettext_lazy as _

from journeys.forms.duration import DurationField
from journeys.steps.registry import steps
from journeys.steps.sending import SendForm, SendStep, Settings
from lib import durations


class InAppForm(SendForm):
    medium = "in_app"

    expires = DurationField(
        label=_("Not any more after"),
        required=False,
        help_text=_("From then on it is not shown any more, seen or not."),
    )


@steps.register
class SendInApp(SendStep):
    """It lies in her inbox until the site or the app fetches it (channels.inbox)."""

    kind, medium, label, icon = "send_in_app", "in_app", _("Show in the app"), "app-window"
    description = _("Shows a message in the site or app at everyone’s next visit")
    order = 13
    example = Settings(content="", topic="offers", expires=durations.parse("P7D"))
    form_class = InAppForm
