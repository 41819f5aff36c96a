"""Events a second over HTTP, in batches of 100 and of 500, stored, identified and announced; against COPY of the
same rows."""

import base64
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from config.embedded import children
from config.management.commands.demo import _granian
from profiles.event_rows import COLUMNS
from profiles.models import Source
from workspaces.models import Workspace

GOAL = 0.15
LARGE_GOAL = 0.25  # architecture.md, section 5
BATCH, LARGE = 100, 500
COPY = f"copy profiles_event ({COLUMNS}) from stdin"
CLIENTS = 4
ROUNDS = 3
CONTEXT = {
    "library": {"name": "analytics.js", "version": "2.11.1"},
    "locale": "ko-KR",
    "page": {"path": "/shoes", "url": "https://shop.example/shoes"},
}


def run(events: int = 20_000, people: int = 2_000) -> dict[str, Any]:
    mark = uuid.uuid4().hex[:12]
    workspace = Workspace.objects.create(name=f"Bench {mark}", slug=f"bench-{mark}")
    source = Source.objects.create(workspace=workspace, name="Bench")
    try:
        with _server() as port:
            _post(port, source.write_key, _bodies("warm", people, people))  # everybody is known from here on
            rows = _rows(workspace.pk, source.pk)
            over_http, in_large, by_copy = [], [], []
            for turn in range(ROUNDS):
                bodies = _bodies(f"{mark}{turn}", events, people)
                over_http.append(events / _post(port, source.write_key, bodies))
                bodies = _bodies(f"{mark}{turn}l", events, people, LARGE)
                in_large.append(events / _post(port, source.write_key, bodies))
                by_copy.append(events / _copy((rows * (events // len(rows) + 1))[:events]))
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from profiles_event where workspace_id = %s", [workspace.pk])
            stored = cursor.fetchone()[0]
        assert stored == people + 3 * ROUNDS * events, stored
        ratio = statistics.median(a / b for a, b in zip(over_http, by_copy, strict=True))
        large = statistics.median(a / b for a, b in zip(in_large, by_copy, strict=True))
        return {
            "events": events,
            "batch": BATCH,
            "events_per_s": round(statistics.median(over_http)),
            "copy_rows_per_s": round(statistics.median(by_copy)),
            "value": round(ratio, 3),
            "ratio": round(ratio, 3),
            "goal": GOAL,
            "batches_of_500": {
                "events_per_s": round(statistics.median(in_large)),
                "ratio": round(large, 3),
                "goal": LARGE_GOAL,
            },
            "passed": ratio >= GOAL and large >= LARGE_GOAL,
        }
    finally:
        with connection.cursor() as cursor:
            for table in (
                "profiles_event", "profiles_messageid", "profiles_identity", "profiles_profile",
            ):  # fmt: skip
                cursor.execute(f"delete from {table} where workspace_id = %s", [workspace.pk])
        workspace.delete()


def _bodies(mark: str, events: int, people: int, batch: int = BATCH) -> list[bytes]:
    """Batches as a web shop's tracking sends them."""
    bodies = []
    for start in range(0, events, batch):
        calls = [
            {
                "type": "track",
                "userId": f"user-{number % people}",
                "event": "product_viewed",
                "messageId": f"{mark}-{number}",
                "timestamp": datetime.now(UTC).isoformat(),
                "properties": {
                    "product": f"shoe-{number % 97}",
                    "price": 49.5,
                    "category": "shoes",
                    "position": number % 9,
                },
                "context": CONTEXT,
            }
            for number in range(start, min(start + batch, events))
        ]
        bodies.append(json.dumps({"batch": calls, "sentAt": datetime.now(UTC).isoformat()}).encode())
    return bodies


def _post(port: int, key: str, bodies: list[bytes]) -> float:
    """Seconds until every batch is answered with 200."""
    waiting = deque(bodies)
    token = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    failed: list[Any] = []

    def client() -> None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while waiting and not failed:
            try:
                body = waiting.popleft()
            except IndexError:
                break
            link.request("POST", "/v1/batch", body, headers)
            answer = link.getresponse()
            content = answer.read()
            if (answer.status, content) != (200, b'{"success": true}'):
                failed.append((answer.status, content[:300]))
        link.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    assert not failed, failed
    return took


def _rows(workspace_id: int, source_id: int) -> list[tuple[Any, ...]]:
    """The rows that the calls became, as COPY takes them."""
    now = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "select profile_id, name, properties::text, context::text from profiles_event where workspace_id = %s",
            [workspace_id],
        )
        return [
            (workspace_id, profile_id, name, now, now, source_id, f"copied-{index}", properties, context)
            for index, (profile_id, name, properties, context) in enumerate(cursor.fetchall())
        ]


def _copy(rows: list[tuple[Any, ...]], chunk: int = 1000) -> float:
    """Seconds for the same rows by COPY into the same table, one connection, a commit a chunk."""
    began = time.perf_counter()
    for start in range(0, len(rows), chunk):
        with transaction.atomic(), connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for row in rows[start : start + chunk]:
                copy.write_row(row)
    return time.perf_counter() - began


@contextmanager
def _server() -> Any:
    """The web server as the demo starts it, on this process's database."""
    port = children.free_port()
    process = subprocess.Popen(
        [sys.executable, *_granian("127.0.0.1", port)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.dev"},
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10):
                    break
            except OSError:
                assert process.poll() is None, "the web server ended"
                assert time.monotonic() < end, "the web server does not answer"
                time.sleep(0.1)
        yield port
    finally:
        children.stop(process)
