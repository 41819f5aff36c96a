import operator
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.durations import DurationError
from lib.durations import parse as parse_duration
from profiles.conditions import comparing, event_row, newest, phrases
from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known
from profiles.conditions.builder import Builder
from profiles.conditions.registry import register
from profiles.conditions.tree import Json

COUNTS = {"at_least": ">=", "at_most": "<=", "exactly": "="}
AGGREGATES = {"sum": "sum", "average": "avg", "max": "max", "min": "min"}
MOST = 1_000_000


FIGURE_OPS = {
    "at_least": "gte",
    "at_most": "lte",
    "exactly": "is",
}  # the words of a count do for a figure too
BEYOND = 25
_COMPARED = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def most_counted(leaf: Json) -> int:
    """Where counting stops: far enough to say "3 times" of "at least 2", not to read a lifetime of page views."""
    return (0 if leaf.get("op") == "never" else int(leaf.get("times", 1))) + BEYOND


def _worded(leaf: Json) -> Json:
    return {**leaf, "op": FIGURE_OPS.get(leaf["op"], leaf["op"])} if aggregate_of(leaf) else leaf


def tests_of(leaf: Json) -> list[Json]:
    """`where` is a list of property tests; one alone is taken too."""
    where = leaf.get("where") or []
    return [where] if isinstance(where, dict) else list(where)


def aggregate_of(leaf: Json) -> str | None:
    return next((name for name in AGGREGATES if name in leaf), None)


