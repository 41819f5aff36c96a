"""What a step kind is. To add one: one file with one class under `journeys/steps`, registered; one test.

The palette, the card, the settings panel, the JSON Schema, the checks before publishing and the run all follow from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.document import settings as codec
from journeys.document.problems import Context, Problem
from journeys.document.shape import Step
from journeys.steps.outcomes import Json, Outcome, Outcomes, Stay
from journeys.steps.visits import Visits
from profiles.conditions import sentence

S = TypeVar("S")
Text = str | Promise


class Group(Enum):
    """The palette's groups, in its order."""

    MESSAGES = "messages"
    TIMING = "timing"
    DECISIONS = "decisions"
    DATA = "data"
    FLOW = "flow"

    @property
    def label(self) -> Text:
        return _GROUP_LABELS[self]


_GROUP_LABELS: dict[Group, Text] = {
    Group.MESSAGES: _("Messages"),
    Group.TIMING: _("Timing"),
    Group.DECISIONS: _("Decisions"),
    Group.DATA: _("Data"),
    Group.FLOW: _("Flow"),
}


@dataclass(frozen=True, slots=True)
class Outlet:
    """A way out. `share` is shown beside it ("50%")."""

    key: str
    label: str
    share: str | None = None


@dataclass(frozen=True)
class SummaryContext:
    """How things of the workspace are called: what a summary line may mention. Works empty, too."""

    workspace: Any = None
    content_names: Mapping[str, str] = field(default_factory=dict)

    def content_name(self, slug: str) -> str:
        return self.content_names.get(slug, slug)

    def sentence(self, condition: dict[str, Any]) -> str:
        """A condition in the reader's language."""
        return str(sentence(condition, self.workspace))


@dataclass(frozen=True, slots=True)
class Rival:
    """A way that is taken when its condition holds and none before it did. `place`: of the way in the settings, and
    `field` in it that says the condition."""

    place: str
    field: str
    condition: dict[str, Any]


class StepKind(Generic[S]):
    """`tone` colours the card: message, decide, data or flow; `short` cards have no summary line.

    `icon` is a lucide name. `form_class`, where set, is the Django form of the settings panel.
    """

    kind: ClassVar[str]
    label: ClassVar[Text]
    description: ClassVar[Text]
    icon: ClassVar[str]
    group: ClassVar[Group]
    tone: ClassVar[str]
    short: ClassVar[bool] = False
    order: ClassVar[int] = 100
    settings_class: type[S]
    example: S
    form_class: ClassVar[Any] = None

    def parse(self, settings: dict[str, Any]) -> S:
        """Raises SettingsError with every fault."""
        return codec.read(self.settings_class, settings)

    def dump(self, settings: S) -> dict[str, Any]:
        """parse(dump(s)) == s."""
        out: dict[str, Any] = codec.write(settings)
        return out

    def schema(self) -> dict[str, Any]:
        return codec.schema(self.settings_class)

    def defaults(self) -> dict[str, Any]:
        """The settings of a step fresh from the palette."""
        return self.dump(self.example)

    def summary(self, settings: S, names: SummaryContext) -> str:
        """The line on the card, in the reader's language."""
        return ""

    def told(self, settings: S, note: Json) -> str:
        """What the note of a visit (`Go.note`) says on the person's log, in the reader's language."""
        return ""

    def outlets(self, settings: S) -> list[Outlet]:
        return [Outlet("next", gettext("Next"))]

    def loose_outlets(self, settings: dict[str, Any]) -> list[Outlet]:
        """The ways out as far as half-filled settings tell them, so that roads stay drawn."""
        try:
            return self.outlets(self.parse(settings))
        except codec.SettingsError:
            return self.outlets(self.example)

    def problems(self, step: Step, settings: S, context: Context) -> Iterable[Problem]:
        """What is wrong with readable settings. The base checks every condition in them."""
        for place, condition in codec.conditions(settings):
            for at, message in context.condition_faults(condition):
                yield Problem("error", "bad_condition", message, step.key, (place + at).lstrip("/"))

    def minute_long(self, settings: S) -> bool:
        """Whether everybody who comes here stays at least a minute (or leaves): such a step may close a loop."""
        return False

    # What the checks ask. Answers must be certain: a doubtful one would be a false alarm.

    def pauses(self, settings: S) -> bool:
        """Whether time may pass here by this step's own will."""
        return self.minute_long(settings)

    def may_end(self, settings: S) -> bool:
        """Whether people may leave the journey here by what the step itself does."""
        return not self.outlets(settings)

    def least_stay(self, settings: S, outlet: str) -> timedelta:
        """How long everybody has stayed who leaves by this way out."""
        return timedelta(0)

    def context_keys(self, settings: S) -> Iterable[str]:
        """The values it writes to the context; the base knows settings called `save_as`."""
        key = getattr(settings, "save_as", None)
        return [str(key).split(".")[0]] if key else []

    def rivals(self, settings: S) -> list[list[Rival]]:
        """Ways of which, within each list, the first that holds is taken."""
        return []

    def wait_events(self, settings: S) -> Iterable[str]:
        """The events this step may wait for, and (`wait_conditions`) the conditions."""
        return ()

    def wait_conditions(self, settings: S) -> Iterable[dict[str, Any]]:
        return ()

    def run(self, settings: S, visits: Visits, now: datetime) -> Outcomes:
        """One outcome for each visit, in order. Must act once if the same visit is run twice."""
        raise NotImplementedError

    def due_again(self, settings: S, visits: Visits, now: datetime) -> Outcomes:
        """For people who wait here since `visits.arrived_at` and are moved to a version with these settings: Wait, as
        on arrival then (a moment that is over lets them go at once); Stay, and the wait goes on as it was; anything
        else, and they arrive anew. Reads, but does nothing."""
        return [Stay()] * len(visits)

    def same_for_all(self, settings: S) -> timedelta | None:
        """How long everybody waits here from arriving, where that is one exact length; `due_again` is not asked."""
        return None


class OneByOne(StepKind[S]):
    """For steps that need no speed: `run_one` for a single visit."""

    def run(self, settings: S, visits: Visits, now: datetime) -> Outcomes:
        return [self.run_one(settings, visits, row, now) for row in range(len(visits))]

    def run_one(self, settings: S, visits: Visits, row: int, now: datetime) -> Outcome:
        raise NotImplementedError


__all__ = [
    "Context",
    "Group",
    "OneByOne",
    "Outlet",
    "Problem",
    "Rival",
    "StepKind",
    "SummaryContext",
    "Visits",
]
