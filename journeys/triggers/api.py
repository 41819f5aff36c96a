import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document.problems import Context, Problem
from journeys.document.settings import setting
from journeys.document.shape import Trigger
from journeys.forms.node import NodeForm
from journeys.forms.rows import RowsField
from journeys.triggers.base import TriggerKind
from journeys.triggers.registry import triggers
from lib import json_schema

TYPES = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "yes_no": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
}


@dataclass(frozen=True, slots=True)
class Settings:
    """`schema`: JSON Schema that a payload has to fit; the payload is the enrolment's `entry`."""

    schema: dict[str, Any] = setting({})


class ApiForm(NodeForm):
    """The values as rows; a schema that says more than rows can is shown as it is."""

    values = RowsField(
        {
            "name": forms.CharField(label=_("Name"), max_length=80, required=False),
            "type": forms.ChoiceField(
                label=_("Kind of value"),
                choices=[
                    ("text", _("Text")),
                    ("number", _("Number")),
                    ("yes_no", _("Yes or no")),
                    ("date", _("Date")),
                ],
            ),
            "needed": forms.ChoiceField(
                label=_("Is it needed?"),
                required=False,
                choices=[("", _("May be left out")), ("yes", _("Always there"))],
            ),
        },
        label=_("What is handed over"),
        add_label=_("Add a value"),
        fresh=lambda rows: {"name": "", "type": "text", "needed": ""},
        help_text=_("Steps and texts of the journey can use these values."),
    )
    source = forms.CharField(
        label=_("Schema (JSON Schema)"),
        required=False,
        max_length=json_schema.SIZE,
        widget=forms.Textarea(attrs={"rows": 10, "class": "textarea textarea-sm w-full font-mono"}),
    )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        schema = settings.get("schema") or {}
        return {
            "values": _rows(schema) or [],
            "source": json.dumps(schema, indent=2, ensure_ascii=False),
        }

    def bind(self) -> None:
        schema = self.before.get("schema") or {}
        del self.fields["source" if _rows(schema) is not None else "values"]

    def clean_source(self) -> Any:
        try:
            found = json.loads(self.cleaned_data["source"] or "{}")
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is no JSON.")) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_("This must be an object with named parts."))
        return found

    def owned_keys(self) -> list[str]:
        # What can't be read leaves what was there.
        return [] if "source" in self.errors else ["schema"]

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        schema = cleaned["source"] if "source" in cleaned else _schema(cleaned.get("values") or [])
        return {"schema": schema} if schema else {}


def _rows(schema: Any) -> list[dict[str, str]] | None:
    """The rows that say the schema; None for one they can't."""
    if schema == {}:
        return []
    if not isinstance(schema, dict) or not set(schema) <= {"type", "properties", "required"}:
        return None
    properties, needed = schema.get("properties"), schema.get("required", [])
    if schema.get("type") != "object" or not isinstance(properties, dict) or not isinstance(needed, list):
        return None
    if not all(name in properties for name in needed if isinstance(name, str)):
        return None
    kinds = {name: next((k for k, v in TYPES.items() if v == one), None) for name, one in properties.items()}
    if None in kinds.values():
        return None
    return [
        {"name": name, "type": str(kind), "needed": "yes" if name in needed else ""}
        for name, kind in kinds.items()
    ]


def _schema(rows: list[dict[str, Any]]) -> dict[str, Any]:
    named = {str(row["name"]).strip(): row for row in rows if str(row.get("name") or "").strip()}
    if not named:
        return {}
    found: dict[str, Any] = {
        "type": "object",
        "properties": {name: TYPES.get(str(row.get("type")), TYPES["text"]) for name, row in named.items()},
    }
    needed = [name for name, row in named.items() if row.get("needed")]
    return found | ({"required": needed} if needed else {})


@triggers.register
class ApiTrigger(TriggerKind[Settings]):
    kind, label, icon = "api", _("API"), "code"
    description = _("An integration starts people, or you do by hand")
    order = 30
    by_api = called = True
    settings_class = Settings
    example = Settings()
    form_class = ApiForm

    def summary(self, settings: Settings, names: object) -> str:
        handed = list(self.entry_names(settings) or ())
        if handed:
            return gettext("Started by API or by hand, with %(values)s") % {"values": ", ".join(handed[:5])}
        return gettext("Started by API or by hand")

    def problems(self, trigger: Trigger, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(trigger, settings, context)
        if reason := json_schema.unusable(settings.schema):
            text = gettext("The schema of what is handed over can't be used: %(reason)s") % {"reason": reason}
            yield Problem("error", "bad_schema", text, trigger.key, "schema")

    def entry_names(self, settings: Settings) -> Collection[str] | None:
        named = settings.schema.get("properties")
        return list(named) if isinstance(named, dict) and named else None

    def payload_faults(self, settings: Settings, payload: dict[str, Any]) -> list[tuple[str, str]]:
        return json_schema.faults(settings.schema, payload) if settings.schema else []
