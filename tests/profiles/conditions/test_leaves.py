"""What each kind of leaf asks, and what it answers to why."""

from datetime import timedelta

import pytest

from channels.models import Message, MessageEvent, Suppression
from profiles.conditions import Rows, audience, compile_condition, evaluate
from profiles.models import Consent, Profile, Segment

BOUGHT = {"event": "order_completed", "op": "at_least", "times": 2}


def test_events_are_counted(person, holds):
    two = person({}, ("order_completed", 1), ("order_completed", 40), ("page_viewed", 1))
    one, none = person({}, ("order_completed", 1)), person({})
    assert holds({**BOUGHT}, two, one, none) == [True, False, False]
    assert holds({**BOUGHT, "op": "at_most", "times": 1}, two, one, none) == [False, True, True]
    assert holds({**BOUGHT, "op": "exactly", "times": 1}, two, one, none) == [False, True, False]
    assert holds({"event": "order_completed", "op": "never"}, two, one, none) == [False, False, True]
    assert holds({"event": "order_completed"}, two, one, none) == [True, True, False]
    assert holds({**BOUGHT, "op": "at_least", "times": 0}, two, one, none) == [True, True, True]


def test_within_looks_back_from_now_and_its_far_edge_counts(person, holds, now):
    ana = person({}, ("order_completed", timedelta(days=30)))
    tree = {"event": "order_completed", "op": "at_least", "times": 1, "within": "P30D"}
    assert holds(tree, ana) is True
    assert holds(tree, ana, now=now + timedelta(seconds=1)) is False


def test_what_happens_later_does_not_count_yet(person, holds):
    ana = person({}, ("order_completed", timedelta(days=-1)))
    assert holds({"event": "order_completed", "op": "at_least", "times": 1}, ana) is False


def test_where_looks_at_the_events_properties(person, holds):
    ana = person(
        {},
        ("order_completed", 1, {"total": 50, "store": {"city": "Seoul"}}),
        ("order_completed", 2, {"total": "9"}),
    )
    tree = {"event": "order_completed", "op": "at_least", "times": 1}
    assert holds({**tree, "where": [{"property": "total", "op": "gte", "value": 50}]}, ana) is True
    assert holds({**tree, "times": 2, "where": [{"property": "total", "op": "gte", "value": 9}]}, ana) is True
    both = [
        {"property": "total", "op": "lt", "value": 10},
        {"property": "store.city", "op": "is", "value": "Seoul"},
    ]
    assert holds({**tree, "where": both}, ana) is False
    assert holds({**tree, "where": [{"property": "coupon", "op": "missing"}]}, ana) is True


def test_where_may_ask_for_days_of_the_persons_zone(person, holds):
    ana = person({"time_zone": "Asia/Seoul"}, ("booked", 1, {"day": "2026-03-01T20:00:00Z"}))
    where = [{"property": "day", "op": "before", "value": "2026-03-02"}]
    assert holds({"event": "booked", "op": "at_least", "times": 1, "where": where}, ana) is False
    assert holds({"event": "booked", "op": "never", "where": where}, ana) is True


@pytest.mark.parametrize(("figure", "expected"), [("sum", 60), ("average", 30), ("max", 50), ("min", 10)])
def test_a_figure_may_stand_in_place_of_the_count(person, holds, figure, expected):
    ana = person(
        {},
        ("paid", 1, {"total": 50}),
        ("paid", 2, {"total": "10"}),
        ("paid", 3, {"total": "a lot"}),
        ("paid", 4),
    )
    tree = {"event": "paid", figure: "total"}
    assert holds({**tree, "op": "is", "value": expected}, ana) is True
    assert holds({**tree, "op": "gt", "value": expected}, ana) is False
    assert holds({**tree, "op": "at_least", "value": expected}, ana) is True


def test_nobodys_sum_is_nothing_and_her_average_is_missing(person, holds):
    ana = person({})
    assert holds({"event": "paid", "sum": "total", "op": "lte", "value": 0}, ana) is True
    assert holds({"event": "paid", "average": "total", "op": "lte", "value": 0}, ana) is False
    assert holds({"event": "paid", "max": "total", "op": "missing"}, ana) is True


