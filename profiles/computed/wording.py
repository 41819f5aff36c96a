"""A computed attribute as a sentence."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from profiles.conditions import comparing, phrases
from profiles.conditions.particles import settle
from profiles.models import ComputedAttribute
from profiles.wording import event_title


def sentence(row: ComputedAttribute) -> str:
    words = {"event": event_title(row.event, {}), "property": row.property}
    templates = {
        "count": _("How often “%(event)s” happened"),
        "sum": _("The sum of %(property)s over “%(event)s”"),
        "average": _("The average of %(property)s over “%(event)s”"),
        "first": _("The first %(property)s of “%(event)s”"),
        "last": _("The newest %(property)s of “%(event)s”"),
        "most_frequent": _("The most frequent %(property)s of “%(event)s”"),
        "distinct": _("How many different %(property)s “%(event)s” had"),
        "streak": _("How many days in a row “%(event)s” happened")
        if row.unit == "day"
        else _("How many weeks in a row “%(event)s” happened"),
    }
    return settle(templates[row.kind] % words)


def window(row: ComputedAttribute) -> str:
    if not row.window_days:
        return "" if row.kind == "streak" else pgettext("computed", "of all time")
    return ngettext("in the last day", "in the last %(n)s days", row.window_days) % {"n": row.window_days}


def tests(row: ComputedAttribute) -> list[str]:
    return [test_text(test) for test in row.where]


def test_text(test: dict[str, Any]) -> str:
    return phrases.compared(test["property"], test) if test.get("op") in comparing.OPS else ""
