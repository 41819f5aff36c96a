"""Editing “did order completed at least 2 times in the last 30 days, where total is at least 50” as a sentence."""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles.conditions import comparison_row
from profiles.conditions.blanks import Blank, Blanks, Known, fields_of, say
from profiles.conditions.comparison_row import INTEGER, read_span, split_span
from profiles.conditions.tree import Json

FIGURES = ("sum", "average", "max", "min")
KEYS = ("event", "how", "of", "times", "window", "within", "within_unit", "tests", *comparison_row.KEYS)
MOST_TESTS = 20


def fields(leaf: Json) -> dict[str, Any]:
    figure = next((name for name in FIGURES if name in leaf), "")
    found: dict[str, Any] = dict.fromkeys(KEYS, "")
    if figure:
        found |= comparison_row.fields(leaf)
        found["of"] = str(leaf[figure] or "")
    found["event"] = str(leaf.get("event") or "")
    found["how"] = figure or str(leaf.get("op") or "once")
    found["times"] = "" if leaf.get("times") is None else str(leaf["times"])
    found["window"] = "within" if "within" in leaf else "entry" if leaf.get("since") == "entry" else "ever"
    if "within" in leaf:
        found["within"], found["within_unit"] = split_span(leaf["within"])
    tests = leaf.get("where")
    found["where"] = [
        {"name": str(test.get("property") or ""), **comparison_row.fields(test)}
        for test in (tests if isinstance(tests, list) else [])
        if isinstance(test, dict)
    ]
    return found


def posted(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = fields_of(data, name, KEYS)
    count = min(int(found["tests"]), MOST_TESTS) if INTEGER.fullmatch(found["tests"]) else 0
    found["where"] = [fields_of(data, f"{name}-w{i}", ("name", *comparison_row.KEYS)) for i in range(count)]
    return found


def read(found: dict[str, Any], known: Known) -> Json:
    event, how = found["event"].strip(), found["how"]
    leaf: Json = {"event": event}
    if how in FIGURES:
        leaf |= {
            how: found["of"].strip(),
            **comparison_row.read({**found, "op": found["op"] or "gte"}, "number"),
        }
    elif how != "once":
        leaf["op"] = how
        if how != "never":
            times = found["times"].strip() or "1"
            leaf["times"] = int(times) if INTEGER.fullmatch(times) else times
    if found["window"] == "within":
        leaf["within"] = read_span(found["within"], found["within_unit"])
    elif found["window"] == "entry":
        leaf["since"] = "entry"
    tests = [
        {
            "property": (name := test["name"].strip()),
            **comparison_row.read(test, known.type("property", name, event)),
        }
        for test in found["where"]
    ]
    return {**leaf, "where": tests} if tests else leaf


def row(found: dict[str, Any], blanks: Blanks) -> SafeString:
    known = blanks.known
    name = blanks.text("event", found["event"], _("event"), names=known.names("event"), list_key="event")
    how = blanks.choice("how", found["how"], _hows(), _("how often, or which figure"))
    if found["how"] in FIGURES:
        of = blanks.text("of", found["of"], _("property"), names=known.names("property"), list_key="property")
        figure = Blank(say(_("%(event)s, %(how)s %(property)s"), event=name, how=how, property=of), of.shown)
        said = comparison_row.row(found, blanks, figure, "number")
    elif found["how"] in ("once", "never"):
        said = say(pgettext("count", "%(event)s %(how)s"), event=name, how=how)
    else:
        times = blanks.text("times", found["times"], _("how many times"), kind="number")
        said = say(pgettext("count", "%(event)s %(how)s %(times)s times"), event=name, how=how, times=times)
    tests = [_test(i, test, blanks, found["event"]) for i, test in enumerate(found["where"])]
    context = {"said": _in_time(found, blanks, said), "tests": tests, "blanks": blanks, "count": len(tests)}
    return SafeString(render_to_string("conditions/event.html", context))


def _hows() -> Any:
    return [
        ("", [
            ("at_least", pgettext("count", "at least")), ("at_most", pgettext("count", "at most")),
            ("exactly", pgettext("count", "exactly")), ("once", pgettext("count", "at least once")),
            ("never", pgettext("count", "never")),
        ]),
        (_("A figure of these events"), [
            ("sum", pgettext("figure", "the sum of")), ("average", pgettext("figure", "the average of")),
            ("max", pgettext("figure", "the highest")), ("min", pgettext("figure", "the lowest")),
        ]),
    ]  # fmt: skip


def _in_time(found: dict[str, Any], blanks: Blanks, said: SafeString) -> SafeString:
    windows = [
        ("ever", _("at any time")),
        ("within", _("in the last")),
        ("entry", _("since entering the journey")),
    ]
    window = blanks.choice("window", found["window"], windows, _("when"))
    if found["window"] != "within":
        return say(_("%(what)s %(window)s"), what=said, window=window)
    span = blanks.span(found["within"], found["within_unit"], "within", "within_unit")
    return say(_("%(what)s %(window)s %(span)s"), what=said, window=window, span=span)


def _test(index: int, test: dict[str, str], blanks: Blanks, event: str) -> dict[str, Any]:
    inner, known = blanks.inside(f"w{index}"), blanks.known
    names = known.names("property", event)
    name = inner.text(
        "name", test["name"], _("property"), names=names, list_key=f"property{crc32(event.encode())}"
    )
    said = comparison_row.row(test, inner, name, known.type("property", test["name"], event))
    return {"number": index + 1, "index": index, "said": said}