def test_an_event_of_a_decomposed_name_is_the_same_event(person, holds):
    ana = person({}, ("\u1112\u116c\u110b\u116f\u11ab", 1), ("\ud68c\uc6d0", 1))
    assert holds({"event": "\ud68c\uc6d0", "op": "exactly", "times": 2}, ana) is True


def test_since_entry_counts_what_came_after_it(person, holds, now):
    ana = person({}, ("order_completed", 2), ("order_completed", 1))
    tree = {"event": "order_completed", "op": "at_least", "times": 1, "since": "entry"}
    assert holds(tree, ana, entered_at=[now - timedelta(days=1, hours=1)]) is True
    assert holds(tree, ana, entered_at=[now - timedelta(days=1)]) is False  # the event that let her in
    assert holds(tree, ana, entered_at=[None]) is False


def test_a_segment_is_its_condition_worked_out_on_the_spot(person, holds, workspace):
    rich = Segment.objects.create(
        workspace=workspace,
        slug="rich",
        name="Rich",
        condition={"attribute": "spend", "op": "gte", "value": 100},
    )
    Segment.objects.create(
        workspace=workspace,
        slug="vip",
        name="VIP",
        condition={"all": [{"segment": "rich", "op": "in"}, BOUGHT]},
    )
    ana = person({"spend": 150}, ("order_completed", 1), ("order_completed", 2))
    ben = person({"spend": 150})
    assert holds({"segment": "vip", "op": "in"}, ana, ben) == [True, False]
    assert holds({"segment": "vip", "op": "not_in"}, ana, ben) == [False, True]
    assert holds({"segment": str(rich.public_id), "op": "in"}, ana, ben) == [True, True]
    assert compile_condition({"segment": "vip", "op": "in"}, workspace.pk).events == {"order_completed"}


def test_a_segment_that_is_gone_or_names_itself_has_nobody_in_it(person, holds, workspace):
    for slug, other in (("a", "b"), ("b", "a")):
        Segment.objects.create(
            workspace=workspace, slug=slug, name=slug, condition={"segment": other, "op": "in"}
        )
    Segment.objects.create(workspace=workspace, slug="empty", name="Empty", condition={})
    ana = person({})
    assert holds({"segment": "a", "op": "in"}, ana) is False
    assert holds({"segment": "gone", "op": "in"}, ana) is False
    assert holds({"segment": "empty", "op": "in"}, ana) is False


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({}, "unknown"),
        ({"offers": ("granted", 5)}, "granted"),
        ({"offers": ("withdrawn", 5)}, "withdrawn"),
        ({"*": ("granted", 5)}, "granted"),
        ({"*": ("withdrawn", 5)}, "withdrawn"),
        ({"*": ("granted", 1), "offers": ("withdrawn", 5)}, "withdrawn"),
        ({"*": ("withdrawn", 5), "offers": ("granted", 1)}, "granted"),
        ({"*": ("withdrawn", 1), "offers": ("granted", 5)}, "withdrawn"),
    ],
)
def test_consent_is_the_topics_answer_else_the_mediums(person, holds, now, answers, state):
    ana = person({})
    for topic, (answer, ago) in answers.items():
        Consent.objects.create(
            profile=ana, medium="email", topic=topic, state=answer, at=now - timedelta(days=ago)
        )
    tree = {"consent": "email", "topic": "offers"}
    assert [op for op in ("granted", "withdrawn", "unknown") if holds({**tree, "op": op}, ana)] == [state]
    assert holds({**tree, "consent": "sms", "op": "unknown"}, ana) is True


