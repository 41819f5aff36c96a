"""What somebody who starts a journey by hand has to hand over, as fields: made from the trigger's schema."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lib import json_schema

_FIELDS: dict[str, Any] = {
    "string": forms.CharField,
    "number": forms.FloatField,
    "integer": forms.IntegerField,
    "boolean": forms.NullBooleanField,
    "date": forms.DateField,
}
_WIDGETS: dict[str, Any] = {
    "date": lambda: forms.DateInput(attrs={"type": "date"}),
    "boolean": lambda: forms.Select(choices=[("unknown", "–"), ("true", _("Yes")), ("false", _("No"))]),
}


class HandedForm(forms.Form):
    """`schema`: the trigger's. One that says more than flat values is filled in as JSON."""

    def __init__(self, schema: dict[str, Any], **given: Any) -> None:
        super().__init__(prefix="v", **given)
        self.schema = schema
        self.names = _flat(schema)
        if self.names is None:
            self.fields["json"] = forms.CharField(
                label=_("What is handed over (JSON)"),
                widget=forms.Textarea(attrs={"rows": 8, "class": "textarea textarea-sm w-full font-mono"}),
                initial="{}",
                max_length=json_schema.SIZE,
            )
            return
        for place, (name, kind, wanted) in enumerate(self.names):
            more = {"widget": _WIDGETS[kind]()} if kind in _WIDGETS else {}
            if kind == "string":
                more["max_length"] = 2000
            self.fields[str(place)] = _FIELDS[kind](label=name, required=wanted and kind != "boolean", **more)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            payload = self._payload(cleaned)
        except (ValueError, RecursionError):
            self.add_error("json", _("This is no JSON."))
            return cleaned
        if not isinstance(payload, dict):
            self.add_error("json", _("This must be an object with named parts."))
            return cleaned
        for pointer, fault in json_schema.faults(self.schema, payload):
            name = pointer.lstrip("/").replace("~1", "/").replace("~0", "~")
            places = {known: str(place) for place, (known, _kind, _wanted) in enumerate(self.names or [])}
            self.add_error(places.get(name, "json" if self.names is None else None), fault)
        self.payload = payload
        return cleaned

    def _payload(self, cleaned: dict[str, Any]) -> Any:
        if self.names is None:
            return json.loads(cleaned["json"])
        given = {name: cleaned.get(str(place)) for place, (name, _kind, _wanted) in enumerate(self.names)}
        return {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in given.items()
            if value is not None and value != ""
        }


def _flat(schema: dict[str, Any]) -> list[tuple[str, str, bool]] | None:
    """(name, kind, needed) of each value; None for a schema that says more than that."""
    properties, needed = schema.get("properties"), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(needed, list):
        return None
    if not all(name in properties for name in needed):
        return None
    found = []
    for name, one in sorted(properties.items(), key=lambda part: _place(part[0], needed)):
        kind = one.get("type") if isinstance(one, dict) else None
        if kind == "string" and one.get("format") == "date":
            kind = "date"
        elif kind == "date" or kind not in _FIELDS:
            return None
        found.append((str(name), str(kind), name in needed))
    return found


def _place(name: str, needed: list[Any]) -> tuple[int, str]:
    """What is needed first, in the order in which it is named."""
    return (needed.index(name) if name in needed else len(needed), name)
