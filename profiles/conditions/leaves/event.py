from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.durations import DurationError
from lib.durations import parse as parse_duration
from profiles.conditions import comparing, event_row, phrases
from profiles.conditions.base import Builder, Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known
from profiles.conditions.registry import register
from profiles.conditions.tree import Json

COUNTS = {"at_least": ">=", "at_most": "<=", "exactly": "="}
AGGREGATES = {"sum": "sum", "average": "avg", "max": "max", "min": "min"}
MOST = 1_000_000


def tests_of(leaf: Json) -> list[Json]:
    """`where` is a list of property tests; one alone is taken too."""
    where = leaf.get("where") or []
    return [where] if isinstance(where, dict) else list(where)


def aggregate_of(leaf: Json) -> str | None:
    return next((name for name in AGGREGATES if leaf.get(name)), None)


@register
class Event(LeafKind):
    """Did it, so often, within a time that ends now; or a figure over a property of those events."""

    key, label, order = "event", gettext_lazy("who did"), 20

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if not isinstance(leaf.get("event"), str) or not leaf["event"].strip():
            yield "/event", _("Choose an event.")
        op = leaf.get("op", "at_least")
        aggregate = aggregate_of(leaf)
        if aggregate:
            if not isinstance(leaf[aggregate], str):
                yield f"/{aggregate}", _("Choose a property.")
            yield from comparing.faults(leaf)
        elif op not in COUNTS and op != "never":
            yield "/op", _("“%(op)s” is no comparison.") % {"op": str(op)[:40]}
        elif op != "never":
            times = leaf.get("times", 1)
            if isinstance(times, bool) or not isinstance(times, int) or not 0 <= times <= MOST:
                yield "/times", _("Give a whole number of times.")
        if leaf.get("within") is not None:
            try:
                if parse_duration(str(leaf["within"])).negative:
                    raise DurationError("negative")
            except DurationError:
                yield "/within", _("Write a length of time like P30D.")
        if leaf.get("since") not in (None, "entry"):
            yield "/since", _("Only “entry” is possible here.")
        if not isinstance(leaf.get("where") or [], list | dict):
            yield "/where", _("This must be a list of property tests.")
            return
        for index, test in enumerate(tests_of(leaf)):
            if not isinstance(test, dict) or not isinstance(test.get("property"), str) or not test["property"]:
                yield f"/where/{index}/property", _("Choose a property.")
            else:
                for at, message in comparing.faults(test):
                    yield f"/where/{index}{at}", message

    def value(self, leaf: Json, build: Builder) -> str:
        where = [f"e.profile_id = p.id and e.name = {build.param(leaf['event'], 'text')} and e.ts <= %(now)s"]
        if leaf.get("within"):
            where.append(f"e.ts >= %(now)s - {build.param(str(parse_duration(str(leaf['within']))), 'interval')}")
        if leaf.get("since") == "entry":
            where.append("e.ts >= b.entered_at")
        for test in tests_of(leaf):
            v = f"(e.properties #> {build.param(comparing.path_of(test['property']), 'text[]')})"
            where.append(comparing.result(test, build, v))
        matching = " and ".join(where)
        aggregate = aggregate_of(leaf)
        if aggregate:
            figure = f"gm_number(e.properties #> {build.param(comparing.path_of(leaf[aggregate]), 'text[]')})"
            return f"(select to_jsonb({AGGREGATES[aggregate]}({figure})) from profiles_event e where {matching})"
        # Counting stops at the number that decides.
        return f"(select to_jsonb(count(*)) from (select 1 from profiles_event e where {matching} limit {self._enough(leaf)}) few)"

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        if aggregate_of(leaf):
            return comparing.result(leaf, build, v)
        op = leaf.get("op", "at_least")
        sign, times = ("=", 0) if op == "never" else (COUNTS[op], int(leaf.get("times", 1)))
        return f"(({v})::numeric {sign} {times})"

    @staticmethod
    def _enough(leaf: Json) -> int:
        op, times = leaf.get("op", "at_least"), int(leaf.get("times", 1))
        return max(1, times) if op in ("at_least", "never") else times + 1

    def events(self, leaf: Json, workspace_id: int) -> Iterable[str]:
        return [leaf["event"]]

    def sentence(self, leaf: Json, workspace: Any) -> str:
        return phrases.happened(leaf, tests_of(leaf), aggregate_of(leaf))

    def empty(self) -> Json:
        return {"event": "", "op": "at_least", "times": 1}

    def fields(self, leaf: Json) -> Fields:
        return event_row.fields(leaf)

    def read(self, found: Fields, known: Known) -> Json:
        return event_row.read(found, known)

    def posted(self, data: Mapping[str, Any], name: str) -> Fields:
        return event_row.posted(data, name)

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        return event_row.row(found, blanks)