def test_reachable_wants_an_address_that_may_be_written_to(person, holds, workspace, now):
    good, none, odd = person({"email": "ana@example.com"}), person({}), person({"email": "nobody"})
    bounced, refused = person({"email": "ben@example.com"}), person({"email": "cho@example.com"})
    Suppression.objects.create(
        workspace=workspace, medium="email", address="ben@example.com", reason="bounced", at=now
    )
    Consent.objects.create(profile=refused, medium="email", topic="*", state="withdrawn", at=now)
    people = [good, none, odd, bounced, refused]
    assert holds({"reachable": "email"}, *people) == [True, False, False, False, False]
    assert holds({"reachable": "push"}, *people) == [False] * 5
    assert holds({"not": {"reachable": "sms"}}, good) is True


@pytest.mark.parametrize(
    ("op", "fields", "events"),
    [
        ("sent", {"state": "sent"}, []),
        ("delivered", {"state": "delivered"}, []),
        ("opened", {"state": "delivered", "opened_at": True}, []),
        ("clicked", {"state": "delivered", "clicked_at": True}, []),
        ("replied", {"state": "delivered"}, ["replied"]),
        ("bounced", {"state": "sent"}, ["bounced"]),
        ("failed", {"state": "failed"}, []),
        ("skipped", {"state": "skipped"}, []),
    ],
)
def test_message_tells_what_became_of_this_enrolments_message(
    person, holds, workspace, now, op, fields, events
):
    ana = person({})
    message = Message.objects.create(
        workspace_id=workspace.pk, profile_id=ana.pk, enrolment_id=7, seq=2, step="m1", medium="email", created_at=now,
        due_at=now, **{key: now if value is True else value for key, value in fields.items()},
    )  # fmt: skip
    for kind in events:
        MessageEvent.objects.create(
            workspace_id=workspace.pk, message_id=message.pk, profile_id=ana.pk, kind=kind, at=now
        )
    assert holds({"message": "m1", "op": op}, ana, enrolment_ids=[7]) is True
    assert holds({"message": "m1", "op": op}, ana, enrolment_ids=[8]) is False
    assert holds({"message": "m2", "op": op}, ana, enrolment_ids=[7]) is False
    assert holds({"message": "m1", "op": op}, ana) is False


def test_a_message_that_waits_is_nothing_yet(person, holds, workspace, now):
    ana = person({})
    Message.objects.create(
        workspace_id=workspace.pk,
        profile_id=ana.pk,
        enrolment_id=7,
        seq=2,
        step="m1",
        medium="email",
        created_at=now,
        due_at=now,
    )
    for op in ("sent", "delivered", "opened", "clicked", "replied", "bounced", "failed", "skipped"):
        assert holds({"message": "m1", "op": op}, ana, enrolment_ids=[7]) is False


def test_entry_and_context_are_what_the_enrolment_brings_along(person, holds):
    ana, ben = person({}), person({})
    entries = [{"value": 90000, "cart": {"items": [{"sku": "A1"}]}}, {}]
    assert holds({"entry": "value", "op": "gte", "value": 50000}, ana, ben, entry=entries) == [True, False]
    assert holds({"entry": "cart.items.0.sku", "op": "is", "value": "A1"}, ana, ben, entry=entries) == [
        True,
        False,
    ]
    assert holds({"context": "coupon", "op": "exists"}, ana, ben, context=[{"coupon": "X"}, {}]) == [
        True,
        False,
    ]
    assert holds({"context": "coupon", "op": "missing"}, ana, ben) == [True, True]


def test_one_person_may_stand_in_a_batch_twice(person, holds):
    ana = person({"plan": "pro"})
    tree = {
        "all": [{"attribute": "plan", "op": "is", "value": "pro"}, {"entry": "n", "op": "is", "value": 1}]
    }
    assert holds(tree, ana, ana, entry=[{"n": 1}, {"n": 2}]) == [True, False]


def test_why_gives_every_leafs_value_in_the_documents_order(person, workspace, now):
    ana = person({"plan": "basic"}, ("order_completed", 1), ("order_completed", 2), ("order_completed", 3))
    plan, bought = {"attribute": "plan", "op": "is", "value": "pro"}, {**BOUGHT, "within": "P30D"}
    compiled = compile_condition({"any": [plan, {"not": bought}]}, workspace.pk)
    (verdict,) = evaluate([compiled], Rows(workspace.pk, [ana.pk], now))
    assert verdict.results == [False]
    assert verdict.why(0) == [
        {"condition": plan, "value": "basic", "result": False},
        {"condition": bought, "value": 3, "result": True},
    ]
    assert compiled.leaves == [plan, bought]


