from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from content.personalise import RenderError, check_text
from journeys.document.settings import setting
from journeys.document.shape import Step
from journeys.forms.inputs import KnownNameField, shown, typed
from journeys.forms.node import NodeForm
from journeys.forms.rows import RowsField
from journeys.steps.base import Context, Group, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Fail, Go, Json, Outcome, Outcomes
from journeys.steps.registry import steps
from journeys.steps.values import value_of

MOST = 10**15  # beyond it sums are no longer exact everywhere


@dataclass(frozen=True, slots=True)
class Settings:
    """By attribute name; texts may be templates over person, entry and context. `add` and `remove` are for lists."""

    set: dict[str, Any] = setting({})
    unset: tuple[str, ...] = ()
    increment: dict[str, Any] = setting({})
    add: dict[str, Any] = setting({})
    remove: dict[str, Any] = setting({})


class UpdateProfileForm(NodeForm):
    """Each change is a row: what to do, with which attribute, and the value."""

    DOES = [
        ("set", _("Set to")), ("increment", _("Add the number")), ("add", _("Add to the list")),
        ("remove", _("Take off the list")), ("unset", _("Clear")),
    ]  # fmt: skip

    changes = RowsField(
        {
            "attribute": KnownNameField("attribute", label=_("Attribute")),
            "do": forms.ChoiceField(
                label=_("Change"),
                choices=DOES,
                widget=forms.Select(attrs={"class": "select select-sm w-full"}),
            ),
            "value": forms.CharField(label=_("Value"), required=False, max_length=2000),
        },
        label=_("Changes"),
        add_label=_("Add a change"),
        fresh=lambda rows: {"do": "set"},
        help_text=_("A value may be a token, such as {{ entry.colour }}. Numbers are kept as numbers."),
    )

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        rows = [
            {"attribute": name, "do": do, "value": shown(value)}
            for do in ("set", "increment", "add", "remove")
            for name, value in (settings.get(do) or {}).items()
        ]
        return {
            "changes": rows + [{"attribute": name, "do": "unset"} for name in settings.get("unset") or []]
        }

    def owned_keys(self) -> list[str]:
        return ["set", "unset", "increment", "add", "remove"]

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for row in cleaned.get("changes") or []:
            name, do = row.get("attribute"), row.get("do") or "set"
            if not name:
                continue
            if do == "unset":
                found.setdefault("unset", []).append(name)
            else:
                found.setdefault(do, {})[name] = typed(row.get("value") or "")
        return found


@steps.register
class UpdateProfile(StepKind[Settings]):
    kind, label, icon, group, tone = "update_profile", _("Update profile"), "user-pen", Group.DATA, "data"
    description = _("Writes attributes of the customer")
    order = 60
    settings_class = Settings
    example = Settings(set={"stage": "engaged"})
    form_class = UpdateProfileForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        parts = [f"{name} = {value}" for name, value in settings.set.items()]
        parts += [
            gettext("%(attribute)s + %(value)s") % {"attribute": n, "value": v}
            for n, v in settings.increment.items()
        ]
        parts += [
            gettext("add %(value)s to %(attribute)s") % {"attribute": n, "value": v}
            for n, v in settings.add.items()
        ]
        parts += [
            gettext("remove %(value)s from %(attribute)s") % {"attribute": n, "value": v}
            for n, v in settings.remove.items()
        ]
        parts += [gettext("clear %(attribute)s") % {"attribute": name} for name in settings.unset]
        return ", ".join(parts)

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        if not (settings.set or settings.unset or settings.increment or settings.add or settings.remove):
            yield Problem("error", "nothing_to_do", gettext("Say what to change."), step.key, "set")
        for part in ("set", "increment", "add", "remove"):
            for name, value in getattr(settings, part).items():
                if isinstance(value, str) and "{" in value:
                    fault = check_text(value)
                    if fault:
                        yield Problem("error", "bad_template", fault, step.key, f"{part}/{name}")
        for name, value in settings.increment.items():
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                yield Problem(
                    "error", "no_number", gettext("This is no number."), step.key, f"increment/{name}"
                )

    def told(self, settings: Settings, note: Json) -> str:
        if note.get("odd"):
            names = ", ".join(str(name) for name in note["odd"])
            return gettext("Stayed as it was, for there was no number to add: %(names)s") % {"names": names}
        return ""

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        people = visits.world.people(visits.profile_ids, held=reckons(settings))
        on: Outcome = Go("next")
        found: list[Outcome] = []
        written: dict[int, Json] = {}
        for row, profile_id in enumerate(visits.profile_ids):
            before = written.get(profile_id, people[profile_id].attributes)
            variables = {"person": before, "entry": visits.entries[row], "context": visits.contexts[row]}
            try:
                after, odd = apply(settings, before, variables)
            except RenderError as error:
                found.append(Fail(str(error)))
                continue
            if after != before:
                written[profile_id] = after
            found.append(Go("next", note={"odd": odd}) if odd else on)
        visits.world.write_profiles(written, now)
        return found


def reckons(settings: Settings) -> bool:
    """Whether what is written depends on what was there before."""
    if settings.increment or settings.add or settings.remove:
        return True
    return any(isinstance(value, str) and "person" in value for value in settings.set.values())


def apply(settings: Settings, before: Json, variables: Json) -> tuple[Json, list[str]]:
    """The attributes as they will be, and those that stay as they are, for there was no number to add or to add to.
    Raises RenderError."""
    odd: list[str] = []
    after = deepcopy(before)
    for name, value in settings.set.items():
        after[name] = value_of(value, variables)
    for name in settings.unset:
        after.pop(name, None)
    for name, value in settings.increment.items():
        there, more = _number(after.get(name) or 0), _number(value_of(value, variables))
        total = None if there is None or more is None else there + more
        if total is None or not -MOST < total < MOST:
            odd.append(name)
        else:
            after[name] = total
    for name, value in settings.add.items():
        listed = _list(after.get(name))
        after[name] = listed + [v for v in _list(value_of(value, variables)) if v not in listed]
    for name, value in settings.remove.items():
        gone = _list(value_of(value, variables))
        after[name] = [v for v in _list(after.get(name)) if v not in gone]
    return after, odd


def _list(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _number(value: Any) -> int | float | None:
    if isinstance(value, str) and len(value) < 60:
        try:
            number = float(value)
        except ValueError:
            return None
        value = int(number) if number.is_integer() and abs(number) < MOST else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -MOST < value < MOST else None  # NaN is no number either
