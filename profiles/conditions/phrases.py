"""The words of a sentence: how a comparison, a count or a length of time is said. Word order belongs to the language,
and so do Korean particles: a translation writes `%(name)s(이/가)`, see particles."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from lib.durations import DurationError
from lib.durations import parse as parse_duration
from profiles.conditions.comparing import moment
from profiles.conditions.tree import Json
from workspaces import words

LONGEST = 60


def value(found: Any) -> str:
    """A value as people write it."""
    if found is None:
        return _("nothing")
    if isinstance(found, bool):
        return _("yes") if found else _("no")
    if isinstance(found, int | float):
        return words.number(int(found) if float(found).is_integer() and abs(found) < 1e15 else found)
    if isinstance(found, list):
        shown = ", ".join(value(one) for one in found[:5])
        return (
            _("%(values)s and %(n)s more") % {"values": shown, "n": len(found) - 5}
            if len(found) > 5
            else shown
        )
    if isinstance(found, str) and (at := moment(found)) is not None:
        return words.date(at, year=True) if len(found) == 10 else words.full(at)
    text = str(found)
    return "“”" if text == "" else text[:LONGEST] + "…" if len(text) > LONGEST else text


def span(text: Any) -> str:
    """P1DT6H as "1 day 6 hours"."""
    try:
        found = parse_duration(text)
    except DurationError:
        return str(text or "…")
    parts = [
        (found.years, ngettext("%(n)s year", "%(n)s years", found.years)),
        (found.months, ngettext("%(n)s month", "%(n)s months", found.months)),
        (found.weeks, ngettext("%(n)s week", "%(n)s weeks", found.weeks)),
        (found.days, ngettext("%(n)s day", "%(n)s days", found.days)),
        (found.hours, ngettext("%(n)s hour", "%(n)s hours", found.hours)),
        (found.minutes, ngettext("%(n)s minute", "%(n)s minutes", found.minutes)),
        (found.seconds, ngettext("%(n)s second", "%(n)s seconds", found.seconds)),
    ]
    said = [form % {"n": words.number(count)} for count, form in parts if count]
    return " ".join(said) or ngettext("%(n)s day", "%(n)s days", 0) % {"n": 0}


def name(raw: Any) -> str:
    """An attribute or event as it is read aloud: order_completed, "order completed"."""
    return str(raw or "…").replace("_", " ")


def compared(raw: Any, test: Json) -> str:
    """“plan is pro”."""
    return compared_with(name(raw), test)


def compared_with(subject: str, test: Json) -> str:
    op, given = str(test.get("op")), test.get("value")
    slots = {"name": subject, **_sought(op, given)}
    texts = {
        "is": _("%(name)s is %(value)s"),
        "is_not": _("%(name)s is not %(value)s"),
        "in": _("%(name)s is one of %(value)s"),
        "not_in": _("%(name)s is none of %(value)s"),
        "gt": _("%(name)s is more than %(value)s"),
        "gte": _("%(name)s is at least %(value)s"),
        "lt": _("%(name)s is less than %(value)s"),
        "lte": _("%(name)s is at most %(value)s"),
        "between": _("%(name)s is between %(low)s and %(high)s"),
        "contains": _("%(name)s contains %(value)s"),
        "not_contains": _("%(name)s does not contain %(value)s"),
        "starts_with": _("%(name)s starts with %(value)s"),
        "ends_with": _("%(name)s ends with %(value)s"),
        "exists": _("%(name)s is known"),
        "missing": _("%(name)s is not known"),
        "before": _("%(name)s is before %(value)s"),
        "after": _("%(name)s is after %(value)s"),
        "within_last": _("%(name)s was in the last %(value)s"),
        "within_next": _("%(name)s is in the next %(value)s"),
        "anniversary_in": _("the anniversary of %(name)s is in the next %(value)s"),
    }
    return texts[op] % slots if op in texts else subject


def wanted(test: Json) -> str:
    """“at least 2”: what was asked for, beside what was found."""
    op, given = str(test.get("op")), test.get("value")
    texts = {
        "is": _("wanted: %(value)s"),
        "is_not": _("not %(value)s"),
        "in": _("one of %(value)s"),
        "not_in": _("none of %(value)s"),
        "gt": _("more than %(value)s"),
        "gte": _("at least %(value)s"),
        "lt": _("less than %(value)s"),
        "lte": _("at most %(value)s"),
        "between": _("between %(low)s and %(high)s"),
        "contains": _("with %(value)s in it"),
        "not_contains": _("without %(value)s in it"),
        "starts_with": _("starting with %(value)s"),
        "ends_with": _("ending with %(value)s"),
        "exists": _("anything"),
        "missing": _("nothing at all"),
        "before": _("before %(value)s"),
        "after": _("after %(value)s"),
        "within_last": _("in the last %(value)s"),
        "within_next": _("in the next %(value)s"),
        "anniversary_in": _("anniversary in the next %(value)s"),
    }
    return texts.get(op, "%(value)s") % _sought(op, given)


def _sought(op: str, given: Any) -> dict[str, str]:
    if op == "between" and isinstance(given, list) and len(given) == 2:
        return {"low": value(given[0]), "high": value(given[1]), "value": ""}
    within = op in ("within_last", "within_next", "anniversary_in")
    return {"value": span(given) if within else value(given), "low": "", "high": ""}


def found_of(raw: Any, test: Json, found: Any, result: bool) -> str:
    """“plan is basic (wanted: pro)”."""
    slots = {"name": str(raw), "value": value(found)}
    fact = _("%(name)s is not known") % slots if found is None else _("%(name)s is %(value)s") % slots
    if result and test.get("op") in ("is", "exists", "missing"):
        return fact
    return _("%(fact)s (%(wanted)s)") % {"fact": fact, "wanted": wanted(test)}


def counted(op: str, times: Any) -> str:
    """“at least 2”."""
    slots = {"n": words.number(times) if isinstance(times, int) else str(times)}
    return {
        "at_least": _("at least %(n)s") % slots,
        "at_most": _("at most %(n)s") % slots,
        "exactly": _("exactly %(n)s") % slots,
        "never": pgettext("count", "never"),
    }.get(op, "")


def happened(leaf: Json, tests: list[Json], aggregate: str | None) -> str:
    """“did order completed at least 2 times in the last 30 days”."""
    slots = {"name": name(leaf.get("event")), "when": window(leaf)}
    if aggregate:
        said = compared_with(figure(leaf, aggregate, name(leaf.get("event"))), leaf)
        said = _("%(what)s %(when)s") % {"what": said, "when": slots["when"]} if slots["when"] else said
    else:
        said = _times(leaf, slots)
    if tests:
        inner = _(" and ").join(compared(test.get("property"), test) for test in tests)
        said = _("%(what)s, where %(tests)s") % {"what": said, "tests": inner}
    return said


def _times(leaf: Json, slots: dict[str, str]) -> str:
    op, times = leaf.get("op", "at_least"), leaf.get("times", 1)
    count = times if isinstance(times, int) else 2
    if op == "never" or (op in ("exactly", "at_most") and times == 0):
        form = _("did not do %(name)s %(when)s")
    elif op == "at_least" and times == 1:
        form = _("did %(name)s %(when)s")
    else:
        form = {
            "at_least": ngettext(
                "did %(name)s at least %(n)s time %(when)s",
                "did %(name)s at least %(n)s times %(when)s",
                count,
            ),
            "at_most": ngettext(
                "did %(name)s at most %(n)s time %(when)s", "did %(name)s at most %(n)s times %(when)s", count
            ),
            "exactly": ngettext(
                "did %(name)s exactly %(n)s time %(when)s", "did %(name)s exactly %(n)s times %(when)s", count
            ),
        }.get(str(op), "%(name)s %(when)s")
    return " ".join((form % {**slots, "n": words.number(times) if isinstance(times, int) else times}).split())


def figure(leaf: Json, aggregate: str, event: str) -> str:
    """“the sum of total over order completed”."""
    slots = {"name": event, "of": name(leaf[aggregate])}
    return {
        "sum": _("the sum of %(of)s over %(name)s"),
        "average": _("the average of %(of)s over %(name)s"),
        "max": _("the highest %(of)s of %(name)s"),
        "min": _("the lowest %(of)s of %(name)s"),
    }[aggregate] % slots


def window(leaf: Json) -> str:
    """“in the last 30 days”, “since entering”, or nothing."""
    said = [_("in the last %(value)s") % {"value": span(leaf["within"])}] if leaf.get("within") else []
    return " ".join([*said, *([_("since entering")] if leaf.get("since") == "entry" else [])])


def found_events(leaf: Json, aggregate: str | None, found: Any, most: int) -> str:
    """“order_completed 3 times in the last 30 days (at least 2)”."""
    event, when = str(leaf.get("event")), window(leaf)
    if isinstance(found, str):  # the event itself, that somebody waited for
        return _("%(name)s happened on %(value)s") % {"name": event, "value": value(found)}
    if aggregate:
        slots = {"what": figure(leaf, aggregate, event), "when": when, "value": value(found)}
        fact, sought = _("%(what)s %(when)s: %(value)s") % slots, wanted(leaf)
    else:
        count = found if isinstance(found, int) else 0
        form = ngettext("%(name)s %(n)s time %(when)s", "%(name)s %(n)s times %(when)s", count)
        if count >= most:
            form = _("%(name)s %(n)s times or more %(when)s")
        fact = form % {"name": event, "n": words.number(count), "when": when}
        sought = counted(str(leaf.get("op", "at_least")), leaf.get("times", 1))
    fact = " ".join(fact.replace(" :", ":").split())
    return _("%(fact)s (%(wanted)s)") % {"fact": fact, "wanted": sought} if sought else fact
