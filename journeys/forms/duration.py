"""A span of time as a number and a unit: "3 days" stands as P3D in the document."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

UNITS = [("minutes", _("minutes")), ("hours", _("hours")), ("days", _("days")), ("weeks", _("weeks"))]
_ISO = {"minutes": "PT{}M", "hours": "PT{}H", "days": "P{}D", "weeks": "P{}W"}
_PATTERNS = [
    (re.compile(r"PT(\d+)M"), "minutes"),
    (re.compile(r"PT(\d+)H"), "hours"),
    (re.compile(r"P(\d+)D"), "days"),
    (re.compile(r"P(\d+)W"), "weeks"),
]
_WRONG = re.compile(r"\?(?P<unit>\w+)\?(?P<side>\w+)\?(?P<number>.*)", re.DOTALL)


def split(value: str) -> tuple[str, str] | None:
    """("3", "days") of "P3D"; None for a duration that one number and unit can't say."""
    for pattern, unit in _PATTERNS:
        if match := pattern.fullmatch(value):
            return match[1], unit
    return None


class DurationWidget(forms.Widget):
    """A number and a unit; a duration of several units (P1DT6H) is shown and kept as written."""

    template_name = "journeys/fields/duration.html"

    def __init__(self, *, sides: bool = False, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.sides = sides  # offers before/after, for offsets

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        text = str(value or "")
        if wrong := _WRONG.fullmatch(text):  # handed back as it was typed, beside what is wrong with it
            context["widget"].update(wrong.groupdict(), raw="", units=UNITS, sides=self.sides)
            return context
        negative = text.startswith("-")
        parts = split(text.lstrip("-+"))
        context["widget"].update(
            number=parts[0] if parts else "",
            unit=parts[1] if parts else "days",
            raw="" if parts or not text else text,
            units=UNITS,
            sides=self.sides,
            side="before" if negative else "after",
        )
        return context

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any] | None, name: str
    ) -> Any:
        if raw := str(data.get(f"{name}-raw", "")).strip():
            return raw
        number = str(data.get(f"{name}-number", "")).strip()
        if not number:
            return ""
        unit = str(data.get(f"{name}-unit", "days"))
        if not number.isdigit() or unit not in _ISO:
            side = "before" if data.get(f"{name}-side") == "before" else "after"
            return f"?{unit if unit in _ISO else 'days'}?{side}?{number}"
        sign = "-" if self.sides and data.get(f"{name}-side") == "before" else ""
        return sign + _ISO[unit].format(int(number))

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-number"


class DurationField(forms.CharField):
    """Cleans to an ISO 8601 duration."""

    default_error_messages = {"bad": _("Write a whole number, such as 3.")}

    def __init__(self, *, sides: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DurationWidget(sides=sides))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        if str(value or "").startswith("?"):
            raise forms.ValidationError(self.error_messages["bad"], code="bad")
        return super().clean(value)
