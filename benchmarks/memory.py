"""The most memory that a worker process needs for very many people: to move them on, and to move them to a new version.
`python -m benchmarks.memory advance|move|undo ...` is that process."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOAL_MB = 300
PEOPLE = 200_000


def run(people: int = PEOPLE) -> dict[str, Any]:
    from benchmarks import advance as bench
    from benchmarks import journey as reference
    from journeys.models import Finished, MovedPerson, Version

    with reference.world(people) as (_workspace, journey, ids):
        bench._stand_at_the_branch(journey, ids)
        advanced = _peak("advance", journey.pk)
        document = reference.document()
        document["steps"]["w"]["settings"]["for"] = "PT2H"
        version = Version.objects.create(
            journey=journey, number=2, document=document, published_at=reference.START
        )
        journey.live = version
        journey.save(update_fields=["live"])
        moved = _peak("move", journey.pk)
        assert moved["moved"] == people, moved
        assert not Finished.objects.filter(journey_id=journey.pk).exists()
        MovedPerson.objects.filter(move_id=moved["move"]).delete()
    return {
        "people": people,
        "advance_mb": advanced["mb"],
        "move_mb": moved["mb"],
        "idle_mb": advanced["idle_mb"],
        "goal_mb": GOAL_MB,
        "passed": max(advanced["mb"], moved["mb"]) <= GOAL_MB,
    }


def _peak(what: str, journey_id: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", what, str(journey_id)],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.dev"),
        },
        stdout=subprocess.PIPE,
        check=True,
        timeout=600,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(what: str, journey_id: int) -> None:
    import django

    django.setup()
    from benchmarks import advance as bench
    from benchmarks import journey as reference
    from journeys.engine import move
    from journeys.models import Journey
    from lib import memory

    memory.settle()
    found: dict[str, Any] = {"idle_mb": _mb()}
    if what == "advance":
        bench._advance(reference.START)
    else:
        journey = Journey.objects.select_related("live").get(pk=journey_id)
        assert journey.live is not None
        if what == "move":
            moving = move.start(journey, journey.live, {}, reference.START, None)
        else:
            moving = journey.moves.latest("pk")
            move.undo(moving, reference.START)
            moving.refresh_from_db()
        found |= _chunks(lambda: move.work_off(reference.START, seconds=0, move_id=moving.pk), moving)
        found |= {"move": moving.pk, "moved": moving.moved if what == "move" else moving.undone}
    print(json.dumps(found | {"mb": _mb()}), flush=True)


def _chunks(work: Callable[[], int], moving: Any) -> dict[str, Any]:
    """Works until the move is done; one chunk a call."""
    began, longest = time.perf_counter(), 0.0
    while moving.state in ("moving", "undoing"):
        before = time.perf_counter()
        work()
        longest = max(longest, time.perf_counter() - before)
        moving.refresh_from_db()
    return {"seconds": round(time.perf_counter() - began, 1), "longest_chunk_ms": round(longest * 1000)}


def _mb() -> int:
    """The peak of this program. That of getrusage would include the process which started it."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (peak,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peak) // 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
