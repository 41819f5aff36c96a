"""Computed attributes against a slow reading of all events: any order, lateness, batches, passing of time, merges."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles import computed, record_event
from profiles.call import Call
from profiles.computed import filling
from profiles.models import ComputedAttribute, Profile
from tests.profiles.computed.conftest import NOW
from tests.profiles.computed.reference import expected

WHERE = [{"property": "web", "op": "is", "value": True}]
FIGURES = [
    {"kind": "count"},
    {"kind": "count", "window_days": 2},
    {"kind": "count", "window_days": 1, "where": WHERE},
    {"kind": "sum", "property": "x"},
    {"kind": "sum", "property": "x", "window_days": 2},
    {"kind": "average", "property": "x", "window_days": 1},
    {"kind": "first", "property": "x"},
    {"kind": "first", "property": "x", "window_days": 2, "where": WHERE},
    {"kind": "last", "property": "x"},
    {"kind": "last", "property": "x", "window_days": 1},
    {"kind": "most_frequent", "property": "x"},
    {"kind": "most_frequent", "property": "x", "window_days": 2},
    {"kind": "distinct", "property": "x"},
    {"kind": "distinct", "property": "x", "window_days": 1},
    {"kind": "streak"},
    {"kind": "streak", "unit": "week"},
]

event = st.fixed_dictionaries(
    {
        "who": st.sampled_from(["ana", "bo"]),
        # How long ago it happened, in hours: now, late, far too late, or stamped in the future.
        "ago": st.one_of(st.just(0), st.integers(-6, 60), st.integers(60, 600)),
        "x": st.sampled_from([None, 1, 2, 2.5, -3, "a", "b"]),
        "web": st.booleans(),
    }
)
step = st.one_of(
    st.lists(event, min_size=1, max_size=4).map(lambda events: ("batch", events)),
    st.integers(1, 40).map(lambda hours: ("wait", hours)),
    st.integers(1, 400).map(lambda minutes: ("unseen", minutes)),  # time passes, nobody looks
    st.just(("refill", None)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, min_size=1, max_size=12), st.integers(0, 11))
def test_figures_are_what_the_events_say(workspace, source, steps, merge_at):
    with transaction.atomic():
        rows = [
            ComputedAttribute.objects.create(
                workspace=workspace, name=f"c{n}", event="bought", state="live", zone="Asia/Seoul", fill_after=NOW,
                created_at=NOW, updated_at=NOW, **given_,
            )
            for n, given_ in enumerate(FIGURES)
        ]  # fmt: skip
        computed.forget()
        _play(workspace, source, rows, steps, merge_at)
        transaction.set_rollback(True)
    computed.forget()


def _play(workspace, source, rows, steps, merge_at):
    now, told = NOW, {"ana": [], "bo": []}
    for place, (what, given_) in enumerate(steps):
        now += timedelta(minutes=7)
        if what == "batch":
            calls = []
            for each in given_:
                ts = now - timedelta(hours=each["ago"])
                properties = {"x": each["x"], "web": each["web"]}
                told[each["who"]].append((ts, properties))
                who = {"user_id": "ana"} if each["who"] == "ana" else {"anonymous_id": "bo"}
                calls.append(Call(kind="track", ts=ts, event="bought", properties=properties, **who))
            record_event.record(workspace.pk, source.pk, calls, now)
        elif what == "refill":
            computed.refill(workspace.pk, ["bought"], now)
            now += timedelta(minutes=1)
            filling.fill(now)
            for row in rows:
                row.refresh_from_db()
        else:
            now += timedelta(hours=given_) if what == "wait" else timedelta(minutes=given_)
        if place == merge_at:
            call = Call(kind="identify", ts=now, user_id="ana", anonymous_id="bo", traits={"plan": "x"})
            record_event.record(workspace.pk, source.pk, [call], now)
            told = {"ana": [*told["ana"], *told["bo"]], "bo": []}
            merged = Profile.objects.filter(workspace=workspace, external_id="ana").first()
            told["bo"] = told["ana"] if merged else []
    # Everything that time alone changed is noticed within a minute.
    now += timedelta(minutes=2)
    filling.look_again(now)
    for profile in Profile.objects.filter(workspace=workspace, merged_into=None):
        events = told["ana" if profile.external_id == "ana" else "bo"]
        found = {row.name: profile.attributes.get(row.name) for row in rows}
        wanted = {row.name: expected(row, events, now) for row in rows}
        assert found == wanted


@pytest.mark.parametrize("kind", ["count", "most_frequent"])
def test_the_reference_is_not_blind(figure, does, value, kind):
    """It tells a wrong figure from a right one."""
    row = figure(kind, property="x")
    does("ana", timedelta(0), {"x": "a"})
    assert value("ana", row) == expected(row, [(NOW, {"x": "a"})], NOW)
    assert value("ana", row) != expected(row, [(NOW, {"x": "b"})] * 2, NOW)
