"""Events whose values are of another type than a journey thinks: nobody is set aside, nobody waits longer."""

import pytest

from journeys.engine import explain
from journeys.engine.simulate import simulate
from journeys.models import Enrolment, Failure, Finished
from tests.journeys.engine.story import DAY, END, T0, document

ODD = [
    "12", "twelve", "", " ", "NaN", "Infinity", "-inf", "1e400", "1e99", "0x1F", "٣", "2026-02-31", "2026-13-01",
    "0000-00-00", "9999-12-31T23:59:59Z", "2026-01-05T25:00:00Z", "0001-01-01", "2026-W01-1", "tomorrow", "true",
    "{{ person.email }}", "a\u0001b", "\ud7ff" * 50, "x" * 20_000, "null", "[]", 0, -1, 10**17, 10**30, -(10**40),
    1e308, 5e-324, 1.5, True, False, None, [], [1, "a", None], {}, {"deep": {"er": [1]}}, [[["x"]]], [{"v": 1}],
]  # fmt: skip
TESTS = {
    "is": 12, "is_not": 12, "in": [12, "a"], "not_in": [12], "gt": 5, "gte": 5, "lt": 5, "lte": 5, "between": [1, 20],
    "contains": "a", "not_contains": "a", "starts_with": "a", "ends_with": "a", "exists": None, "missing": None,
    "before": "2026-02-01", "after": "2026-02-01", "within_last": "P30D", "within_next": "P30D",
    "anniversary_in": "P7D",
}  # fmt: skip
TOKEN = "{{ entry.v }}"


def journey():
    """A branch for each way to compare, then each step that reads what started the journey."""
    steps, order = {}, []

    def add(key, kind, settings, *outlets):
        order.append((key, outlets or ("next",)))
        steps[key] = {"kind": kind, "settings": settings}

    for op, value in TESTS.items():
        when = {"entry": "v", "op": op} | ({} if value is None else {"value": value})
        add(f"b_{op}", "branch", {"branches": [{"key": "yes", "when": when}]}, "yes", "else")
    add("until", "wait_until", {"attribute": "entry.v", "offset": "-P1D", "at": "09:00"})
    changes = {"set": {"copy": TOKEN, "said": f"v: {TOKEN}"}, "add": {"list": TOKEN}, "remove": {"list": "b"}}
    add("update", "update_profile", {**changes, "increment": {"sum": TOKEN}})
    add("goal", "goal", {"name": "won", "value": TOKEN})
    add(
        "record",
        "record_event",
        {"event": "noted", "properties": {"v": TOKEN, "t": f"{TOKEN} {{{{ entry.v.w }}}}"}},
    )
    add("limit", "limit", {"count": 1000, "per": "P1D"})
    never = {"branches": [{"key": "came", "event": "never"}], "within": "PT1H"}
    add("asked", "wait_for_event", never, "came", "timeout")
    add("mail", "send_email", {"content": "hello", "topic": "offers"})
    for (key, outlets), (after, _outlets) in zip(order, [*order[1:], ("x", ())], strict=True):
        steps[key]["next"] = dict.fromkeys(outlets, after)
    steps["x"] = END
    return document(steps, reentry={"mode": "after_exit", "key": "v"}, max_stay="P30D")


@pytest.mark.parametrize("value", ODD, ids=lambda value: str(value)[:24] or "empty")
def test_odd_values_stop_nobody(story, value):
    published = story.publish(journey())
    ana, ben = story.person(), story.person(sum=1)
    story.happen("go", T0, ana, v=value)
    story.happen("go", T0, ben, v=3)
    assert not Failure.objects.exists()
    assert not Enrolment.objects.filter(attempts__gt=0).exists()
    story.until(T0 + 40 * DAY)
    assert not Failure.objects.exists()
    assert set(Finished.objects.values_list("profile_id", flat=True)) == {ana.pk, ben.pk}
    (hers,) = explain.walks(
        list(Finished.objects.filter(profile_id=ana.pk).values_list("pk", flat=True))
    ).values()
    answer = simulate(
        published.draft,
        story.workspace,
        person={"attributes": {"email": "ana@example.com"}, "consents": "all"},
        start=T0,
        until=T0 + 40 * DAY,
        events=[{"event": "go", "properties": {"v": value}, "timestamp": T0.isoformat()}],
    )
    walked = [(one["step"], one["outlet"]) for one in answer["enrolments"][0]["visits"]]
    assert walked == [(visit.step, visit.outlet) for visit in hers.visits]
