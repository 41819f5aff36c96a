"""What sources send is counted and what they send in vain is kept, masked and capped, with no SQL in the request."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib import clock
from profiles import live_calls, record_event, source_figures, source_notes, write_keys
from profiles.call import Call
from profiles.masked_sample import masked
from profiles.models import LiveCall, RefusedSample, Source, SourceDelta, SourceHour
from workspaces.models import Workspace

NOW = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(autouse=True)
def _nothing_noted() -> Any:
    source_notes.forget()
    yield
    source_notes.forget()


def take_in(source: Source, *events: str, now: datetime = NOW) -> None:
    calls = [Call("track", now, user_id="u1", event=event) for event in events]
    record_event.record(source.workspace_id, source.pk, calls, now, quiet=True)


@pytest.mark.django_db
def test_deltas_and_hours_count_alike(source: Source) -> None:
    take_in(source, "page", "order_placed", "order_placed")
    record_event.record(
        source.workspace_id, source.pk, [Call("identify", NOW, user_id="u1")], NOW, quiet=True
    )
    source_notes.flush(NOW)
    take_in(source, "order_placed", now=NOW - timedelta(days=1))
    source_notes.flush(NOW)
    before = source_figures.read([source], SEOUL, NOW)[source.pk]
    assert source_figures.fold() == 4
    assert (SourceDelta.objects.count(), SourceHour.objects.count()) == (0, 4)
    source.refresh_from_db()
    after = source_figures.read([source], SEOUL, NOW)[source.pk]
    assert after == before
    assert (after.today, after.week, after.last) == (4, 5, NOW)
    assert after.days == [0, 0, 0, 0, 0, 1, 4]
    assert after.kinds == {"page": 1, "track": 3, "identify": 1}
    assert after.top == [("order_placed", 3), ("page", 1)]
    assert source.last_call_at == NOW


@pytest.mark.django_db
def test_one_statement_reads_any_number_of_sources(
    workspace: Workspace, source: Source, django_assert_num_queries: Any
) -> None:
    others = [Source.objects.create(workspace=workspace, name=str(n)) for n in range(3)]
    with django_assert_num_queries(1):
        source_figures.read([source, *others], SEOUL, NOW)


@pytest.mark.django_db
def test_the_call_itself_costs_no_statement_more(source: Source, django_assert_max_num_queries: Any) -> None:
    calls = [Call("track", NOW, user_id="u1", event="x")] * 50
    take_in(source, "x")
    with django_assert_max_num_queries(0):
        source_notes.recorded(source.pk, source.workspace_id, calls, [1] * 50, [], NOW)
        source_notes.refused(source.pk, source.workspace_id, "no", b"{}", NOW)


@pytest.mark.django_db
def test_refused_calls_keep_few_masked_samples(source: Source) -> None:
    sample = json.dumps({"event": "x", "traits": {"email": "anna@example.com", "note": "call 010-1234-5678"}})
    for _ in range(30):
        for _ in range(10):
            source_notes.refused(source.pk, source.workspace_id, "event must have a name", sample, NOW)
        source_notes.flush(NOW)
    assert RefusedSample.objects.count() == 30 * source_notes.SAMPLES
    source_figures.forget_old(NOW)
    assert RefusedSample.objects.count() == source_notes.KEPT_SAMPLES
    figures = source_figures.read([source], SEOUL, NOW)[source.pk]
    assert figures.reasons == {"event must have a name": (300, NOW)}
    assert (figures.week, figures.refused_week, figures.last) == (0, 300, None)
    kept = RefusedSample.objects.first()
    assert kept and json.loads(kept.sample) == {
        "event": "x", "traits": {"email": "•••", "note": "call [hidden]"},
    }  # fmt: skip
    source_figures.forget_old(NOW + timedelta(days=8))
    assert not RefusedSample.objects.exists()


@pytest.mark.django_db
def test_ten_thousand_names_of_one_source_are_capped(source: Source) -> None:
    for number in range(10_000):
        source_notes.refused(source.pk, source.workspace_id, f"odd {number}", b"{}", NOW)
    source_notes.flush(NOW)
    assert SourceDelta.objects.count() == source_notes.MOST_NAMES + 1
    source_figures.fold()
    assert SourceHour.objects.count() <= source_notes.MOST_NAMES + 1
    assert source_figures.read([source], SEOUL, NOW)[source.pk].refused_week == 10_000


@pytest.mark.django_db
def test_calls_are_kept_only_while_somebody_watches(source: Source) -> None:
    take_in(source, "unseen")
    source_notes.flush(NOW)
    assert not LiveCall.objects.exists()
    live_calls.watch(source.workspace_id, NOW)
    take_in(source, "seen")
    record_event.record(
        source.workspace_id, source.pk, [Call("track", NOW, user_id="u", event="y", message_id="m")] * 2, NOW
    )
    source_notes.refused(source.pk, source.workspace_id, "too long", b'{"email": "a@b.example"}', NOW)
    source_notes.flush(NOW)
    got = [(call.event, call.answer, call.reason) for call in LiveCall.objects.order_by("id")]
    assert got == [("seen", "taken", ""), ("y", "taken", ""), ("y", "known", ""), ("", "refused", "too long")]
    later = NOW + live_calls.WATCHED_FOR + timedelta(seconds=1)
    take_in(source, "again unseen", now=later)
    source_notes.flush(later)
    assert LiveCall.objects.count() == 4
    live_calls.trim(NOW + live_calls.KEPT_FOR + timedelta(seconds=1))
    assert not LiveCall.objects.exists()


@pytest.mark.django_db
def test_the_ring_holds_the_newest(source: Source) -> None:
    live_calls.watch(source.workspace_id, NOW)
    for _ in range(6):
        take_in(source, *["x"] * 100)
        source_notes.flush(NOW)
    live_calls.trim(NOW)
    assert LiveCall.objects.count() == live_calls.RING


@pytest.mark.django_db(transaction=True)
def test_a_thread_writes_it_down_within_a_second_or_two(source: Source, settings: Any) -> None:
    settings.SOURCE_NOTES_SECONDS = 0.1
    now = clock.now()
    live_calls.watch(source.workspace_id, now)
    take_in(source, "x", now=now)
    end = time.monotonic() + 30
    while not (LiveCall.objects.exists() and SourceDelta.objects.exists()):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.django_db
def test_an_old_key_works_for_a_while_then_is_noted(source: Source) -> None:
    source.previous_key, source.previous_key_until = "wk_old", clock.now() + timedelta(hours=1)
    source.save()
    found = write_keys.find("wk_old")
    assert found and found.source_id == source.pk
    source.previous_key_until = clock.now() - timedelta(seconds=1)
    source.save()
    assert write_keys.find("wk_old") is None
    source.is_active = False
    source.save()
    assert write_keys.find(source.write_key) is None
    source_notes.flush(NOW)
    assert set(source_figures.read([source], SEOUL, clock.now())[source.pk].reasons) == {
        write_keys.OLD_KEY, write_keys.SWITCHED_OFF,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sample", "hidden"),
    [
        (b'{"traits": {"email": "anna@example.com"', "anna@example.com"),
        (b'{"properties": {"customer": {"first_name": "Anna"}}}', "Anna"),
        (b'{"context": {"ip": "203.0.113.9"}}', "203.0.113.9"),
        (b'{"phone": 821012345678}', "821012345678"),
        (b"\xff\xfe a@example.com", "a@example.com"),
        (b"[" * 500 + b"]" * 500, "\0"),
        (b'{"x": "\\u0000"}', "\0"),
        (b"x" * 10_000_000 + b"anna@example.com", "anna@example.com"),
    ],
)
def test_samples_hide_persons_and_never_fail(sample: bytes, hidden: str) -> None:
    found = masked(sample)
    assert hidden not in found
    assert len(found) <= 2000