@register
class Event(LeafKind):
    """Did it, so often, within a time that ends now; or a figure over a property of those events."""

    key, label, order = "event", gettext_lazy("who did"), 20

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if not isinstance(leaf.get("event"), str) or not leaf["event"].strip():
            yield "/event", _("Choose an event.")
        elif len(leaf["event"]) > 200:
            yield "/event", _("This name is too long.")
        op = leaf.get("op", "at_least")
        aggregate = aggregate_of(leaf)
        if aggregate:
            if not isinstance(leaf[aggregate], str) or not leaf[aggregate].strip():
                yield f"/{aggregate}", _("Choose a property.")
            yield from comparing.faults({**leaf, "op": FIGURE_OPS.get(str(leaf.get("op")), leaf.get("op"))})
        elif op not in COUNTS and op != "never":
            yield "/op", _("“%(op)s” is no comparison.") % {"op": str(op)[:40]}
        elif op != "never":
            times = leaf.get("times", 1)
            if isinstance(times, bool) or not isinstance(times, int) or not 0 <= times <= MOST:
                yield "/times", _("Give a whole number of times.")
        if leaf.get("within") is not None:
            try:
                if parse_duration(leaf["within"]).negative:
                    raise DurationError("negative")
            except DurationError:
                yield "/within", _("Write a length of time like P30D.")
        if leaf.get("since") not in (None, "entry"):
            yield "/since", _("Only “entry” is possible here.")
        if not isinstance(leaf.get("where") or [], list | dict):
            yield "/where", _("This must be a list of property tests.")
            return
        for index, test in enumerate(tests_of(leaf)):
            if (
                not isinstance(test, dict)
                or not isinstance(test.get("property"), str)
                or not test["property"]
            ):
                yield f"/where/{index}/property", _("Choose a property.")
            else:
                for at, message in comparing.faults(test):
                    yield f"/where/{index}{at}", message

    def needs_enrolment(self, leaf: Json) -> bool:
        return leaf.get("since") == "entry"

    def value(self, leaf: Json, build: Builder) -> str:
        zoned, build.uses_zone = build.uses_zone, False
        where, number, aggregate = self._where(leaf, build), self._number(leaf, build), aggregate_of(leaf)
        correlated = (
            build.uses_zone or leaf.get("since") == "entry"
        )  # reads more of the row than whose event it is
        build.uses_zone |= zoned
        if build.everyone and not build.paged and not correlated:
            name = build.grouped(_grouped(where, f"{_figure(aggregate, 'e.n')} x", number))
            # Nobody's sum is nothing, not null; an average or an extreme of nothing is missing.
            return f"coalesce({name}.x, 0)" if aggregate in (None, "sum") else f"{name}.x"
        hers, most = f"e.profile_id = {build.person} and {where}", most_counted(leaf)
        if number:
            return f"(select {_figure(aggregate, number)} from profiles_event e where {hers})"
        # Counting stops a little beyond the number that decides.
        alone = f"(select count(*) from (select from profiles_event e where {hers} limit {most}) few)"
        return build.counted(where, most, alone) if build.many and not correlated else alone

    def _where(self, leaf: Json, build: Builder) -> str:
        # A name that came in decomposed (as macOS writes it) is the same name.
        names = sorted(
            {unicodedata.normalize(form, leaf["event"]) for form in ("NFC", "NFD")} | {leaf["event"]}
        )
        name = (
            f"= {build.param(names[0], 'text')}"
            if len(names) == 1
            else f"= any({build.param(names, 'text[]')})"
        )
        tests = [f"e.name {name}", f"e.ts <= {build.moment(build.now)}"]
        if leaf.get("within"):
            tests.append(f"e.ts >= {build.moment(parse_duration(leaf['within']).before(build.now))}")
        if leaf.get("since") == "entry":
            tests.append("e.ts > b.entered_at")  # what started the enrolment is not counted as done since
        tests += [
            comparing.result(test, build, comparing.at_path("e.properties", test["property"], build))
            for test in tests_of(leaf)
        ]
        return " and ".join(tests)

    def _number(self, leaf: Json, build: Builder) -> str:
        """What is added up of an event, or "" where they are only counted."""
        aggregate = aggregate_of(leaf)
        if aggregate is None:
            return ""
        return comparing.as_number(comparing.at_path("e.properties", leaf[aggregate], build))

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        if aggregate_of(leaf):
            worded = _worded(leaf)
            sign = comparing.ORDER.get(worded["op"], "")
            if sign and (figure := comparing.number(worded.get("value"))) is not None:
                return f"coalesce({v} {sign} {build.param(figure, 'numeric')}, false)"  # a number already
            return comparing.result(worded, build, f"to_jsonb({v})")
        op = leaf.get("op", "at_least")
        sign, times = ("=", 0) if op == "never" else (COUNTS[op], int(leaf.get("times", 1)))
        return f"({v} {sign} {times})"

    def answer(self, leaf: Json, build: Builder) -> str:
        """Of everyone only those are found who differ from somebody who has done nothing."""
        where, correlated = self._read(leaf, build)
        of_nothing = _of_nothing(leaf)
        if not build.everyone or build.paged or correlated or of_nothing is None:
            return super().answer(leaf, build)
        holds = self.result(leaf, build, _figure(aggregate_of(leaf), "e.n"))
        having = f" having {'not ' if of_nothing else ''}{holds}"
        name = build.grouped(_grouped(where, "true x", self._number(leaf, build)) + having)
        return f"({name}.x is {'' if of_nothing else 'not '}null)"

    def events(self, leaf: Json, workspace_id: int) -> Iterable[str]:
        return [leaf["event"]]

    def moment(self, leaf: Json, build: Builder, v: str) -> str:
        """When the event that decides falls out of the time that counts: the newest ones are counted from now back."""
        places = [0] if aggregate_of(leaf) else newest.deciding(leaf)
        if not leaf.get("within") or not places:
            return ""
        span, now = parse_duration(leaf["within"]), build.moment(build.now)
        length, where, zoned = build.param(str(span), "interval"), *self._read(leaf, build)
        edges = comparing.after_span("w.ts", length, calendar=bool(span.months or span.years))
        if build.everyone and not build.paged and not zoned:
            name = build.grouped(_grouped(where, f"{_nth(places)} ts"))
            return comparing.first_after(now, edges, f"(select {name}.ts) w")
        enough = f"{v} >= {places[-1]}"  # else none that decides can fall out
        found = (
            f"select e.ts from profiles_event e where e.profile_id = {build.person} and {where} order by e.ts"
        )
        if places == [0]:
            return comparing.first_after(now, edges, f"({found} limit 1) w")
        picked = f"select * from ({found} desc limit {places[0]}) few order by ts limit 1"
        if len(places) == 1:
            picked = f"{found} desc offset {places[0] - 1} limit 1"
        return f"(case when {enough} then {comparing.first_after(now, edges, f'({picked}) w')} end)"

    def _read(self, leaf: Json, build: Builder) -> tuple[str, bool]:
        """Which events count, and whether that depends on more of the person than whose they are."""
        zoned, build.uses_zone = build.uses_zone, False
        where = self._where(leaf, build)
        correlated = build.uses_zone or leaf.get("since") == "entry"
        build.uses_zone |= zoned
        return where, correlated

    def shared(self, leaf: Json) -> str | None:
        return None if aggregate_of(leaf) else newest.key(leaf)

    def shared_value(self, leaves: Sequence[Json], build: Builder) -> str:
        return newest.value(leaves, self._where({**leaves[0], "within": None}, build), build)

    def shared_result(self, leaf: Json, build: Builder, v: str) -> str:
        return newest.result(leaf, build, v)

    def shared_moment(self, leaf: Json, build: Builder, v: str) -> str:
        return newest.moment(leaf, build, v)

    def guesses(self, leaf: Json) -> bool:
        return any(test.get("op") in comparing.WITHIN for test in tests_of(leaf))

    def reads(self, leaf: Json, workspace_id: int) -> Iterable[tuple[str, str]]:
        for name in {leaf["event"], *(unicodedata.normalize(form, leaf["event"]) for form in ("NFC", "NFD"))}:
            yield "event", name

    def of_nobody(self, leaf: Json) -> bool | None:
        return None if aggregate_of(leaf) else _of_nothing(leaf)

    def sentence(self, leaf: Json, workspace: Any) -> str:
        return phrases.happened(_worded(leaf), tests_of(leaf), aggregate_of(leaf))

    def why(self, leaf: Json, value: Any, result: bool, workspace: Any) -> str:
        return phrases.found_events(_worded(leaf), aggregate_of(leaf), value, most_counted(leaf))

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


