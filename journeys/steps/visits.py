"""The people who stand at one step now, as columns, and the world in which they stand."""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from journeys.document.policy import QuietHours
from journeys.document.shape import Step
from journeys.steps.outcomes import Happened, Json, Leave, Wake
from lib.durations import Duration


class Verdict(Protocol):
    """A condition over the visits of a batch, row by row."""

    results: Sequence[bool]
    values: Sequence[Sequence[Any]]
    leaf_results: Sequence[Sequence[bool]]

    def why(self, row: int) -> list[Json]: ...


class Person(Protocol):
    @property
    def public_id(self) -> str: ...
    @property
    def attributes(self) -> Json: ...


class Called(NamedTuple):
    """What came of a webhook: the way out, what the log says of it, and the answer where it is kept."""

    outlet: str
    note: Json
    answer: Any


class World(Protocol):
    """What a step may ask for and do. Everything is for whole batches; nothing reads the clock."""

    workspace_id: int

    def evaluate(self, conditions: Sequence[Json], visits: "Visits") -> list[Verdict]:
        """One SQL statement for all conditions and all visits."""
        ...

    def people(self, profile_ids: Sequence[int], *, held: bool = False) -> dict[int, Any]:
        """The profiles, loaded once a batch. `held`: read anew, and left alone by everybody else until its commit."""
        ...

    def public_ids(self, profile_ids: Sequence[int]) -> dict[int, str]:
        """What these people are called outside, without the rest of them."""
        ...

    def zones(self, visits: "Visits") -> Sequence[tzinfo]:
        """Each person's zone: her own, else the journey's, else the workspace's, else UTC."""
        ...

    def quiet_hours(self, visits: "Visits") -> QuietHours | None: ...

    def draw(self, step: str) -> str | None:
        """The way a simulation wants at a split."""
        ...

    def listens(self, condition: Json) -> tuple[str, ...]:
        """The events after which the condition may have changed; "$profile" for changes of the profile."""
        ...

    def happened(
        self, visits: "Visits", rows: Sequence[int], names: Sequence[str], since: Sequence[datetime]
    ) -> list[list[Happened]]:
        """For each of `rows` the events of these names from its `since` on, oldest first, at most 200."""
        ...

    def match(
        self, condition: Json, visits: "Visits", rows: Sequence[int], properties: Sequence[Json]
    ) -> list[list[Json] | None]:
        """Tests events by their properties (as `entry` leaves): for each pair the why, or None where it fails."""
        ...

    def leaving(self, visits: "Visits") -> list[Leave | None]:
        """Rule 8, before every send: for each visit the Leave that its journey's exits and goal demand, or None."""
        ...

    def held_out(self, visits: "Visits") -> set[int]:
        """The rows of those who walk this journey to compare with, and get none of its messages; none without a
        hold-out."""
        ...

    def write_profiles(self, attributes: dict[int, Json], now: datetime) -> None:
        """Replaces the attributes of these profiles; later steps of the batch see them."""
        ...

    def pin(self, content: str) -> Callable[[], int | None]:
        """What returns, within `fast_sql.together` after it, the frozen version of a content that messages made now
        refer to; None when there is no such content."""
        ...

    def account(self, name: str) -> int | None:
        """A channel account by its public id; None: the default of the medium."""
        ...

    def call(self, visits: "Visits", rows: Sequence[int], host: str) -> None:
        """Asks for the webhooks of these visits, made after the batch is committed, each once. `host`: "" where a
        template decides it."""
        ...

    def called(self, visits: "Visits") -> dict[int, Called]:
        """The webhooks of these visits that have come to an end, by row; each is handed out once."""
        ...

    def write_consents(self, visits: "Visits", medium: str, topic: str, state: str) -> None:
        """What these people allow or withdraw from now on, with the journey and the step as the proof."""
        ...

    def record_events(
        self, visits: "Visits", rows: Sequence[int], name: str, properties: Sequence[Json]
    ) -> list[bool]:
        """An event for each of `rows`, as if she had done it now, once for each visit. False: too many in a chain."""
        ...

    def enter_journey(
        self, visits: "Visits", rows: Sequence[int], journey: str, entries: Sequence[Json]
    ) -> list[str]:
        """Lets each of `rows` into another journey, by its public id. entered; refused by its rule of re-entry; closed:
        it takes nobody in; too_deep: too many in a chain; would: a simulation, which enters nobody."""
        ...

    def reach_goal(self, visits: "Visits", name: str, values: Sequence[Decimal | None]) -> None:
        """They have reached a goal; a name counts once an enrolment."""
        ...

    def take_places(
        self, visits: "Visits", count: int, per: Duration, *, own: bool, line_up: bool
    ) -> list[datetime | None]:
        """None where one of `count` places in any span of `per` was free and is hers now; else when one will be.
        `own`: each person has her own places. `line_up`: who gets none keeps her turn."""
        ...

    def write_messages(self, messages: Sequence[Any], alike: Any, woken: Sequence[tuple[int, int]]) -> None:
        """Puts messages (NewMessage, Alike) into the outbox with the batch; held ones of `woken` (enrolment, seq) make
        room for them."""
        ...


class Visits:
    """Row i is one visit. Every column has the same length."""

    __slots__ = ("_columns", "_rows", "journey_id", "step", "version_id", "world")

    def __init__(
        self, step: Step, rows: Sequence[Any], world: World, journey_id: int, version_id: int
    ) -> None:
        self.step, self._rows, self.world = step, rows, world
        self.journey_id, self.version_id = journey_id, version_id
        self._columns: dict[str, list[Any]] = {}

    def _column(self, name: str) -> list[Any]:
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = list(map(attrgetter(name), self._rows))
        return found

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def enrolment_ids(self) -> list[int]:
        return self._column("id")

    @property
    def profile_ids(self) -> list[int]:
        return self._column("profile_id")

    @property
    def seqs(self) -> list[int]:
        """The number of each visit within its enrolment; with the enrolment's id the idempotency key."""
        return self._column("seq")

    @property
    def arrived_at(self) -> list[datetime]:
        return self._column("arrived_at")

    @property
    def entered_at(self) -> list[datetime]:
        return self._column("entered_at")

    @property
    def due_at(self) -> list[datetime | None]:
        """When each wait was to end."""
        return self._column("due_at")

    @property
    def wakes(self) -> list[Wake | None]:
        """What woke each visit; None for one that only now arrives."""
        return self._column("wake")

    @property
    def entries(self) -> list[Json]:
        """What started each enrolment."""
        return self._column("entry")

    @property
    def contexts(self) -> list[Json]:
        return self._column("context")

    @property
    def entry_texts(self) -> list[str]:
        """As they lie in the database."""
        return self._column("entry_text")

    @property
    def context_texts(self) -> list[str]:
        """As they lie in the database, with the engine's own notes, whose names start with "$"."""
        return self._column("context_text")

    def write_context(self, row: int, name: str, value: Any) -> None:
        """Later steps of the enrolment see it."""
        raw = self.raw[row]
        raw.set_context({**raw.whole_context, name: value})

    @property
    def raw(self) -> Sequence[Any]:
        """The engine's rows, for what is not there as a column."""
        return self._rows
