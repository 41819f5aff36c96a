"""Asking for a replay, and working it off. The row is the truth: a nudge only speeds it up, a clock job takes up what
was left lying, and a worker that dies gives its lease back by doing nothing."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, connections, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journeys.document.shape import DocumentError
from journeys.engine import replay as engine
from journeys.engine.explain import iso
from journeys.engine.replay import Part
from journeys.models import Journey, Replay
from lib.nudge import nudge
from workspaces.actor import Actor

log = structlog.get_logger(__name__)

MOST_DAYS = 90
MOST_PEOPLE = engine.MOST_PEOPLE
LEASE = timedelta(minutes=5)  # longer than the two replays may take
ATTEMPTS = 3
KEPT = 5  # of a journey
_LOCK = 7304  # whoever claims one

Json = dict[str, Any]


class TooBusy(Exception):
    """The journey has a replay under way."""


def request(actor: Actor, journey: Journey, *, days: int, sample: int, now: datetime) -> Replay:
    """Queues a replay of the draft and the live version over the last `days`. Raises TooBusy."""
    from journeys import tasks

    with transaction.atomic():
        Journey.objects.select_for_update().only("pk").get(pk=journey.pk)
        if journey.replays.filter(state__in=["queued", "running"]).exists():
            raise TooBusy(_("A replay of this journey is under way."))
        old = journey.replays.order_by("-id").values_list("pk", flat=True)[KEPT - 1 :]
        Replay.objects.filter(pk__in=list(old)).delete()
        made = Replay.objects.create(
            journey=journey,
            days=days,
            sample=sample,
            revision=journey.revision,
            created_at=now,
            created_by=actor.user,
        )
        nudge(tasks.run_replays)
    return made


def work(clock: Callable[[], datetime]) -> int:
    """Works replays off until none is open; returns how many."""
    done = 0
    while (found := _claim(clock())) is not None:
        _run(found, clock)
        done += 1
    return done


def _claim(now: datetime) -> Replay | None:
    """One at a time: a replay keeps a worker busy for a minute or two, and people wait for the others."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        if Replay.objects.filter(state="running", claimed_until__gte=now).exists():
            return None
        free = Q(state="queued") | Q(state="running", claimed_until__lt=now)
        found = (
            Replay.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("journey__workspace", "journey__live")
            .filter(free)
            .order_by("id")
            .first()
        )
        if found is None:
            return None
        found.state, found.claimed_until, found.attempts = "running", now + LEASE, found.attempts + 1
        if found.attempts > ATTEMPTS:  # it took its workers with it
            found.state, found.error = "failed", "The replay could not be finished."
        found.save(update_fields=["state", "claimed_until", "attempts", "error"])
        return found


def _run(found: Replay, clock: Callable[[], datetime]) -> None:
    if found.state == "failed":
        return
    with closing(_Progress(found.pk)) as progress:
        try:
            found.report, found.state = report(found, clock(), progress.tell), "done"
        except DocumentError as error:
            found.state, found.error = "failed", f"{error.pointer}: {error.template % error.params}"
        except Exception as error:
            log.exception("replay_failed", replay=str(found.public_id))
            found.state, found.error = "failed", type(error).__name__
    found.finished_at, found.progress = clock(), 100
    found.save(update_fields=["report", "state", "error", "finished_at", "progress"])


def report(found: Replay, now: datetime, tell: Callable[[float], None]) -> Json:
    """{"since", "until", "people", "replayed", "factor", "draft": volumes, "live": volumes or null, "live_version"}"""
    journey = found.journey
    until = now.replace(microsecond=0)
    part = Part(until - timedelta(days=found.days), until)
    documents = [journey.draft, *([journey.live.document] if journey.live else [])]
    sample = engine.choose_for(documents, journey.workspace, part, found.sample)
    tell(0.05)
    share = 0.95 / len(documents)
    volumes = [
        engine.replay(
            document,
            journey.workspace,
            sample,
            part,
            progress=lambda done, at=place: tell(0.05 + share * (at + done)),  # type: ignore[misc]
        )
        for place, document in enumerate(documents)
    ]
    return {
        "since": iso(part.since),
        "until": iso(part.until),
        "people": sample.people,
        "replayed": len(sample.ids),
        "factor": round(sample.factor, 3),
        "revision": journey.revision,
        "live_version": journey.live.number if journey.live else None,
        "draft": volumes[0],
        "live": volumes[1] if journey.live else None,
    }


class _Progress:
    """Tells how far it is by a connection of its own: what the replay itself writes is rolled back."""

    def __init__(self, pk: int) -> None:
        self.pk = pk
        self._other = connections.create_connection("default")

    def tell(self, done: float) -> None:
        with self._other.cursor() as cursor:
            cursor.execute(
                "update journeys_replay set progress = %s where id = %s",
                [min(99, round(done * 100)), self.pk],
            )

    def close(self) -> None:
        self._other.close()
