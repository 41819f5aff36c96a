"""Small inputs that several kinds share."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lib.localtime import WEEKDAYS
from profiles.models import KnownName


class SuggestWidget(forms.TextInput):
    """A text with suggestions, by a datalist: known names first, anything else allowed."""

    template_name = "journeys/fields/suggest.html"
    suggestions: list[str] = []

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["suggestions"] = self.suggestions
        context["widget"]["list_id"] = f"{name}-names"
        context["widget"]["attrs"]["list"] = f"{name}-names"
        return context


class KnownNameField(forms.CharField):
    """The name of an event or attribute; offers those that were really seen. `kind`: "event" or "attribute"."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        self.kind = kind
        kwargs.setdefault("max_length", 200)
        super().__init__(
            widget=SuggestWidget(attrs={"autocomplete": "off", "class": "input input-sm w-full"}), **kwargs
        )

    def bind_workspace(self, workspace: Any) -> None:
        rows = KnownName.objects.filter(workspace=workspace, kind=self.kind).order_by("name")
        self.widget.suggestions = list(rows.values_list("name", flat=True)[:500])


class TimeOfDay(forms.CharField):
    """HH:MM."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"type": "time", "class": "input input-sm w-32"}), **kwargs
        )

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        return text[:5]  # browsers may add seconds


class WeekdaysField(forms.MultipleChoiceField):
    """A list of mon ... sun, in the week's order; none means every day."""

    LABELS = {
        "mon": _("Mon"), "tue": _("Tue"), "wed": _("Wed"), "thu": _("Thu"), "fri": _("Fri"),
        "sat": _("Sat"), "sun": _("Sun"),
    }  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(
            choices=[(day, self.LABELS[day]) for day in WEEKDAYS],
            widget=forms.CheckboxSelectMultiple(attrs={"class": "checkbox checkbox-xs"}),
            **kwargs,
        )


def typed(text: Any) -> Any:
    """What was typed, with the type it reads as: 5 and true are JSON; anything else is a text."""
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text or ""


def shown(value: Any) -> str:
    """The way back: a text that would read as something else is written as JSON."""
    if isinstance(value, str) and typed(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
