from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.forms.node import NodeForm
from journeys.triggers.base import TriggerKind
from journeys.triggers.registry import triggers


@dataclass(frozen=True, slots=True)
class Settings:
    """None: what the step `enter_journey` of the other journey hands on is the enrolment's `entry`."""


class JourneyForm(NodeForm):
    """Nothing to set."""


@triggers.register
class JourneyTrigger(TriggerKind[Settings]):
    kind, label, icon = "journey", _("Another journey"), "route"
    description = _("People enter by a step of another journey")
    order = 40
    called = True
    settings_class = Settings
    example = Settings()
    form_class = JourneyForm

    def summary(self, settings: Settings, names: object) -> str:
        return gettext("By a step of another journey")
