"""Real workers that are killed in the middle of a file: the next goes on, nothing is lost, nothing is doubled."""

import csv
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Count

from lib import clock
from profiles import tasks, uploads
from profiles.models import Event, Profile, Source, Upload
from tests.factories.workspaces import make_user
from workspaces.actor import actor_of
from workspaces.models import Workspace

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROWS = 16_000
NOBODY = range(700, ROWS, 1700)  # rows without anybody
BAD = range(900, ROWS, 1900)  # amounts that are none
PEOPLE = 3000


def content() -> bytes:
    lines = ["member,amount,paid_at"]
    for n in range(ROWS):
        member = "" if n in NOBODY else f"m{n % PEOPLE}"
        amount = "many" if n in BAD else str(n)
        lines.append(f"{member},{amount},2026-0{n % 6 + 1}-15T10:00:00Z")
    return "\n".join(lines).encode()


MAPPING = {
    "kind": "events",
    "event": "order_paid",
    "time": {"format": "iso", "zone": "UTC"},
    "columns": [
        {"column": "member", "to": "user_id"},
        {"column": "amount", "to": "property", "name": "amount", "type": "number"},
        {"column": "paid_at", "to": "time"},
    ],
}


@pytest.fixture
def upload(workspace: Workspace) -> Iterator[Upload]:
    actor = actor_of(make_user(workspace, "marketer"))
    files = Source.objects.create(workspace=workspace, name="Files", kind="file")
    data = content()
    made = uploads.begin(actor, files, "orders.csv", len(data), "", clock.now())
    uploads.append(made, 0, data)
    assert uploads.start(actor, made, MAPPING, False, clock.now()) == ()
    yield made
    shutil.rmtree(uploads.folder(made))


def wait(upload: Upload, until: Callable[[Upload], bool], output: Callable[[], str]) -> None:
    end = time.monotonic() + 180
    while True:
        upload.refresh_from_db()
        if until(upload):
            return
        assert time.monotonic() < end, (upload.state, upload.taken, output())
        time.sleep(0.01)


def kill(workers: Any) -> None:
    """At once, with its children, as the kernel does when memory runs out."""
    for process in workers.processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    workers.processes.clear()
    workers.log.write_text("")


def test_a_worker_killed_in_the_middle_of_a_file(celery_workers: Any, upload: Upload) -> None:
    tasks.import_uploads.delay()
    far = 0
    for _ in range(2):
        wait(upload, lambda found, far=far: found.taken > far, celery_workers.output)
        time.sleep(0.05)  # the next chunk is under way
        kill(celery_workers)
        upload.refresh_from_db()
        assert (upload.state, upload.claimed_until is not None) == ("running", True)
        assert far < upload.taken < ROWS - 2000
        far = upload.taken
        # Its lease runs out; half a minute in truth.
        Upload.objects.filter(pk=upload.pk).update(claimed_until=clock.now() - timedelta(seconds=1))
        celery_workers.start("worker", "-Q", "imports", "-c", "2", "-l", "info", "--without-mingle")
        celery_workers.wait_until_ready()
        tasks.import_uploads.delay()
    wait(upload, lambda found: found.state != "running", celery_workers.output)

    bad = {*NOBODY, *BAD}
    assert (upload.state, upload.taken, upload.known, upload.rejected) == (
        "done",
        ROWS - len(bad),
        0,
        len(bad),
    )
    amounts = set(Event.objects.values_list("properties__amount", flat=True))
    assert amounts == set(range(ROWS)) - bad
    assert Event.objects.count() == len(amounts)
    with uploads.rejects(upload).open(newline="", encoding="utf-8") as file:
        told = [(int(row["line"]), row["reason"], row["text"].split(",")[1]) for row in csv.DictReader(file)]
    nobody = "names nobody: the columns that say who are empty"
    assert told == [
        (n + 2, "'many' is no number", "many") if n in BAD else (n + 2, nobody, str(n)) for n in sorted(bad)
    ]
    assert Profile.objects.count() == PEOPLE
    several = Profile.objects.values("external_id").annotate(times=Count("pk")).filter(times__gt=1)
    assert not several.exists()
