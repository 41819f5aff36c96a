"""The log of the clock jobs: one row a job, written by the worker that ran it."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from celery import shared_task
from celery.schedules import crontab

from config.celery import app
from config.models import JobRun
from config.operations import jobs
from config.tasks import heartbeat

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@shared_task(name="tests.counts_to_seven")
def seven():
    return 7


@shared_task(name="tests.breaks")
def breaks():
    raise ValueError("a person's name")


@pytest.fixture
def calendar(monkeypatch):
    entries = {
        "seven": {"task": "tests.counts_to_seven", "schedule": 1.0},
        "breaks": {"task": "tests.breaks", "schedule": 60.0},
        "nightly": {"task": "tests.nightly", "schedule": crontab(hour=3)},
    }
    monkeypatch.setattr(jobs, "calendar", lambda: entries)


@pytest.mark.django_db
def test_runs_add_up_in_one_row(calendar):
    for _run in range(3):
        seven.apply()
    run = JobRun.objects.get()
    assert (run.task, run.runs, run.failures, run.done, run.error) == ("tests.counts_to_seven", 3, 0, 21, "")
    assert run.ok_at == run.ended_at
    assert 0 < run.seconds <= run.total_seconds


@pytest.mark.django_db
def test_a_failure_leaves_its_kind_and_no_word_of_it(calendar):
    breaks.apply()
    run = JobRun.objects.get()
    assert (run.error, run.runs, run.failures, run.ok_at) == ("ValueError", 1, 1, None)


@pytest.mark.django_db
def test_tasks_that_are_no_clock_jobs_leave_nothing(calendar):
    heartbeat.apply()
    assert JobRun.objects.count() == 0


@pytest.mark.django_db
def test_states_follow_from_the_calendar(calendar):
    jobs.record("tests.counts_to_seven", 0.1, 1, None, NOW)
    jobs.record("tests.breaks", 0.1, None, ValueError("x"), NOW)

    def states(now):
        return {job.task.removeprefix("tests."): job.state for job in jobs.all_jobs(now)}

    assert states(NOW) == {"counts_to_seven": "ok", "breaks": "failed", "nightly": "soon"}
    assert states(NOW + timedelta(minutes=2))["counts_to_seven"] == "late"
    jobs.record("tests.breaks", 0.1, None, None, NOW + timedelta(minutes=1))
    jobs.record("tests.nightly", 0.1, None, None, NOW)
    assert states(NOW + timedelta(minutes=2)) == {
        "counts_to_seven": "late",
        "breaks": "ok",
        "nightly": "ok",
    }
    assert states(NOW + timedelta(hours=27))["nightly"] == "late"


def test_every_clock_job_has_words_of_its_own():
    assert sorted({entry["task"] for entry in app.conf.beat_schedule.values()} - set(jobs.LABELS)) == []


@pytest.mark.django_db(transaction=True)
def test_workers_write_their_runs_and_each_queue_gives_a_sign(celery_workers):
    from config.models import Heartbeat

    for entry in app.conf.beat_schedule.values():
        app.send_task(entry["task"], args=entry.get("args", ()), **entry["options"])
    wanted = {entry["task"] for entry in app.conf.beat_schedule.values()}
    end = time.monotonic() + 90
    while set(JobRun.objects.values_list("task", flat=True)) != wanted or Heartbeat.objects.count() < 5:
        assert time.monotonic() < end, celery_workers.output()
        time.sleep(0.1)
    assert set(JobRun.objects.values_list("error", flat=True)) == {""}


@pytest.mark.django_db
def test_a_job_without_a_run_is_late_only_once_the_clock_ticked_long_enough(calendar):
    def state():
        return {job.task: job.state for job in jobs.all_jobs(NOW)}["tests.breaks"]

    assert state() == "soon"
    jobs.record("tests.counts_to_seven", 0.1, 1, None, NOW)
    JobRun.objects.update(runs=179)
    assert state() == "soon"
    JobRun.objects.update(runs=180)
    assert state() == "late"
