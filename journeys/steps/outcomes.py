"""What may become of a visit. Rows of a batch share one outcome object where they can: the engine groups by it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Go:
    """On by an outlet. `why`: the leaf values that decided; `message`: {"state", "reason"} of the message made here;
    `note`: what the person's log keeps of this visit, put into words by the kind (`StepKind.told`)."""

    outlet: str
    why: list[Json] | None = None
    message: Json | None = None
    note: Json | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Wait:
    """She stays until `until` (None: as long as the journey lets her), or until one of `events` comes."""

    until: datetime | None
    events: tuple[str, ...] = ()
    message: Json | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Stay:
    """What woke her changes nothing: the wait goes on as it was."""


@dataclass(frozen=True, slots=True, eq=False)
class Leave:
    """The enrolment ends. Reasons: journeys.md 7a."""

    reason: str = "completed"
    outcome: str = ""
    why: list[Json] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fail:
    """This person can't be moved now: tried again later, then set aside. The rest of the batch goes on."""

    error: str


Outcome = Go | Wait | Stay | Leave | Fail
Outcomes = Sequence[Outcome]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a person: name, when, and its properties."""

    name: str
    ts: datetime
    properties: Json = field(default_factory=dict)
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Wake:
    """What woke a waiting visit: its due time, a change of the profile, or events the step waits for.

    `rules` and `rules_changed` are what only the journey's exits and goal look at; the engine keeps those to itself.
    """

    due: bool = False
    events: tuple[Happened, ...] = ()
    profile_changed: bool = False
    rules: tuple[Happened, ...] = ()
    rules_changed: bool = False


DUE = Wake(due=True)
