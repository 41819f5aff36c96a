"""One person: from an event sent over HTTP to her message committed, as another connection sees it."""

import base64
import http.client
import json
import time
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from benchmarks import ingest
from benchmarks import journey as reference
from benchmarks.latency import _percentile
from channels.models import Message
from journeys.models import Version
from profiles.models import Source

GOAL_P95_MS = 50


def run(times: int = 300, warm: int = 20) -> dict[str, Any]:
    with reference.world(times + warm) as (workspace, journey, ids):
        document = reference.document()
        document["steps"]["b"]["next"] = {"pro": "ma", "else": "ma"}
        journey.live = Version.objects.create(
            journey=journey, number=2, document=document, published_at=reference.START
        )
        journey.save(update_fields=["live"])
        with connection.cursor() as cursor:
            cursor.execute(
                "update profiles_profile set external_id = 'bench-' || id where workspace_id = %s",
                [workspace.pk],
            )
        source = Source.objects.create(workspace=workspace, name="Bench")
        try:
            with ingest._server() as port:
                took = [_one(port, source.write_key, profile_id) for profile_id in ids]
        finally:
            with connection.cursor() as cursor:
                for table in ("profiles_messageid", "profiles_identity"):
                    cursor.execute(f"delete from {table} where workspace_id = %s", [workspace.pk])
    took = took[warm:]
    p95 = _percentile(took, 95)
    return {
        "people": times,
        "p50_ms": _percentile(took, 50),
        "p95_ms": p95,
        "p99_ms": _percentile(took, 99),
        "goal_p95_ms": GOAL_P95_MS,
        "passed": p95 <= GOAL_P95_MS,
    }


def _one(port: int, key: str, profile_id: int) -> float:
    token = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    call = {
        "userId": f"bench-{profile_id}",
        "event": "bench_go",
        "messageId": f"http-{profile_id}",
        "timestamp": datetime.now(UTC).isoformat(),
    }
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.connect()
    began = time.perf_counter()
    link.request("POST", "/v1/track", json.dumps(call), headers)
    answer = link.getresponse()
    content = answer.read()
    assert answer.status == 200, (answer.status, content[:300])
    there = Message.objects.filter(profile_id=profile_id)
    while not there.exists():
        assert time.perf_counter() - began < 20, "no message came"
        time.sleep(0.001)
    took = time.perf_counter() - began
    link.close()
    return took