def test_a_long_value_is_shortened_in_why_only(person, holds, workspace, now):
    ana = person({"text": "x" * 5000 + "end"})
    assert holds({"attribute": "text", "op": "contains", "value": "xx"}, ana) is True
    compiled = compile_condition({"attribute": "text", "op": "ends_with", "value": "end"}, workspace.pk)
    (verdict,) = evaluate([compiled], Rows(workspace.pk, [ana.pk], now))
    assert verdict.results == [True]
    assert len(verdict.values[0][0]) < 400


def test_other_workspaces_people_have_nothing_to_say(person, holds, workspace, now):
    from tests.factories.workspaces import make_workspace

    other = make_workspace()
    stranger = Profile.objects.create(workspace=other, attributes={"plan": "pro"})
    plan = compile_condition({"attribute": "plan", "op": "is", "value": "pro"}, workspace.pk)
    (verdict,) = evaluate([plan], Rows(workspace.pk, [stranger.pk], now))
    assert verdict.results == [False]
    assert audience(plan, workspace.pk, now) == []


def test_nobody_who_was_erased_or_merged_is_in_an_audience(person, workspace, now):
    ana, ben, cho = person({}), person({}), person({})
    Profile.objects.filter(pk=ben.pk).update(erased_at=now)
    Profile.objects.filter(pk=cho.pk).update(merged_into=ana)
    assert audience(None, workspace.pk, now) == [ana.pk]


def test_an_audience_comes_by_pages_in_the_order_of_ids(person, workspace, now):
    people = [person({"plan": "pro"}, ("order_completed", 1), ("order_completed", 2)) for _n in range(5)]
    bought = compile_condition(BOUGHT, workspace.pk)
    ids = sorted(profile.pk for profile in people)
    assert audience(bought, workspace.pk, now, limit=2) == ids[:2]
    assert audience(bought, workspace.pk, now, after_id=ids[1], limit=2) == ids[2:4]
    assert audience(bought, workspace.pk, now, after_id=ids[3]) == ids[4:]


def test_any_number_of_conditions_and_people_is_one_statement(person, workspace, now, statements):
    people = [person({"plan": "pro"}, ("order_completed", 1)) for _n in range(3)]
    trees = [
        {"attribute": "plan", "op": "is", "value": "pro"},
        BOUGHT,
        {"reachable": "email"},
        {"entry": "x", "op": "exists"},
    ]
    compiled = [compile_condition(tree, workspace.pk) for tree in trees]
    rows = Rows(workspace.pk, [p.pk for p in people], now)
    assert statements(lambda: evaluate(compiled, rows)) == 1
    assert statements(lambda: evaluate(compiled, Rows(workspace.pk, [], now))) == 0
    assert statements(lambda: evaluate([], rows)) == 0


def test_no_parts_means_everyone_and_nobody(person, holds):
    ana = person({})
    assert holds({"all": []}, ana) is True
    assert holds({"any": []}, ana) is False
    assert holds({"not": {"any": []}}, ana) is True


@pytest.mark.parametrize("times", [30, 50])  # few enough to count them all, and more
def test_of_many_nobody_is_counted_further_than_needed(workspace, person, now, times):
    busy, quiet, none = (person({}, *[("viewed", 1)] * count) for count in (times, 3, 0))
    compiled = compile_condition({"event": "viewed", "op": "at_least", "times": 4}, workspace.pk)
    rows = Rows(workspace.pk, [busy.pk, none.pk, quiet.pk, busy.pk], now)
    (few,), (many,) = evaluate([compiled], rows), evaluate([compiled], rows, many=1)
    assert few.results == many.results == [True, False, False, True]
    assert few.values == many.values == [[29, 0, 3, 29]]