def _of_nothing(leaf: Json) -> bool | None:
    """The answer of somebody without such an event; None where that is not plain to see."""
    op, times = leaf.get("op", "at_least"), int(leaf.get("times", 1))
    aggregate = aggregate_of(leaf)
    if aggregate is None:
        return op in ("never", "at_most") or times == 0
    worded = _worded(leaf)
    figure = comparing.number(worded.get("value"))
    if worded["op"] not in comparing.ORDER or figure is None:
        return None
    return aggregate == "sum" and _COMPARED[worded["op"]](0, figure)


def _figure(aggregate: str | None, number: str) -> str:
    if aggregate is None:
        return "count(*)"
    found = f"{AGGREGATES[aggregate]}({number})"
    return f"coalesce({found}, 0)" if aggregate == "sum" else found


def _grouped(where: str, found: str, number: str = "") -> str:
    events = f"profiles_event e where e.workspace_id = %(workspace)s and {where}"
    if number:
        # Sorted, since sums that each parallel worker begins for himself cost more to put together than to make.
        events = f"(select e.profile_id, {number} n from {events} order by 1 offset 0) e"
    return f"select e.profile_id, {found} from {events} group by e.profile_id"


def _nth(places: list[int]) -> str:
    """Of a person's events: when the newest but so many was; 0: the oldest. Of two places the first there is."""
    if places == [0]:
        return "min(e.ts)"
    if places == [1]:
        return "max(e.ts)"
    listed = "array_agg(e.ts order by e.ts desc)"
    return f"coalesce({', '.join(f'({listed})[{place}]' for place in places)})"
