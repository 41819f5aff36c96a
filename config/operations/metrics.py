"""/metrics for Prometheus: the figures of the whole installation, read from the tables when somebody asks.

Nothing is counted in the processes: workers come and go, and what they did stands in the database anyway. Counters are
the sums that the clock jobs and their samples keep (JobRun, Sample).
"""

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector, CollectorRegistry

from config.operations import figures, flow, jobs
from lib import clock

AN_HOUR = timedelta(hours=1)


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """404 unless GILMOK_METRICS_TOKEN is set; then for `Authorization: Bearer <token>` alone."""
    if not settings.METRICS_TOKEN:
        raise Http404("Metrics are switched off")
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse("Write: Authorization: Bearer <GILMOK_METRICS_TOKEN>\n", "text/plain", 401)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Installation(clock.now()))
    encoder, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encoder(registry), content_type, headers={"Cache-Control": "no-store"})


class Installation(Collector):
    """One look at everything. What could not be read in time is left out."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("gilmok", "The version that answers", {"version": settings.VERSION})
        yield _gauge("broker_up", "1 when the broker answers", int(figures.broker()))
        up = _database_up()
        yield _gauge("database_up", "1 when the database answers", int(up))
        if up:
            yield from self._engine()
            yield from self._messages()
            yield from self._clock()
            yield from self._database()

    def _engine(self) -> Iterator[Metric]:
        if (due := figures.due(self.now)) is not None:
            yield _gauge("due_people", f"People whose time has come (at most {figures.MOST})", due.count)
            yield _gauge("due_oldest_seconds", "How long the first of them waits", self._age(due.oldest))
        if (batches := figures.batches()) is not None:
            yield _gauge("batches_under_way", "Transactions that move people now", batches)
        if (failed := figures.failed()) is not None:
            yield _gauge("failed_people", "People set aside after an error", failed)
        if (steps := figures.person_steps()) is not None:
            yield CounterMetricFamily("gilmok_person_steps", "Arrivals of people at steps", steps)
        if (news := figures.announcements(self.now)) is not None:
            yield _gauge(
                "announcements_waiting", "Bundles of events not told to the engine yet", news.waiting
            )
            yield _gauge("announcements_oldest_seconds", "Age of the first of them", self._age(news.oldest))
            yield _gauge("announcements_given_up", "Bundles told in vain too often", news.given_up)

    def _messages(self) -> Iterator[Metric]:
        if (outbox := figures.outbox(self.now)) is not None:
            labels = ["account", "medium"]
            waiting = GaugeMetricFamily("gilmok_messages_waiting", "Messages due to be sent", labels=labels)
            oldest = GaugeMetricFamily(
                "gilmok_messages_oldest_seconds", "How long the first of them waits", labels=labels
            )
            claimed = GaugeMetricFamily(
                "gilmok_messages_claimed", "Messages a sender has in hand", labels=labels
            )
            for account in outbox:
                names = [str(account.id), account.medium]
                waiting.add_metric(names, account.waiting.count)
                oldest.add_metric(names, self._age(account.waiting.oldest))
                claimed.add_metric(names, account.claimed)
            yield from (waiting, oldest, claimed)
        if (recent := figures.messages(self.now, AN_HOUR)) is not None:
            family = GaugeMetricFamily(
                "gilmok_messages_last_hour", "Messages made in the last hour", labels=["state", "reason"]
            )
            for state, reason, count in recent:
                family.add_metric([state, reason], count)
            yield family
        if (sample := flow.latest()) is not None:
            yield CounterMetricFamily("gilmok_events", "Events stored since the first sample", sample.events)
            yield CounterMetricFamily(
                "gilmok_messages", "Messages made since the first sample", sample.messages
            )

    def _clock(self) -> Iterator[Metric]:
        age = GaugeMetricFamily("gilmok_job_age_seconds", "Since the last run that went well", labels=["job"])
        last = GaugeMetricFamily("gilmok_job_last_seconds", "What the last run took", labels=["job"])
        sums = {
            "runs": CounterMetricFamily("gilmok_job_runs", "Runs", labels=["job"]),
            "failures": CounterMetricFamily("gilmok_job_failures", "Runs that failed", labels=["job"]),
            "total_seconds": CounterMetricFamily("gilmok_job_seconds", "Time spent", labels=["job"]),
            "done": CounterMetricFamily("gilmok_job_done", "Rows dealt with", labels=["job"]),
        }
        for job in jobs.all_jobs(self.now):
            if job.run is None:
                continue
            if job.run.ok_at:
                age.add_metric([job.task], self._age(job.run.ok_at))
            last.add_metric([job.task], job.run.seconds)
            for name, family in sums.items():
                family.add_metric([job.task], getattr(job.run, name))
        yield from (age, last, *sums.values())
        silent = GaugeMetricFamily(
            "gilmok_silent_seconds",
            "Since the clock, or a worker of the queue, last gave a sign",
            labels=["what"],
        )
        for name, at in figures.heartbeats(self.now).items():
            if at is not None:
                silent.add_metric([name], self._age(at))
        yield silent

    def _database(self) -> Iterator[Metric]:
        if (found := figures.connections()) is not None:
            yield _gauge("database_connections", "Connections in use", found.used)
            yield _gauge("database_connections_limit", "Connections there may be", found.limit)
            yield _gauge(
                "database_oldest_transaction_seconds",
                "Age of the oldest transaction: an old one holds up vacuum",
                found.oldest_transaction.total_seconds(),
            )

    def _age(self, moment: datetime | None) -> float:
        return max(0.0, (self.now - moment).total_seconds()) if moment else 0.0


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"gilmok_{name}", text, value)


def _database_up() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return False
    return True
