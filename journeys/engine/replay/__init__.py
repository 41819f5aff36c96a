"""What would have happened: the last days of real events of a sample of people, run through a document by the engine
itself. All people walk at once: the clock goes from one moment at which something happens to the next, and each step of
it is one batch. The tables the engine writes are shadowed by temporary ones, so that nothing real is even locked.

    sample   who is looked at, and for how many each stands
    shadow   the temporary tables
    playing  the clock
    ways     schedules, people's dates and segments
    volumes  what became of them: per step, and per channel and state, a day

What a replay can't know: profiles and consents are those of today, nobody reacts to messages that were never sent, and
webhooks are taken as answered well and with nothing; other journeys do not start.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from journeys.document.shape import parse
from journeys.engine import asked, sandbox
from journeys.engine.plan import Plan
from journeys.engine.replay import playing, shadow, volumes
from journeys.engine.replay.sample import Sample, choose
from journeys.steps.outcomes import Json
from workspaces.models import Workspace

__all__ = ["Part", "Sample", "choose_for", "replay"]

MOST_PEOPLE = 2000
MOST_SECONDS = 60.0

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Part:
    """The time that is run again: [since, until)."""

    since: datetime
    until: datetime


def choose_for(documents: list[Any], workspace: Workspace, part: Part, size: int = MOST_PEOPLE) -> Sample:
    """One sample for all documents that are to be compared. Raises DocumentError."""
    for document in documents:
        parse(document)
    plans = [Plan(0, 0, workspace.pk, document) for document in documents]
    names = {name for found in plans for name, _way in found.event_triggers()}
    everyone = any(
        way.trigger.next and not way.kind.event(way.settings) and not way.kind.by_api
        for found in plans
        for way in found.triggers.values()
    )
    return choose(
        workspace.pk, None if everyone else sorted(names), part.since, part.until, min(size, MOST_PEOPLE)
    )


def replay(
    document: Any,
    workspace: Workspace,
    sample: Sample,
    part: Part,
    *,
    seconds: float = MOST_SECONDS,
    progress: Progress = lambda _done: None,
) -> Json:
    """The volumes (see `volumes.of`), each number for all people, not for the sample. Raises DocumentError."""
    parse(document)
    names = sorted(asked.events(Plan(0, 0, workspace.pk, document)))
    with transaction.atomic():
        try:
            with shadow.shadowed():
                shadow.fill(sample.ids, names, part.until)
                with sandbox.journey_of(document, workspace, part.since) as (found, index):
                    run = playing.Run(workspace, found, index, part.since, part.until)
                    playing.play(run, sample.ids, seconds, progress)
                    return volumes.of(run, sample)
        finally:
            transaction.set_rollback(True)
