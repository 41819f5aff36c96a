"""The rules of the journey as a whole: who may enter again, what counts as reached, who leaves early, when to be
quiet."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journeys.forms.duration import DurationField
from journeys.forms.inputs import KnownNameField, SuggestWidget, TimeOfDay
from journeys.forms.node import NodeForm
from journeys.forms.rows import RowsField
from lib.localtime import zone

QUIET = [("workspace", _("As the workspace says")), ("none", _("At any hour")), ("own", _("Not between"))]


class JourneyForm(NodeForm):
    """Takes and gives {"description", "time_zone", "policy"}; rules it has no field for are kept."""

    description = forms.CharField(
        label=_("What it is for"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        widget=SuggestWidget(attrs={"autocomplete": "off", "class": "input input-sm w-full"}),
        help_text=_("For customers whose own zone isn't known."),
    )
    mode = forms.ChoiceField(
        label=_("May someone enter again?"),
        choices=[
            ("never", pgettext_lazy("entering again", "Never")),
            ("after_exit", _("Once they have left")),
            ("every_time", _("Every time, also beside a running one of another key")),
        ],
    )
    cooldown = DurationField(label=_("But not within"), required=False)
    key = forms.CharField(
        label=_("Once for each"),
        required=False,
        max_length=80,
        help_text=_(
            "A property of the event, such as order_id: one walk for each order. Empty: one for each customer."
        ),
    )
    goal_event = KnownNameField("event", label=_("Goal: the customer does"), required=False)
    goal_within = DurationField(label=_("Within"), required=False)
    on_reach = forms.ChoiceField(
        label=_("Then"),
        required=False,
        choices=[("leave", _("They leave the journey")), ("continue", _("They go on"))],
    )
    exits = RowsField(
        {"event": KnownNameField("event", label=_("Leaves when this happens"))},
        label=_("Leaves early"),
        add_label=_("Add an event"),
    )
    quiet = forms.ChoiceField(label=_("Quiet hours"), choices=QUIET)
    quiet_from = TimeOfDay(label=_("From"), required=False)
    quiet_to = TimeOfDay(label=_("To"), required=False)
    quiet_then = forms.ChoiceField(
        label=_("Messages then"),
        required=False,
        choices=[("hold", _("Wait until the hours are over")), ("skip", _("Are skipped"))],
    )
    holdout = forms.FloatField(
        label=_("Hold-out, in percent"),
        required=False,
        min_value=0,
        max_value=50,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_("So many of those who enter get no message, to see what the messages bring about."),
    )

    sections = (
        (None, ["description", "time_zone"]),
        (_("Entering again"), ["mode", "cooldown", "key"]),
        (_("Goal"), ["goal_event", "goal_within", "on_reach"]),
        (_("Leaving early"), ["exits"]),
        (_("Quiet hours"), ["quiet", "quiet_from", "quiet_to", "quiet_then"]),
        (_("To compare with"), ["holdout"]),
    )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        policy = settings.get("policy") or {}
        reentry, goal = policy.get("reentry") or {}, policy.get("goal") or {}
        quiet = policy.get("quiet_hours", "workspace")
        own = quiet if isinstance(quiet, dict) else {}
        return {
            "description": settings.get("description", ""),
            "time_zone": settings.get("time_zone") or "",
            "mode": reentry.get("mode", "after_exit"),
            "cooldown": reentry.get("cooldown") or "",
            "key": reentry.get("key") or "",
            "goal_event": goal.get("event") or "",
            "goal_within": goal.get("within") or "",
            "on_reach": goal.get("on_reach", "leave"),
            "exits": [{"event": rule["event"]} for rule in policy.get("exit_when") or [] if _plain(rule)],
            "quiet": "own" if own else quiet,
            "quiet_from": own.get("from", "21:00"),
            "quiet_to": own.get("to", "08:00"),
            "quiet_then": own.get("then", "hold"),
            "holdout": _percent(policy.get("holdout")),
        }

    def bind(self) -> None:
        widget = self.fields["time_zone"].widget
        assert isinstance(widget, SuggestWidget)
        widget.suggestions = sorted(available_timezones())
        if self["quiet"].value() != "own":
            for name in ("quiet_from", "quiet_to", "quiet_then"):
                del self.fields[name]
        if not self["goal_event"].value():
            for name in ("goal_within", "on_reach"):
                del self.fields[name]

    def clean_time_zone(self) -> str:
        name = str(self.cleaned_data["time_zone"]).strip()
        if name and zone(name) is None:
            raise forms.ValidationError(
                _("“%(name)s” is no time zone. Write it like Asia/Seoul.") % {"name": name}
            )
        return name

    def settings(self) -> dict[str, Any]:
        values = dict(getattr(self, "cleaned_data", {}))
        values |= (
            {"exits": partial}
            if (partial := getattr(self.fields["exits"], "partial", None)) is not None
            else {}
        )
        before = dict(self.before.get("policy") or {})
        policy: dict[str, Any] = before | {"reentry": self._reentry(values, before.get("reentry") or {})}
        complex_exits = [rule for rule in before.get("exit_when") or [] if not _plain(rule)]
        policy["exit_when"] = [
            {"event": row["event"]} for row in values.get("exits", []) if row.get("event")
        ] + complex_exits
        self._goal(policy, values, before.get("goal") or {})
        self._quiet(policy, values)
        if "holdout" in values:
            policy.pop("holdout", None)
            policy |= {"holdout": round(values["holdout"] / 100, 6)} if values["holdout"] else {}
        kept = {
            name: value
            for name, value in self.before.items()
            if name not in ("description", "time_zone", "policy")
        }
        zone_name = values.get("time_zone", self.before.get("time_zone"))
        return {
            **kept,
            "description": values.get("description", ""),
            "time_zone": zone_name or None,
            "policy": policy,
        }

    @staticmethod
    def _reentry(values: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        found = before | {"mode": values.get("mode", before.get("mode", "after_exit"))}
        for name in ("cooldown", "key"):
            if values.get(name):
                found[name] = values[name]
            elif name in values:
                found.pop(name, None)
        return found

    @staticmethod
    def _goal(policy: dict[str, Any], values: dict[str, Any], before: dict[str, Any]) -> None:
        if values.get("goal_event"):
            goal = before | {
                "event": values["goal_event"],
                "on_reach": values.get("on_reach") or before.get("on_reach", "leave"),
            }
            goal.pop("condition", None)
            if "goal_within" in values:
                goal.pop("within", None)
                goal |= {"within": values["goal_within"]} if values["goal_within"] else {}
            policy["goal"] = goal
        elif before.get("event") or not before:
            policy.pop("goal", None)

    @staticmethod
    def _quiet(policy: dict[str, Any], values: dict[str, Any]) -> None:
        chosen = values.get("quiet")
        if chosen in ("workspace", "none"):
            policy["quiet_hours"] = chosen
        elif chosen == "own":
            policy["quiet_hours"] = {
                "from": values.get("quiet_from") or "21:00",
                "to": values.get("quiet_to") or "08:00",
                "then": values.get("quiet_then") or "hold",
            }


def _plain(rule: Any) -> bool:
    """Whether the form can show the exit rule."""
    return isinstance(rule, dict) and set(rule) == {"event"}


def _percent(share: Any) -> str:
    """0.05 as “5”; nothing for none."""
    return f"{share * 100:.6g}" if share and isinstance(share, int | float) else ""
