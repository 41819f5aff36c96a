from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document.problems import Context, Problem
from journeys.document.settings import setting
from journeys.document.shape import Trigger
from journeys.forms.node import NodeForm
from journeys.triggers.base import Crossing, TriggerKind
from journeys.triggers.registry import triggers
from profiles.conditions.blanks import Known
from profiles.conditions.leaves.segment import condition_of


@dataclass(frozen=True, slots=True)
class Settings:
    """`segment`: its slug (or id). `include_present`: whoever is in it at publishing enters once, too."""

    segment: str = setting(length=200)
    direction: Literal["enter", "leave"] = "enter"
    include_present: bool = False


class SegmentForm(NodeForm):
    segment = forms.ChoiceField(
        label=_("Segment"), widget=forms.Select(attrs={"class": "select select-sm w-full"})
    )
    direction = forms.ChoiceField(
        label=_("When someone"),
        widget=forms.RadioSelect,
        choices=[("enter", _("comes into it")), ("leave", _("drops out of it"))],
    )
    include_present = forms.BooleanField(
        label=_("Also those who are in it already"),
        required=False,
        help_text=_("They enter once, when the journey is published."),
    )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {"direction": "enter"} | super().initial_from(settings)

    def bind(self) -> None:
        field = self.fields["segment"]
        assert isinstance(field, forms.ChoiceField)
        choices = list(Known(self.workspace).segments)
        chosen = str(self["segment"].value() or "")
        if chosen not in dict(choices):  # none yet, or one that is gone
            choices = [(chosen, chosen or gettext("Choose a segment")), *choices]
        field.choices = choices
        if self["direction"].value() == "leave":
            del self.fields["include_present"]

    def owned_keys(self) -> list[str]:
        return ["segment", "direction", "include_present"]

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found = super().settings_from(cleaned)
        return {name: value for name, value in found.items() if value is not False}


@triggers.register
class SegmentTrigger(TriggerKind[Settings]):
    kind, label, icon = "segment", _("Segment"), "users"
    description = _("People enter when they come into a segment, or drop out of it")
    order = 15
    settings_class = Settings
    example = Settings(segment="")
    form_class = SegmentForm

    def summary(self, settings: Settings, names: object) -> str:
        if not settings.segment:
            return gettext("No segment chosen yet")
        workspace = getattr(names, "workspace", None)
        name = dict(Known(workspace).segments).get(settings.segment, settings.segment)
        if settings.direction == "leave":
            return gettext("Drops out of “%(segment)s”") % {"segment": name}
        if settings.include_present:
            return gettext("In “%(segment)s” already, or comes into it") % {"segment": name}
        return gettext("Comes into “%(segment)s”") % {"segment": name}

    def problems(self, trigger: Trigger, settings: Settings, context: Context) -> Iterable[Problem]:
        yield from super().problems(trigger, settings, context)
        if not settings.segment.strip():
            text = gettext("Choose the segment that lets people in.")
            yield Problem("error", "no_segment", text, trigger.key, "segment")
        elif (
            context.workspace_id is not None and condition_of(context.workspace_id, settings.segment) is None
        ):
            text = gettext("There is no segment “%(segment)s”.") % {"segment": settings.segment}
            yield Problem("error", "unknown_segment", text, trigger.key, "segment")
        if settings.direction == "leave" and settings.include_present:
            text = gettext("Those who are in the segment already can only enter where coming into it counts.")
            yield Problem("warning", "present_ignored", text, trigger.key, "include_present")

    def entry_names(self, settings: Settings) -> Collection[str] | None:
        return ("segment", "direction", "at")

    def segment(self, settings: Settings) -> Crossing | None:
        if not settings.segment:
            return None
        entered = settings.direction == "enter"
        return Crossing(settings.segment, entered, entered and settings.include_present)
