"""For load balancers and container platforms: /healthz (the process) and /readyz (what it needs)."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from kombu import Connection
from kombu.exceptions import OperationalError

from config.models import Heartbeat
from lib.clock import now

CLOCK_MAY_BE_LATE = timedelta(seconds=90)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database and broker answer and every migration is applied, else 503.

    A late clock is told, but the web process serves without it: `clock` is "late", the status stays 200.
    """
    found = {"database": _database(), "broker": _broker()}
    ready = all(state == "ok" for state in found.values())
    found["clock"] = _clock() if found["database"] == "ok" else "unknown"
    return JsonResponse(found, status=200 if ready else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, ImproperlyConfigured):
        return "unreachable"
    return "not migrated" if waiting else "ok"


def _broker() -> str:
    options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2, transport_options=options) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return "unreachable"
    return "ok"


def _clock() -> str:
    beat = Heartbeat.objects.filter(name="clock").first()
    if beat is None:
        return "never ran"
    return "ok" if now() - beat.at < CLOCK_MAY_BE_LATE else "late"
