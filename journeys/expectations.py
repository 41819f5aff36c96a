"""What a stored test expects, as a simulation's answer boiled down, and where another answer parts from it.

    {"entered": 1, "paths": [["w1", "m1"]], "outlets": [["next", "next"]],
     "messages": [{"step": "m1", "state": "sent", "reason": null}], "ended": ["completed"],
     "times": {"w1.left_at": "2026-01-05T11:00:00Z"}}

Lists have an entry an enrolment, in order of start, but for the messages, which are one list. What is left out is not
looked at; a message is compared by the names it has.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

Json = dict[str, Any]
NAMES = ("entered", "paths", "outlets", "messages", "ended", "times")
_MESSAGE = ("step", "medium", "at", "state", "reason")


class ExpectationError(ValueError):
    """What is expected can't be read; `pointer` is the place in it."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place at which things went otherwise. kind: entered, path, outlet, message, ended, time, error.

    `step`: where the person stood when it was decided (a step's or trigger's key; null: before she entered).
    """

    kind: str
    step: str | None
    expected: Any
    got: Any

    def as_dict(self) -> Json:
        return asdict(self)


def record(answer: Json) -> Json:
    """The expectation that this answer fulfils."""
    enrolments = answer["enrolments"]
    return {
        "entered": len(enrolments),
        "paths": [_path(one) for one in enrolments],
        "outlets": [[visit["outlet"] for visit in one["visits"]] for one in enrolments],
        "messages": [
            {name: message[name] for name in ("step", "state", "reason")}
            for _at, message in _messages(enrolments)
        ],
        "ended": [one["reason"] for one in enrolments],
    }


def read(value: Any) -> Json:
    """Raises ExpectationError for what could never be met by its shape alone."""
    if not isinstance(value, Mapping):
        raise ExpectationError("", _("This must be an object with named parts."))
    for name in value:
        if name not in NAMES:
            raise ExpectationError(f"/{name}", _("Nothing of this name can be expected."))
    if not value:
        raise ExpectationError("", _("Expect something: a path, messages, or how it ends."))
    lists: dict[str, Any] = {"paths": list, "outlets": list, "messages": Mapping}
    for name in ("paths", "outlets", "messages", "ended"):
        found = value.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, lists.get(name, object)) for one in found):
            raise ExpectationError(f"/{name}", _("This must be a list, with an entry for each time."))
    if not isinstance(value.get("entered", 0), int) or not isinstance(value.get("times", {}), Mapping):
        raise ExpectationError("/entered", _("Give a number of entries."))
    return dict(value)


def compare(expect: Json, answer: Json) -> Divergence | None:
    """None where the answer is as expected; else the divergence that comes first on the way."""
    enrolments = answer["enrolments"]
    found = [*_paths(expect, enrolments), *_messages_apart(expect, enrolments), *_ends(expect, enrolments)]
    found += [*_times(expect, enrolments), *_entries(expect, answer)]
    return min(found, key=lambda one: one[0])[1] if found else None


_Place = tuple[int, int, int]  # enrolment, visit, and of those at one visit the order in which they are told


def _entries(expect: Json, answer: Json) -> Iterator[tuple[_Place, Divergence]]:
    walked, wanted = answer["enrolments"], expect.get("entered")
    if wanted is None or wanted == len(walked):
        return
    ways = [one["trigger"] for one in (walked[wanted:] or answer["not_entered"])]
    yield (
        (min(wanted, len(walked)), -2, 0),
        Divergence("entered", ways[0] if ways else None, wanted, len(walked)),
    )


def _paths(expect: Json, enrolments: Sequence[Json]) -> Iterator[tuple[_Place, Divergence]]:
    outlets = expect.get("outlets", [])
    for at, path in enumerate(expect.get("paths", [])):
        if at >= len(enrolments):
            return  # what is missing altogether is told as a number of entries
        walked, trigger = _path(enrolments[at]), enrolments[at]["trigger"]
        for i in range(max(len(path), len(walked))):
            wanted, got = (one[i] if i < len(one) else None for one in (path, walked))
            if wanted != got:
                yield (at, i - 1, 1), Divergence("path", walked[i - 1] if i else trigger, wanted, got)
                break
    for at, ways in enumerate(outlets):
        if at >= len(enrolments):
            return
        for i, (way, visit) in enumerate(zip(ways, enrolments[at]["visits"], strict=False)):
            if way != visit["outlet"]:
                yield (at, i, 0), Divergence("outlet", visit["step"], way, visit["outlet"])
                break


def _messages_apart(expect: Json, enrolments: Sequence[Json]) -> Iterator[tuple[_Place, Divergence]]:
    if "messages" not in expect:
        return
    wanted, made = expect["messages"], _messages(enrolments)
    for i in range(max(len(wanted), len(made))):
        want, (at, got) = wanted[i] if i < len(wanted) else None, made[i] if i < len(made) else (0, None)
        if want is not None and got is not None and all(got.get(name) == want[name] for name in want):
            continue
        step = (want or got or {}).get("step")
        # A message beside the path expected is told where the paths part, not here.
        place = _place_of(step, enrolments, at) if step else None
        shown = {name: got[name] for name in _MESSAGE if name in (want or got)} if got else None
        yield place or (len(enrolments), 0, 2), Divergence("message", step if place else None, want, shown)
        return


def _ends(expect: Json, enrolments: Sequence[Json]) -> Iterator[tuple[_Place, Divergence]]:
    for at, reason in enumerate(expect.get("ended", [])):
        if at < len(enrolments) and reason != enrolments[at]["reason"]:
            visits = enrolments[at]["visits"]
            step = visits[-1]["step"] if visits else None
            yield (at, len(visits), 3), Divergence("ended", step, reason, enrolments[at]["reason"])


def _times(expect: Json, enrolments: Sequence[Json]) -> Iterator[tuple[_Place, Divergence]]:
    for place, moment in expect.get("times", {}).items():
        step, _dot, name = str(place).rpartition(".")
        for i, visit in enumerate(enrolments[0]["visits"] if enrolments else []):
            if visit["step"] == step:
                if visit.get(name) != moment:
                    yield (0, i, 4), Divergence("time", step, moment, visit.get(name))
                break


def _place_of(step: str, enrolments: Sequence[Json], first: int) -> _Place | None:
    for at, enrolment in enumerate(enrolments):
        for i, visit in enumerate(enrolment["visits"]):
            if at >= first and visit["step"] == step:
                return at, i, -1
    return None


def _path(enrolment: Json) -> list[str]:
    return [visit["step"] for visit in enrolment["visits"]]


def _messages(enrolments: Sequence[Json]) -> list[tuple[int, Json]]:
    return [(at, message) for at, one in enumerate(enrolments) for message in one["messages"]]
