"""The words of a sentence: how a comparison, a count or a length of time is said. Word order belongs to the language."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.durations import DurationError
from lib.durations import parse as parse_duration
from profiles.conditions.comparing import moment
from profiles.conditions.tree import Json
from workspaces.words import with_particle


def value(found: Any) -> str:
    """A value as people write it."""
    if found is None:
        return _("nothing")
    if isinstance(found, bool):
        return _("yes") if found else _("no")
    if isinstance(found, int | float):
        return f"{found:,}" if found == int(found) else f"{found:,.10g}"
    if isinstance(found, list):
        return ", ".join(value(one) for one in found[:5]) + (" …" if len(found) > 5 else "")
    if isinstance(found, str) and (at := moment(found)) is not None and len(found) in (10, 20, 25):
        return day(at)
    return str(found)


def day(at: datetime) -> str:
    return date_format(at, "DATE_FORMAT")


def span(text: str) -> str:
    """P30D as "30 days"."""
    try:
        duration = parse_duration(text)
    except DurationError:
        return text
    seconds = int(abs(duration.length.total_seconds()))
    for size, one in ((604800, "week"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0 and not (one == "week" and "D" in text):
            count = seconds // size
            return {
                "week": ngettext("%(n)s week", "%(n)s weeks", count),
                "day": ngettext("%(n)s day", "%(n)s days", count),
                "hour": ngettext("%(n)s hour", "%(n)s hours", count),
                "minute": ngettext("%(n)s minute", "%(n)s minutes", count),
            }[one] % {"n": f"{count:,}"}
    return text


def name(raw: str) -> str:
    """An attribute or event as it is read: order_completed, "order completed"."""
    return raw.replace("_", " ")


def _with(raw: str) -> dict[str, str]:
    """The slots of a name: plain, and with each particle that a Korean template may ask for."""
    plain = name(raw)
    return {
        "name": plain,
        "name_topic": with_particle(plain, "은/는"),
        "name_subject": with_particle(plain, "이/가"),
        "name_object": with_particle(plain, "을/를"),
    }


def compared(raw: str, test: Json) -> str:
    """“plan is pro”."""
    op, given = str(test.get("op")), test.get("value")
    if op == "between" and isinstance(given, list) and len(given) == 2:
        return _("%(name)s is between %(low)s and %(high)s") % {**_with(raw), "low": value(given[0]), "high": value(given[1])}
    shown = span(str(given)) if op in ("within_last", "within_next", "anniversary_in") else value(given)
    text = {
        "is": _("%(name)s is %(value)s"),
        "is_not": _("%(name)s is not %(value)s"),
        "in": _("%(name)s is one of %(value)s"),
        "not_in": _("%(name)s is none of %(value)s"),
        "gt": _("%(name)s is more than %(value)s"),
        "gte": _("%(name)s is at least %(value)s"),
        "lt": _("%(name)s is less than %(value)s"),
        "lte": _("%(name)s is at most %(value)s"),
        "contains": _("%(name)s contains %(value)s"),
        "not_contains": _("%(name)s doesn't contain %(value)s"),
        "starts_with": _("%(name)s starts with %(value)s"),
        "ends_with": _("%(name)s ends with %(value)s"),
        "exists": _("%(name)s is known"),
        "missing": _("%(name)s is not known"),
        "before": _("%(name)s is before %(value)s"),
        "after": _("%(name)s is after %(value)s"),
        "within_last": _("%(name)s was in the last %(value)s"),
        "within_next": _("%(name)s is in the next %(value)s"),
        "anniversary_in": _("%(name)s has its day in %(value)s"),
    }.get(op)
    return text % {**_with(raw), "value": shown} if text else name(raw)


def happened(leaf: Json, tests: list[Json], aggregate: str | None) -> str:
    """“did order completed at least 2 times in the last 30 days”."""
    slots = _with(str(leaf.get("event") or "…"))
    if aggregate:
        of = {
            "sum": _("the sum of %(of)s over %(name)s"),
            "average": _("the average of %(of)s over %(name)s"),
            "max": _("the highest %(of)s of %(name)s"),
            "min": _("the lowest %(of)s of %(name)s"),
        }[aggregate] % {**slots, "of": name(str(leaf[aggregate]))}
        text = compared(of, leaf)
    else:
        op, times = leaf.get("op", "at_least"), leaf.get("times", 1)
        if op == "never" or (op in ("exactly", "at_most") and times == 0):
            text = _("did not do %(name)s") % slots
        elif op == "at_least" and times == 1:
            text = _("did %(name)s") % slots
        else:
            form = {
                "at_least": ngettext("did %(name)s at least %(n)s time", "did %(name)s at least %(n)s times", times),
                "at_most": ngettext("did %(name)s at most %(n)s time", "did %(name)s at most %(n)s times", times),
                "exactly": ngettext("did %(name)s exactly %(n)s time", "did %(name)s exactly %(n)s times", times),
            }.get(op, "%(name)s")
            text = form % {**slots, "n": f"{times:,}"}
    if tests:
        inner = _(" and ").join(compared(str(test.get("property")), test) for test in tests)
        text = _("%(what)s, where %(tests)s") % {"what": text, "tests": inner}
    if leaf.get("within"):
        text = _("%(what)s in the last %(span)s") % {"what": text, "span": span(str(leaf["within"]))}
    if leaf.get("since") == "entry":
        text = _("%(what)s since entering") % {"what": text}
    return text
