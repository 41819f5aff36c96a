"""The broker, the workers of each queue, the clock and its jobs."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from kombu.exceptions import OperationalError

from config.celery import QUEUES, app
from config.operations import figures, jobs
from config.operations.doctor.finding import Check, Finding, fail, ok, warn
from workspaces import words

COMMANDS = "celery -A config worker -Q {queue}"


def _broker(_now: datetime) -> Iterator[Finding]:
    if figures.broker():
        yield ok("broker", "answers")
        yield from _policy()
    else:
        yield fail(
            "broker",
            "does not answer: nothing is moved or sent until it does; nothing is lost either",
            "Start it, or correct GILMOK_BROKER_URL.",
        )


def _policy() -> Iterator[Finding]:
    """Valkey and Redis may throw messages away when their memory is full."""
    if not settings.CELERY_BROKER_URL.startswith("redis"):
        return
    import redis

    client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=2)
    try:
        found = client.config_get("maxmemory-policy")
    except redis.RedisError:  # managed ones forbid the question
        return
    finally:
        client.close()
    policy = found.get("maxmemory-policy", "") if isinstance(found, dict) else ""
    if policy and policy != "noeviction":
        yield warn(
            "broker memory",
            f"maxmemory-policy is {policy}: it may throw tasks away when its memory is full",
            "Set maxmemory-policy to noeviction.",
        )


def _queues(_now: datetime) -> Iterator[Finding]:
    try:
        answers = app.control.inspect(timeout=2).active_queues() or {}
    except (OperationalError, OSError):
        return  # the broker's finding says it
    count = Counter(queue["name"] for queues in answers.values() for queue in queues)
    for queue in QUEUES:
        if count[queue]:
            yield ok(f"queue {queue}", words_of(count[queue]))
        else:
            yield fail(
                f"queue {queue}",
                "no worker answers for it",
                f"Start one: `{COMMANDS.format(queue=queue)}`.",
            )


def words_of(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"


def _clock(now: datetime) -> Iterator[Finding]:
    at = figures.heartbeats(now)["clock"]
    if figures.alive(at, now) and at is not None:
        yield ok("clock", f"last sign of life {words.span(now - at)} ago")
    else:
        yield fail(
            "clock",
            "never gave a sign" if at is None else f"silent for {words.span(now - at)}",
            "Run exactly one `celery -A config beat`, and a worker of the queue maintenance.",
        )


def _jobs(now: datetime) -> Iterator[Finding]:
    for job in jobs.all_jobs(now):
        name = f"job {job.task}"
        if job.state == "late":
            when = f"{words.span(now - job.run.ended_at)} ago" if job.run else "never"
            yield warn(name, f"ran last: {when}", "Look at the worker's log; is the clock running?")
        elif job.state == "failed":
            assert job.run is not None
            text = f"failed {words.span(now - job.run.ended_at)} ago with {job.run.error}"
            yield fail(name, text, "The worker's log has the traceback.")
        else:
            yield ok(name, f"took {job.run.seconds:.2f} s" if job.run else "not run yet")


def _backlog(now: datetime) -> Iterator[Finding]:
    due = figures.due(now)
    if due is None:
        yield warn("people due", "could not be counted in two seconds", "Look at the database's load.")
    elif due.oldest and now - due.oldest > timedelta(minutes=1):
        yield warn(
            "people due",
            f"{due.count} wait, the first for {words.span(now - due.oldest)}",
            "More workers of the queue bulk, or a look at its log.",
        )
    else:
        yield ok("people due", str(due.count))
    if failed := figures.failed():
        yield warn(
            "people set aside", f"{failed} after an error", "The page “Health” says where, and resumes them."
        )
    late = figures.late_crossings()
    if late and late[0]:
        yield warn(
            "people who crossed a segment",
            f"{late[0]} could not be let in yet: {late[1][:200]}",
            "It is tried again by itself; the worker's log has the traceback.",
        )
    news = figures.announcements(now)
    if news and news.given_up:
        yield warn(
            "news for the engine",
            f"{news.given_up} told in vain too often: {news.error[:200]}",
            "The page “Health” tells them again.",
        )


CHECKS = [
    Check(_broker),
    Check(_queues),
    Check(_clock, needs_database=True),
    Check(_jobs, needs_database=True),
    Check(_backlog, needs_database=True),
]
