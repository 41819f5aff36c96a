from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document.settings import setting
from journeys.forms.node import NodeForm
from journeys.triggers.base import TriggerKind
from journeys.triggers.registry import triggers


@dataclass(frozen=True, slots=True)
class Settings:
    """`schema`: JSON Schema of the payload, for those who call it; the payload is the enrolment's `entry`."""

    schema: dict[str, Any] = setting({})


class ApiForm(NodeForm):
    """Nothing to set by hand; a schema that an integration wrote is kept."""


@triggers.register
class ApiTrigger(TriggerKind[Settings]):
    kind, label, icon = "api", _("API"), "code"
    description = _("An integration starts people, or you do by hand")
    order = 30
    by_api = called = True
    settings_class = Settings
    example = Settings()
    form_class = ApiForm

    def entry_names(self, settings: Settings) -> Collection[str] | None:
        named = settings.schema.get("properties")
        return list(named) if isinstance(named, dict) and named else None

    def summary(self, settings: Settings, names: object) -> str:
        return gettext("Started by API or by hand")
