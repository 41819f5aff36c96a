"""The clock jobs: their last run is written down by the worker that ran them, one row a job.

Celery's own signals do it, so that every job of config.celery is covered and none has to think of it. A job that a
worker took to its grave writes nothing: its row grows old, and that is what `state` tells.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import Task
from celery.schedules import schedule as Interval  # noqa: N812
from celery.signals import task_postrun, task_prerun
from django.db import DatabaseError, connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.models import JobRun
from lib import clock

log = structlog.get_logger(__name__)

AT_LEAST = timedelta(seconds=90)  # a job may run for half a minute, and wait for its turn
A_DAY = timedelta(hours=26)

LABELS: dict[str, str | Promise] = {
    "journeys.tasks.advance_due": _("Moving people on"),
    "journeys.tasks.run_schedules": _("Starting scheduled audiences"),
    "journeys.tasks.follow_segments": _("Starting who crossed a segment"),
    "journeys.tasks.follow_dates": _("Starting people on their dates"),
    "profiles.tasks.look_at_segments": _("Moving people between segments as time passes"),
    "profiles.tasks.fill_segments": _("Filling new segments"),
    "profiles.tasks.repair_segments": _("Comparing segments with everybody"),
    "profiles.tasks.size_segments": _("Counting segments"),
    "profiles.tasks.compute_attributes": _("Computing attributes"),
    "profiles.tasks.tidy_catalogue": _("Tidying the catalogue"),
    "profiles.tasks.forget_old_events": _("Forgetting events past their time"),
    "journeys.tasks.move_people": _("Moving people to another version"),
    "journeys.tasks.run_replays": _("Replaying real events"),
    "journeys.tasks.forget_refused": _("Forgetting old refusals"),
    "journeys.tasks.fold_counts": _("Adding up the counts"),
    "journeys.tasks.call_waiting": _("Calling who stands in line"),
    "journeys.tasks.make_calls": _("Calling webhooks"),
    "journeys.tasks.tidy_calls": _("Tidying webhooks"),
    "channels.tasks.deliver_due": _("Sending what waits"),
    "profiles.tasks.tell_again": _("Telling the engine what it missed"),
    "profiles.tasks.make_partitions": _("Making room for the coming months"),
    "profiles.tasks.forget_message_ids": _("Forgetting old message ids"),
    "profiles.tasks.import_uploads": _("Reading uploaded files"),
    "profiles.tasks.fetch_pulls": _("Fetching from databases"),
    "profiles.tasks.fold_sources": _("Counting what sources sent"),
    "profiles.tasks.tidy_sources": _("Tidying sources"),
    "workspaces.tasks.forget_requests": _("Forgetting old API answers"),
    "config.tasks.heartbeat": _("Heartbeat"),
    "config.tasks.sample": _("Measuring the flow"),
}

_WRITE = """
insert into config_jobrun as j (task, ended_at, ok_at, seconds, error, runs, failures, total_seconds, done)
values (%(task)s, %(at)s, %(ok_at)s, %(seconds)s, %(error)s, 1, %(failures)s, %(seconds)s, %(done)s)
on conflict (task) do update set
    ended_at = excluded.ended_at, ok_at = coalesce(excluded.ok_at, j.ok_at), seconds = excluded.seconds,
    error = excluded.error, runs = j.runs + 1, failures = j.failures + excluded.failures,
    total_seconds = j.total_seconds + excluded.seconds, done = j.done + excluded.done
"""

_started: dict[str, float] = {}  # by Celery's id of the run


@dataclass(frozen=True, slots=True)
class Job:
    """A clock job as it stands. state: ok, late, failed, or soon (not run yet, and need not have)."""

    task: str
    label: str
    every: str
    run: JobRun | None
    state: str


def record(task: str, seconds: float, result: object, error: BaseException | None, at: datetime) -> None:
    """Writes a run down. `result`: a number adds to what the job has done."""
    number = isinstance(result, int) and not isinstance(result, bool)
    values: dict[str, Any] = {
        "task": task,
        "at": at,
        "ok_at": None if error else at,
        "seconds": seconds,
        "error": type(error).__name__[:120] if error else "",
        "failures": 1 if error else 0,
        "done": result if number and not error else 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)


def all_jobs(now: datetime) -> list[Job]:
    """Every clock job, in the order of the calendar; one query."""
    runs = JobRun.objects.in_bulk()
    ticking = _ticking(runs)
    found: dict[str, Job] = {}
    for name, entry in calendar().items():
        task = entry["task"]
        if task not in found:
            run = runs.get(task)
            label = str(LABELS.get(task, name))
            found[task] = Job(
                task, label, _every(entry["schedule"]), run, _state(entry["schedule"], run, ticking, now)
            )
    return list(found.values())


def calendar() -> Mapping[str, Any]:
    from config.celery import app

    entries: Mapping[str, Any] = app.conf.beat_schedule
    return entries


def _ticking(runs: Mapping[str, JobRun]) -> timedelta:
    """For how long the clock has ticked here at least: a job of every minute has none to show in the first one."""
    entries = calendar().values()
    shared = {entry["task"] for entry in entries if "args" in entry}  # one row for several ticks
    found = [
        runs[entry["task"]].runs * _seconds(entry["schedule"])
        for entry in entries
        if entry["task"] in runs and entry["task"] not in shared
    ]
    return timedelta(seconds=max(found, default=0))


def _state(schedule: object, run: JobRun | None, ticking: timedelta, now: datetime) -> str:
    allowed = A_DAY
    if seconds := _seconds(schedule):
        allowed = max(AT_LEAST, 3 * timedelta(seconds=seconds))
    if run is None:
        return "soon" if allowed > timedelta(minutes=30) or ticking < allowed else "late"
    if run.error:
        return "failed"
    return "late" if now - run.ended_at > allowed else "ok"


def _seconds(schedule: Any) -> float:
    """0 for a calendar entry (crontab)."""
    if isinstance(schedule, int | float):
        return float(schedule)
    if type(schedule) is Interval:
        return float(schedule.run_every.total_seconds())
    return 0


def _every(schedule: object) -> str:
    from workspaces import words

    seconds = _seconds(schedule)
    return words.span(timedelta(seconds=seconds)) if seconds else ""


@task_prerun.connect
def _begin(task_id: str = "", task: Task | None = None, **_rest: object) -> None:
    if task is not None and _is_job(task.name):
        _started[task_id] = time.monotonic()


@task_postrun.connect
def _end(
    task_id: str = "", task: Task | None = None, retval: object = None, state: str = "", **_rest: object
) -> None:
    began = _started.pop(task_id, None)
    if task is None or began is None:
        return
    error = retval if isinstance(retval, BaseException) else None
    if error is None and state == "FAILURE":
        error = RuntimeError(state)
    try:
        record(task.name, time.monotonic() - began, retval, error, clock.now())
    except DatabaseError as trouble:
        log.warning("job_not_noted", task=task.name, reason=type(trouble).__name__)


def _is_job(task: str) -> bool:
    return any(entry["task"] == task for entry in calendar().values())
