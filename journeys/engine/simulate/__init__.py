"""The preview of one customer (journeys.md 8): the engine itself, on a virtual clock, in a transaction that is rolled
back. Messages are made as ever and rendered at their moment; nothing is sent, nothing is kept.

    given       what a caller may ask for, read and checked
    person      the real person, or one made up
    playing     the clock, from moment to moment
    happenings  what happens to her meanwhile: events, changes, consents, reactions
    figures     computed attributes that change as time passes
    answer      what became of it, with reasons and warnings
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from journeys.document.shape import parse
from journeys.engine import holdout, sandbox
from journeys.engine.simulate import answer, given, person, playing
from journeys.engine.simulate.given import SimulationError
from journeys.models import Journey
from journeys.steps.outcomes import Json
from profiles.masking import Show
from workspaces.models import Workspace

__all__ = ["SimulationError", "simulate"]

MOST_TIME = "5s"  # of one statement


def simulate(
    document: Any,
    workspace: Workspace,
    *,
    person: Mapping[str, Any],
    start: datetime,
    until: datetime,
    events: Sequence[Mapping[str, Any]] = (),
    draws: Mapping[str, str] | None = None,
    consents: Any = None,
    journey: Journey | None = None,
    show: Show | None = None,
) -> Json:
    """The answer of design/api.md: enrolments with visits and messages, who did not enter and why, warnings.

    Raises DocumentError, SimulationError. `journey` is the one the document belongs to; its people are not touched.
    `show`: what the reader may see of a real person; of one made up everything is said already.
    """
    parse(document)
    happenings, reactions = given.happenings(events)
    fixed = given.draws(draws)
    with transaction.atomic():
        try:
            with connection.cursor() as cursor:
                cursor.execute("select set_config('statement_timeout', %s, true)", [MOST_TIME])
            with sandbox.journey_of(document, workspace, start) as (found, index):
                if journey is not None:
                    found.holdout_of = str(journey.pk)
                real = "id" in person or "external_id" in person
                if not real:  # chance must not decide about one made up
                    fixed.setdefault(holdout.DRAW, holdout.OUT)
                profile = _person(workspace, person, consents, start)
                run = playing.Run(workspace, found, index, profile, fixed, reactions)
                run.show = show if real else None
                playing.play(run, start, until, happenings)
                return answer.of(run)
        finally:
            transaction.set_rollback(True)


def _person(workspace: Workspace, wanted: Mapping[str, Any], consents: Any, start: datetime) -> Any:
    profile = person.find_or_make(workspace, wanted, start)
    allowed = consents if consents is not None else wanted.get("consents")
    person.allow(profile, allowed, start, "/person/consents" if consents is None else "/consents")
    return profile
