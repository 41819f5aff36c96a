import pytest

from journeys import checking
from journeys.api.documents import merge
from profiles.models import Segment, Store
from tests.factories.journeys import NOW
from tests.journeys.checks.conftest import branch, draft, plan


def test_names_that_are_known_are_fine(found, knows):
    knows(attribute=["plan"], event={"go": ["value"], "paid": ["total"]})
    paid = {
        "event": "paid",
        "op": "at_least",
        "times": 1,
        "where": [{"property": "total", "op": "gt", "value": 1}],
    }
    policy = {"goal": {"event": "paid", "where": [{"property": "total.net", "op": "exists"}]}}
    assert found(draft(None, policy, b=branch({"all": [paid, plan("exists")]}))) == []


def test_an_event_that_never_came_in_wherever_it_stands(found, knows):
    knows(event={"bought": []})
    wait = {
        "kind": "wait_for_event",
        "settings": {"branches": [{"key": "k", "event": "walked"}, {"key": "l", "event": "message_clicked"}]},
        "next": {"k": "x", "l": "x", "timeout": "x"},
    }
    policy = {"exit_when": [{"event": "closed"}], "goal": {"event": "paid"}}
    assert found(draft(None, policy, w=wait)) == [
        ("never_seen", None, "policy/exit_when/0/event"),
        ("never_seen", None, "policy/goal/event"),
        ("never_seen", "t", "event"),
        ("never_seen", "w", "branches/0/event"),
    ]


def test_before_anything_came_in_no_event_is_doubted(found):
    assert found(draft(w={"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "x"}})) == []


def test_a_property_that_its_event_never_carried(found, knows):
    knows(event={"go": ["value"], "paid": ["total"]})
    tests = [{"property": "totl", "op": "gt", "value": 1}]
    counted = {"event": "paid", "op": "at_least", "times": 1, "where": tests}
    document = draft(None, {"goal": {"event": "paid", "where": tests}}, b=branch({"any": [counted]}))
    assert found(document) == [
        ("never_seen", None, "policy/goal/where/0/property"),
        ("never_seen", "b", "branches/0/when/any/0/where/0/property"),
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"attribute": "plen.name", "op": "exists"}, {"attribute": "plan.name", "op": "exists"}),
        ({"event": "order_complete", "op": "never"}, {"event": "order_completed", "op": "never"}),
        (
            {
                "any": [
                    {
                        "event": "order_completed",
                        "where": [{"property": "totel", "op": "exists"}],
                        "op": "never",
                    }
                ]
            },
            {
                "any": [
                    {
                        "event": "order_completed",
                        "where": [{"property": "total", "op": "exists"}],
                        "op": "never",
                    }
                ]
            },
        ),
    ],
)
def test_a_slip_is_mended_by_the_likely_name(workspace, found, knows, condition, expected):
    knows(attribute=["plan"], event={"go": [], "order_completed": ["total"]})
    document = draft(b=branch(condition))
    (problem,) = checking.find(document, workspace)
    after = merge(document, problem.fix["patch"])
    assert after["steps"]["b"]["settings"]["branches"][0]["when"] == expected
    assert found(after) == []


def test_slips_of_triggers_and_rules_are_mended_too(workspace, found, knows):
    knows(event={"cart_updated": [], "order_completed": []})
    document = draft(
        {"t": {"kind": "event", "event": "cart_update"}},
        {"exit_when": [{"event": "order_complete"}]},
        b={"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "x"}},
    )
    for problem in checking.find(document, workspace):
        document = merge(document, problem.fix["patch"])
    assert document["triggers"]["t"]["event"] == "cart_updated"
    assert document["policy"]["exit_when"] == [{"event": "order_completed"}]
    assert found(document) == []


def test_a_name_like_none_has_no_mend(workspace, knows):
    knows(attribute=["plan"], event={"go": []})
    (problem,) = checking.find(draft(b=branch({"attribute": "shoe_size", "op": "exists"})), workspace)
    assert (problem.code, problem.fix) == ("never_seen", None)


def test_a_store_that_is_gone_and_stores_that_never_were(workspace, found, knows):
    knows(event={"go": []})
    document = draft(b=branch({"near": "hannam", "within_km": 3}))
    anywhere = draft(b=branch({"near": "store", "within_km": 3}))
    place = "branches/0/when/near"
    assert found(anywhere) == [("never_seen", "b", place)]
    store = Store.objects.create(
        workspace=workspace, slug="hannam", name="Hannam", latitude=37.5, longitude=127.0, created_at=NOW
    )
    assert found(document) == found(anywhere) == []
    Store.objects.create(
        workspace=workspace, slug="hannam-2", name="Hannam 2", latitude=37.5, longitude=127.0, created_at=NOW
    )
    store.delete()
    (problem,) = checking.find(document, workspace)
    assert (problem.severity, problem.code, problem.field) == ("warning", "never_seen", place)
    assert "hannam" in problem.message
    mended = merge(document, problem.fix["patch"])
    assert mended["steps"]["b"]["settings"]["branches"][0]["when"]["near"] == "hannam-2"


def test_a_segment_that_was_put_away_is_not_there(workspace, found, knows):
    knows(event={"go": []})
    segment = Segment.objects.create(
        workspace=workspace, slug="vip", name="VIP", condition={"attribute": "external_id", "op": "exists"}
    )
    by_name, by_id = (
        draft(b=branch({"segment": name, "op": "in"})) for name in ("vip", str(segment.public_id))
    )
    assert found(by_name) == found(by_id) == []
    Segment.objects.update(archived_at=NOW)
    assert found(by_name) == found(by_id) == [("never_seen", "b", "branches/0/when/segment")]
