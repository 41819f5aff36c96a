"""The differences of two documents in words, in the reader's language: what publishing asks about, and the history."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from journeys import words
from journeys.catalogue import summary_context
from journeys.document import walk
from journeys.document.compare import MISSING, Comparison, Difference, NodeChange
from journeys.document.compare import compare as compare_documents
from journeys.document.shape import Document
from journeys.forms.journey import JourneyForm
from journeys.steps.base import SummaryContext
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers
from lib.durations import DurationError
from lib.durations import parse as parse_duration
from profiles.conditions import ConditionError
from workspaces.models import Workspace

Json = dict[str, Any]
_DURATIONS = frozenset(
    {"for", "within", "jitter", "offset", "expires", "max_stay", "cooldown", "timeout", "per"}
)
_CONDITIONS = frozenset({"when", "condition", "audience"})


def told(before: Any, after: Any, workspace: Workspace) -> list[Json]:
    """[{"part": step, trigger, policy or journey, "key", "name", "kind", "icon", "tone", "change": added, removed or
    changed, "lines": [{"label", "before", "after", "text"}]}], in the order in which people walk. Raises DocumentError.
    """
    found = compare_documents(before, after)
    return list(_told(found, summary_context(workspace)))


def _told(found: Comparison, names: SummaryContext) -> Iterable[Json]:
    if found.journey:
        lines = [_line(_journey_label(one.path), one, names) for one in found.journey]
        yield _entry("journey", "", _("The journey"), "route", "flow", "changed", lines)
    if found.policy:
        lines = [
            _line(_policy_label(one.path), one, names, _policy_choices(one.path)) for one in found.policy
        ]
        yield _entry("policy", "", _("Rules of the journey"), "sliders-horizontal", "flow", "changed", lines)
    for part, nodes in (("trigger", found.triggers), ("step", found.steps)):
        old, new = (getattr(document, f"{part}s") for document in (found.before, found.after))
        told = {key: _node(part, new[key], "added", []) for key in nodes.added}
        for change in nodes.changed:
            lines = list(_lines(part, change, found, names))
            told[change.key] = _node(part, new[change.key], "changed", lines)
        ranks = walk.order(found.after)
        yield from (told[key] for key in sorted(told, key=lambda key: ranks.get(key, 0)))
        ranks = walk.order(found.before)
        for key in sorted(nodes.removed, key=lambda key: ranks.get(key, 0)):
            yield _node(part, old[key], "removed", [])


def _lines(part: str, change: NodeChange, found: Comparison, names: SummaryContext) -> Iterable[Json]:
    registry: Any = steps if part == "step" else triggers
    node = getattr(found.after, f"{part}s")[change.key]
    kind = registry.get(node.kind)
    if change.kind is not None:
        before, after = (str(one.label) if (one := registry.get(name)) else name for name in change.kind)
        yield _sentence(_("Kind of step"), before, after)
    for one in change.settings:
        field = _field(kind, one.path)
        yield _line(
            _label(field, one.path, node.settings), one, names, dict(getattr(field, "choices", None) or ())
        )
    outlets = kind.loose_outlets(node.settings) if part == "step" and kind else []
    ways = {outlet.key: str(outlet.label) for outlet in outlets}
    for road in change.roads:
        label = _("Leads to")
        if len(ways) > 1:
            label = _("“%(way)s” leads to") % {"way": ways.get(road.outlet, road.outlet)}
        yield _sentence(label, _target(found.before, road.before), _target(found.after, road.after))


def _node(part: str, node: Any, change: str, lines: list[Json]) -> Json:
    registry: Any = steps if part == "step" else triggers
    kind = registry.get(node.kind)
    name = node.name or (str(kind.label) if kind else node.kind)
    icon, tone = (kind.icon, kind.tone) if kind else ("circle-help", "flow")
    return _entry(part, node.key, name, icon, tone, change, lines)


def _entry(part: str, key: str, name: str, icon: str, tone: str, change: str, lines: list[Json]) -> Json:
    return {
        "part": part, "key": key, "name": name, "icon": icon, "tone": tone, "change": change, "lines": lines,
    }  # fmt: skip


def _line(label: str, one: Difference, names: SummaryContext, choices: Json | None = None) -> Json:
    """`choices`: what the values are called that the settings panel lets one choose from."""
    sides = (one.before, one.after)
    before, after = (
        str(choices[side])
        if choices and isinstance(side, str) and side in choices
        else _value(one.path, side, names)
        for side in sides
    )
    return _sentence(label, before, after)


def _sentence(label: str, before: str, after: str) -> Json:
    if before and after:
        text = _("%(label)s: %(after)s instead of %(before)s")
    elif after:
        text = _("%(label)s: now %(after)s")
    else:
        text = _("%(label)s: no longer %(before)s")
    return {
        "label": label,
        "before": before,
        "after": after,
        "text": text % {"label": label, "before": before, "after": after},
    }


def _value(path: str, value: Any, names: SummaryContext) -> str:
    """One side of a difference; empty where there is nothing."""
    if value is MISSING or value is None or value == "" or value == [] or value == {}:
        return ""
    name = path.rpartition("/")[2]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return _object(name, value, names)
    if isinstance(value, list):
        if name == "weekdays":
            return words.weekdays(value) or _("every day")
        return ", ".join(filter(None, (_value(path, part, names) for part in value)))
    if name == "content":
        return names.content_name(str(value))
    if name in _DURATIONS and isinstance(value, str):
        return _duration(value)
    if path == "$team":
        return str(value)
    return _date(value) if isinstance(value, str) else str(value)


def _object(name: str, value: Json, names: SummaryContext) -> str:
    if name in _CONDITIONS or (name == "where" and "property" not in value):
        return _condition(value, names)
    if "property" in value:
        return " ".join(str(value[part]) for part in ("property", "op", "value") if part in value)
    if isinstance(value.get("when"), dict):
        return _condition(value["when"], names)
    if isinstance(value.get("condition"), dict):
        return _condition(value["condition"], names)
    if value.get("label") or value.get("event"):
        return str(value.get("label") or value["event"])
    if name == "quiet_hours":
        return f"{value.get('from', '')} – {value.get('to', '')}"
    parts = (_value(key, part, names) for key, part in value.items() if key != "key")
    return " · ".join(filter(None, parts)) or str(value.get("key", ""))


def _condition(value: Json, names: SummaryContext) -> str:
    try:
        return names.sentence(value)
    except (ConditionError, KeyError, TypeError, ValueError, AttributeError):
        return _("a condition that can't be read")


def _duration(value: str) -> str:
    try:
        return words.duration(parse_duration(value))
    except DurationError:
        return value


def _date(value: str) -> str:
    if len(value) == 10 and value[4:5] == "-":
        try:
            return words.day(date.fromisoformat(value))
        except ValueError:
            return value
    if len(value) > 16 and value[10:11] == "T":
        try:
            return words.moment(datetime.fromisoformat(value))
        except ValueError:
            return value
    return value if len(value) <= 120 else f"{value[:119]}…"


def _target(document: Document, key: str | None) -> str:
    if key is None or key not in document.steps:
        return _("nowhere")
    step = document.steps[key]
    kind = steps.get(step.kind)
    return "“%s”" % (step.name or (str(kind.label) if kind else step.kind))


def _label(field: Any, path: str, settings: Json) -> str:
    """What the settings panel calls a setting: "branches/vip/when" is the field `when` of the row "vip"."""
    if path in ("$name", "$team"):
        return _("Name") if path == "$name" else _("Team")
    head, *rest = path.split("/")
    label = str(field.label or "") if field is not None else ""
    rows = settings.get(head)
    if rest and isinstance(rows, list):
        row = next((one for one in rows if isinstance(one, dict) and one.get("key") == rest[0]), {})
        name = row.get("label") or row.get("event") or rest[0]
        return f"“{name}”: {label}" if label else f"“{name}”"
    return label or " › ".join(path.replace("_", " ").split("/"))


def _field(kind: Any, path: str) -> Any:
    """The form field behind a setting, if it has one."""
    fields: dict[str, Any] = getattr(getattr(kind, "form_class", None), "base_fields", {})
    head, *rest = path.split("/")
    named = [head, f"{head}_", *(f"{head}_{part}" for part in rest)]
    if head == "window":
        named = ["window_days" if rest == ["weekdays"] else f"window_{'_'.join(rest) or 'from'}"]
    field = next((fields[name] for name in named if name in fields), None)
    rows = getattr(field, "fields", None)
    if rest and isinstance(rows, dict):
        return rows.get(rest[-1]) if len(rest) > 1 else None
    return field


def _policy_label(path: str) -> str:
    return {
        "reentry/mode": _("Entering again"),
        "reentry/cooldown": _("Pause before entering again"),
        "reentry/key": _("One walk for each"),
        "exit_when": _("People leave early when"),
        "goal": _("Goal"),
        "goal/event": _("Goal"),
        "goal/condition": _("Goal"),
        "goal/where": _("Goal"),
        "goal/within": _("Goal reached within"),
        "goal/on_reach": _("After the goal"),
        "holdout": _("Hold-out"),
        "max_stay": _("Longest stay"),
        "quiet_hours": _("Quiet hours"),
        "quiet_hours/from": _("Quiet hours from"),
        "quiet_hours/to": _("Quiet hours to"),
        "quiet_hours/then": _("Messages then"),
    }.get(path, " › ".join(path.replace("_", " ").split("/")))


def _policy_choices(path: str) -> Json:
    field = {
        "reentry/mode": "mode",
        "goal/on_reach": "on_reach",
        "quiet_hours": "quiet",
        "quiet_hours/then": "quiet_then",
    }.get(path)
    return dict(JourneyForm.base_fields[field].choices) if field else {}  # type: ignore[attr-defined]


def _journey_label(path: str) -> str:
    return {
        "name": _("Name"),
        "description": _("Description"),
        "stage": _("Stage"),
        "time_zone": _("Time zone"),
    }.get(path, path)
