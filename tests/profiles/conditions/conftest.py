from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from profiles.conditions import Rows, audience, audience_count, compile_condition, evaluate
from profiles.models import Event, Profile
from workspaces.models import Workspace

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def person(workspace: Workspace) -> Callable[..., Profile]:
    """person({"plan": "pro"}, ("order_completed", days_ago, {"total": 5}), ...)"""

    def make(attributes: dict[str, Any] | None = None, *events: tuple[Any, ...]) -> Profile:
        profile = Profile.objects.create(workspace=workspace, attributes=attributes or {})
        for name, ago, *properties in events:
            ts = NOW - (ago if isinstance(ago, timedelta) else timedelta(days=ago))
            Event.objects.create(
                workspace_id=workspace.pk, profile_id=profile.pk, name=name, ts=ts, received_at=ts,
                properties=properties[0] if properties else {},
            )  # fmt: skip
        return profile

    return make


@pytest.fixture
def holds(workspace: Workspace) -> Callable[..., Any]:
    """holds(tree, *profiles): for whom it holds, found four ways that must agree: as a batch of few and of many,
    as the audience, and by pages."""

    def ask(tree: Any, *profiles: Profile, now: datetime = NOW, zone: str = "UTC", **rows: Any) -> Any:
        compiled = compile_condition(tree, workspace.pk)
        ids = [profile.pk for profile in profiles]
        batch = Rows(workspace.pk, ids, now, zone=zone, **rows)
        (verdict,) = evaluate([compiled], batch)
        (of_many,) = evaluate([compiled], batch, many=1)
        assert (of_many.results, of_many.values) == (verdict.results, verdict.values)
        if not rows and not list(compiled.outside_audience()):
            everyone = audience(compiled, workspace.pk, now, zone=zone)
            assert [pk in everyone for pk in ids] == verdict.results
            paged = audience(compiled, workspace.pk, now, limit=10_000, zone=zone)
            assert paged == everyone
            assert audience_count(compiled, workspace.pk, now, zone=zone) == len(everyone)
        return verdict.results[0] if len(ids) == 1 else verdict.results

    return ask


@pytest.fixture
def statements() -> Callable[[Callable[[], Any]], int]:
    from django.test.utils import CaptureQueriesContext

    def count(action: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            action()
        return len(queries)

    return count
