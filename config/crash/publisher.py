"""Stores the events of its share of the people, batch after batch, and starts again where it was killed. A batch that
was stored and not told of is stored again: its message ids are known, so nothing comes twice.

    python -m config.crash.publisher WORKSPACE PEOPLE SHARE SHARES FIRST_BATCH PACE [USER JOURNEY]

prints the number of each batch when it is stored. With USER and JOURNEY it publishes the journey anew now and then.
"""

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from config.crash.scene import AT_ONCE, GO, LATER, PAID, TWICE, walk

SIZE = 25  # people a batch
AFTER = 4  # batches until those who pay later do
AGAIN = 7  # and until those who start twice start again
PUBLISH = 5  # every so many batches


@dataclass(frozen=True, slots=True)
class Planned:
    """An event to be stored: of which person, and a name of its own that is the same in every attempt."""

    person: int
    name: str
    message_id: str
    after: timedelta = timedelta(0)


def plan(people: int, share: int, shares: int) -> list[list[Planned]]:
    """The batches of one publisher, the same ones whoever asks."""
    mine = list(range(share, people, shares))
    groups = [mine[start : start + SIZE] for start in range(0, len(mine), SIZE)]
    batches: list[list[Planned]] = [[] for _ in range(len(groups) + AGAIN)]
    for number, group in enumerate(groups):
        for person in group:
            kind = person % 10
            batches[number].append(Planned(person, GO, f"go-{person}"))
            if kind in AT_ONCE:
                batches[number].append(Planned(person, PAID, f"paid-{person}", timedelta(milliseconds=1)))
            if kind in LATER:
                batches[number + AFTER].append(Planned(person, PAID, f"paid-{person}"))
            if kind in TWICE:
                batches[number + AGAIN].append(Planned(person, GO, f"again-{person}"))
    return batches


def publish(
    workspace: int,
    people: int,
    share: int,
    shares: int,
    first: int,
    pace: float,
    republish: tuple[int, int] | None = None,
) -> None:
    from django.db import Error, connection

    from profiles import record_event
    from profiles.call import Call

    for number, batch in enumerate(plan(people, share, shares)):
        if number < first:
            continue
        while batch:
            now = datetime.now(UTC)
            calls = [
                Call(
                    "track",
                    now - timedelta(milliseconds=2) + one.after,
                    user_id=f"crash-{one.person}",
                    event=one.name,
                    message_id=one.message_id,
                    properties={"number": one.person},
                )
                for one in batch
            ]
            try:
                record_event.record(workspace, None, calls, now)
                break
            except Error:  # the database is away: a client tries again, too
                connection.close()
                time.sleep(0.3)
        if republish and number % PUBLISH == share % PUBLISH:
            _publish_again(*republish, f"Crash {share}.{number}")
        print(number, flush=True)  # noqa: T201
        time.sleep(pace)


def _publish_again(user_id: int, journey_id: int, name: str) -> None:
    """A new version of the journey; people inside move to it, or finish on theirs, by turns."""
    from django.db import Error, connection

    from journeys import editing, publishing
    from journeys.models import Journey
    from workspaces.actor import actor_of
    from workspaces.models import User

    try:
        actor = actor_of(User.objects.get(pk=user_id))
        journey = Journey.objects.get(pk=journey_id)
        assert actor
        now = datetime.now(UTC)
        editing.save_draft(actor, journey, walk(name), revision=journey.revision, now=now)
        publishing.publish(actor, journey, now=now, in_flight="move" if now.second % 2 else "finish")
    except editing.Stale:  # another one was faster
        pass
    except Error:
        connection.close()


if __name__ == "__main__":
    import django

    django.setup()
    first, second, third, fourth, fifth = (int(word) for word in sys.argv[1:6])
    again = (int(sys.argv[7]), int(sys.argv[8])) if len(sys.argv) > 7 else None
    publish(first, second, third, fourth, fifth, float(sys.argv[6]), again)
