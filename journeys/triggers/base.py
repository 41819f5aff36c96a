"""What a trigger is: a way into a journey. Its settings stand in the trigger object itself, beside kind and next."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, ClassVar, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext

from journeys.document import settings as codec
from journeys.document.problems import Context, Problem
from journeys.document.settings import Condition, setting
from journeys.document.shape import Trigger
from lib.durations import Duration
from lib.durations import parse as parse_duration

S = TypeVar("S")
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Way:
    """The one way on from a trigger, shaped like a step's outlet."""

    key: str
    label: str
    share: str | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """So many people in so much time."""

    count: int = setting(minimum=1, maximum=10_000_000)
    per: Duration = setting(parse_duration("PT1H"))

    @property
    def pause(self) -> timedelta:
        """From one person to the next."""
        return self.per.length / self.count


@dataclass(frozen=True, slots=True)
class Crossing:
    """Into (else out of) a segment, by its name. `present`: those who are in it at publishing enter, too."""

    segment: str
    entered: bool
    present: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """One of a person's dates: `day` names it ("2026-05-17"), so that it counts once; `at` is when she enters."""

    day: str
    at: datetime


class TriggerKind(Generic[S]):
    kind: ClassVar[str]
    label: ClassVar[Text]
    description: ClassVar[Text]
    icon: ClassVar[str]
    tone: ClassVar[str] = "entry"
    short: ClassVar[bool] = False
    by_api: ClassVar[bool] = False  # may be started by a call, for given people
    called: ClassVar[bool] = (
        False  # lets people in only when it is called: by an integration, by another journey
    )
    order: ClassVar[int] = 100
    settings_class: type[S]
    example: S
    form_class: ClassVar[Any] = None

    def parse(self, settings: dict[str, Any]) -> S:
        """Raises SettingsError with every fault."""
        return codec.read(self.settings_class, settings)

    def dump(self, settings: S) -> dict[str, Any]:
        out: dict[str, Any] = codec.write(settings)
        return out

    def schema(self) -> dict[str, Any]:
        return codec.schema(self.settings_class)

    def defaults(self) -> dict[str, Any]:
        return self.dump(self.example)

    def summary(self, settings: S, names: Any) -> str:
        """The line on the card; `names` as for steps."""
        return ""

    def outlets(self, settings: S) -> list["Way"]:
        return [Way("next", gettext("Next"))]

    def loose_outlets(self, settings: dict[str, Any]) -> list["Way"]:
        return self.outlets(self.example)

    def problems(self, trigger: Trigger, settings: S, context: Context) -> Iterable[Problem]:
        for place, condition in codec.conditions(settings):
            for at, message in context.condition_faults(condition):
                yield Problem("error", "bad_condition", message, trigger.key, (place + at).lstrip("/"))

    def entry_names(self, settings: S) -> Collection[str] | None:
        """The properties of what starts an enrolment; None: only those who start it know. What an event carries is
        known by its name (see `event`)."""
        return None

    # What the engine asks. A trigger that does not work that way keeps the answers of the base.

    def event(self, settings: S) -> str | None:
        """The event whose arrival lets people in."""
        return None

    def where(self, settings: S) -> Condition | None:
        """What must hold of who comes in; its `entry` leaves read what started it."""
        return None

    def payload_faults(self, settings: S, payload: dict[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with what a call hands over: (JSON pointer into it, sentence)."""
        return []

    def next_run(
        self, settings: S, after: datetime, zone: tzinfo, anchor: datetime | None = None
    ) -> datetime | None:
        """The first moment after `after` at which it lets a whole audience in. `anchor`: where the counting of a rule
        begins that names no beginning."""
        return None

    def rate(self, settings: S) -> "Rate | None":
        """How fast an audience comes in; None: as fast as it goes."""
        return None

    def audience(self, settings: S) -> Condition | None:
        return None

    def segment(self, settings: S) -> "Crossing | None":
        """The segment by entering or leaving which people come in."""
        return None

    def date_of(self, settings: S) -> str | None:
        """The attribute whose dates let each person in; `next_occasion` and `last_occasion` say when."""
        return None

    def next_occasion(self, settings: S, value: object, zone: tzinfo, after: datetime) -> "Occasion | None":
        """The first moment, `after` itself included, at which a person with this value is let in."""
        return None

    def last_occasion(self, settings: S, value: object, zone: tzinfo, now: datetime) -> "Occasion | None":
        """The moment before `now` for which a person is let in although her date became known only now."""
        return None
