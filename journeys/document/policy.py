"""The rules of a journey as a whole: who may enter again, who leaves early, what is the goal, when to keep quiet."""

from dataclasses import dataclass
from datetime import time
from typing import Any, Literal

from journeys.document.settings import Condition, Fault, SettingsError, read, setting
from journeys.document.words import gettext_noop
from lib.durations import Duration
from lib.durations import parse as parse_duration


@dataclass(frozen=True, slots=True)
class Reentry:
    mode: Literal["never", "after_exit", "every_time"] = "after_exit"
    cooldown: Duration | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """An event (of the same instance, with `match_key`) or a condition that ends the enrolment."""

    event: str | None = None
    where: tuple[dict[str, Any], ...] = ()
    match_key: bool = False
    condition: Condition | None = None

    def __post_init__(self) -> None:
        if (self.event is None) == (self.condition is None):
            raise SettingsError([Fault("", gettext_noop("Give either an event or a condition."), {})])


@dataclass(frozen=True, slots=True)
class Goal:
    event: str | None = None
    where: tuple[dict[str, Any], ...] = ()
    condition: Condition | None = None
    within: Duration | None = None
    on_reach: Literal["leave", "continue"] = "leave"

    def __post_init__(self) -> None:
        if (self.event is None) == (self.condition is None):
            raise SettingsError([Fault("", gettext_noop("Give either an event or a condition."), {})])


@dataclass(frozen=True, slots=True)
class QuietHours:
    from_: time
    to: time
    then: Literal["hold", "skip"] = "hold"


@dataclass(frozen=True, slots=True)
class Policy:
    """`quiet_hours` is "workspace", "none" or hours of its own."""

    reentry: Reentry = Reentry()
    exit_when: tuple[Exit, ...] = ()
    goal: Goal | None = None
    holdout: float = setting(0.0, minimum=0, maximum=0.5)
    max_stay: Duration = setting(parse_duration("P400D"))


@dataclass(frozen=True, slots=True)
class Rules:
    policy: Policy
    quiet: QuietHours | Literal["workspace", "none"]


def read_policy(data: dict[str, Any]) -> Rules:
    """Raises SettingsError, pointers relative to the policy."""
    faults: list[Fault] = []
    policy, quiet = Policy(), read_quiet_hours(None)
    try:
        policy = read(Policy, {name: value for name, value in data.items() if value != {}})
    except SettingsError as error:
        faults += error.faults
    try:
        quiet = read_quiet_hours(data.get("quiet_hours"))
    except SettingsError as error:
        faults += error.faults
    if faults:
        raise SettingsError(faults)
    return Rules(policy, quiet)


def read_quiet_hours(value: object) -> "QuietHours | Literal['workspace', 'none']":
    if value in (None, "workspace"):
        return "workspace"
    if value in ("none", {}):
        return "none"
    if not isinstance(value, dict):
        raise SettingsError(
            [Fault("/quiet_hours", gettext_noop("Quiet hours are “workspace”, “none”, or from and to."), {})]
        )
    return read(QuietHours, value, "/quiet_hours")
