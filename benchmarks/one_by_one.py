"""How everyone else moves people: one Celery task a person and step, ORM get and save. Kept to compare with.

Both sides walk the reference journey; the rival leaves out what it would lose by (log, checks, idempotency).
"""

import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import celery
from django.conf import settings
from django.db import connection

from benchmarks import advance as bench
from benchmarks import cpu
from benchmarks import journey as reference
from channels.models import Message
from config.embedded import children
from journeys.engine import advance
from journeys.models import Enrolment, Journey
from profiles.models import Event, Profile

GOAL = 200  # person-steps a second of one worker, in batches, against the rival's
GOAL_SINGLE = 8  # batches of one, by CPU second

app = celery.Celery("rival", broker=os.environ.get("GILMOK_BROKER_URL"))
app.conf.task_default_queue = "rival"
app.conf.worker_prefetch_multiplier = 16
app.conf.CELERY_DB_REUSE_MAX = 2**62  # kind to the rival: Celery would connect anew for each task


@app.task(name="rival.step")
def step(enrolment_id: int) -> None:
    row = Enrolment.objects.get(pk=enrolment_id)
    profile = Profile.objects.get(pk=row.profile_id)
    if row.step == "b":
        since = reference.START - timedelta(days=30)
        orders = Event.objects.filter(profile_id=profile.pk, name="order_completed", ts__gte=since).count()
        row.step = "w" if profile.attributes.get("plan") == "pro" and orders >= 2 else "x"
    elif row.step == "w":
        row.step = "s"
    elif row.step == "s":
        row.step = "ma" if row.pk % 2 else "mb"
    elif row.step in ("ma", "mb"):
        Message.objects.create(
            workspace_id=row.workspace_id,
            profile_id=profile.pk,
            enrolment_id=row.pk,
            seq=row.seq,
            medium="email",
            address=profile.attributes["email"],
            created_at=reference.START,
            due_at=reference.START,
        )
        row.step = "x"
    else:
        row.due_at = None
        row.step = "done"
    row.seq += 1
    row.save()
    if row.step != "done":
        step.delay(row.pk)


def run(people: int = 400, many: int = 20_000) -> dict[str, Any]:
    rival, rival_cpu = _rival(people)
    _single(20)  # a process that has worked before, as the rival's worker has
    single_steps, single_cpu = _single(people)
    turns = sorted((bench._turn(many) for _n in range(3)), key=lambda turn: float(turn["person_steps_per_s"]))
    batches = turns[1]["person_steps_per_s"]
    return {
        "people": people,
        "rival_steps_per_s": round(rival),
        "batch_steps_per_s": batches,
        "ratio": round(batches / rival),
        "goal": GOAL,
        "single_steps_per_cpu_s": round(single_steps / single_cpu),
        "rival_steps_per_cpu_s": round(people * reference.STEPS / rival_cpu),
        "single_ratio_by_cpu": round(single_steps / single_cpu / (people * reference.STEPS / rival_cpu), 1),
        "single_goal": GOAL_SINGLE,
        "passed": batches / rival >= GOAL
        and single_steps / single_cpu / (people * reference.STEPS / rival_cpu) >= GOAL_SINGLE,
    }


def _rival(people: int) -> tuple[float, float]:
    """(person-steps a second, CPU seconds of its worker and of its backend)"""
    with reference.world(people) as (_workspace, journey, ids):
        bench._stand_at_the_branch(journey, ids)
        rows = list(Enrolment.objects.filter(journey_id=journey.pk).values_list("pk", flat=True))
        worker = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "benchmarks.rival_worker",
                "worker",
                "-P",
                "solo",
                "-l",
                "error",
            ],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.dev"},
            cwd=settings.ROOT,
        )
        try:
            _warm(worker, journey, rows[0])
            before, began = cpu.process(worker.pid) + cpu.backends(), time.perf_counter()
            for pk in rows[1:]:
                step.delay(pk)
            _done(worker, journey, len(rows))
            took = time.perf_counter() - began
            spent = cpu.process(worker.pid) + cpu.backends() - before
        finally:
            children.stop(worker)
        return (people - 1) * reference.STEPS / took, spent


def _warm(worker: subprocess.Popen[bytes], journey: Journey, pk: int) -> None:
    step.delay(pk)
    _done(worker, journey, 1)


def _done(worker: subprocess.Popen[bytes], journey: Journey, count: int) -> None:
    end = time.monotonic() + 300
    while Enrolment.objects.filter(journey_id=journey.pk, step="done").count() < count:
        assert worker.poll() is None, "the rival's worker ended"
        assert time.monotonic() < end, "the rival does not come to an end"
        time.sleep(0.05)


def _single(people: int) -> tuple[int, float]:
    """(person-steps, CPU seconds) of the engine moving one person at a time, all in one process."""
    with reference.world(people) as (_workspace, journey, ids):
        bench._stand_at_the_branch(journey, ids)
        before = sum(cpu.seconds())
        advance.advance_due(reference.START, limit=1)
        advance.advance_due(reference.START + reference.HOUR, limit=1)
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from journeys_finished where journey_id = %s", [journey.pk])
            assert cursor.fetchone()[0] == people
        return people * reference.STEPS, sum(cpu.seconds()) - before
