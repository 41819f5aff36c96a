"""What becomes of the people at one step when they are moved to another version. Publishing counts by it beforehand,
and the move does it: there is one meaning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from journeys.document import compare
from journeys.engine.plan import Plan
from journeys.steps.base import Group

Targets = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Fate:
    """keep: the wait goes on as it was. fixed: it lasts `length` from arriving now. asked: the step says until when.
    sent_on: they arrive at `target`, for their step is gone (or, `target` their own step, is of another kind now).
    ended: they leave the journey."""

    what: Literal["keep", "fixed", "asked", "sent_on", "ended"]
    target: str | None = None
    length: timedelta | None = None


KEEP, ENDED = Fate("keep"), Fate("ended")


def fate(old: Plan, new: Plan, step: str, targets: Targets) -> Fate:
    """`targets` says where people of removed steps go; without a word the first step after it that is still there."""
    if step not in new.document.steps:
        target = targets[step] if step in targets else compare.successor(old.document, step, new.document)
        return Fate("sent_on", target) if target in new.document.steps else ENDED
    before, after = old.steps.get(step), new.steps.get(step)
    if before is None or after is None:
        return KEEP
    if before.step.kind != after.step.kind:
        return Fate("sent_on", step)
    if before.step.settings == after.step.settings and _same_times(old, new, after.kind.group):
        return KEEP
    length = after.kind.same_for_all(after.settings)
    return Fate("fixed", length=length) if length else Fate("asked")


def _same_times(old: Plan, new: Plan, group: Group) -> bool:
    """Whether equal settings mean equal moments in both versions."""
    if (
        old.document.time_zone != new.document.time_zone
        or old.rules.policy.max_stay != new.rules.policy.max_stay
    ):
        return False
    return group is not Group.MESSAGES or old.rules.quiet == new.rules.quiet


def names(found: Plan, step: str) -> tuple[str, ...]:
    """The events (and "$profile") that people at a step wait for."""
    here = found.steps.get(step)
    if here is None:
        return ()
    listened = {name for one in here.kind.wait_conditions(here.settings) for name in found.listens(one)}
    return tuple(sorted(listened | set(here.kind.wait_events(here.settings))))
