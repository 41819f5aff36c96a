"""Which calls are about the same person, in whatever order they come, and side by side."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from profiles import record_event
from profiles.call import Call
from profiles.models import Consent, Event, Identity, Profile, Source
from profiles.signals import RecordedEvent, events_recorded, profiles_merged
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def seen(event: str = "seen", **who: Any) -> Call:
    return Call("track", who.pop("ts", NOW), event=event, **who)


def known(**who: Any) -> Call:
    return Call("identify", who.pop("ts", NOW), **who)


@pytest.fixture
def record(workspace: Workspace, source: Source) -> Callable[..., record_event.Result]:
    def call(*calls: Call, now: datetime = NOW, quiet: bool = False) -> record_event.Result:
        return record_event.record(workspace.pk, source.pk, calls, now, quiet=quiet)

    return call


def living() -> list[tuple[str | None, dict[str, Any]]]:
    return list(
        Profile.objects.filter(merged_into=None).order_by("id").values_list("external_id", "attributes")
    )


def test_an_anonymous_visitor_becomes_the_user(record: Any) -> None:
    record(seen(anonymous_id="a"))
    before = Profile.objects.get()
    record(known(user_id="u", anonymous_id="a", traits={"plan": "pro"}))
    profile = Profile.objects.get()
    assert (profile.pk, profile.external_id, profile.attributes) == (before.pk, "u", {"plan": "pro"})
    record(seen(anonymous_id="a"), seen(user_id="u"))
    assert set(Event.objects.values_list("profile_id", flat=True)) == {profile.pk}


@pytest.mark.parametrize("together", [True, False])
def test_a_visitor_merges_into_the_user_who_was_there(record: Any, together: bool) -> None:
    told: list[Any] = []
    profiles_merged.connect(receiver := lambda pairs, **_: told.extend(pairs))
    try:
        calls = [
            seen(anonymous_id="a"),
            seen(user_id="u"),
            known(anonymous_id="a", traits={"color": "blue", "plan": "free"}),
            known(user_id="u", traits={"plan": "pro"}),
        ]
        for call in calls:
            record(call)
        visitor, user = Profile.objects.order_by("id")
        link = [known(user_id="u", anonymous_id="a", traits={"city": "Seoul"})]
        record(*link, seen(anonymous_id="a")) if together else (record(*link), record(seen(anonymous_id="a")))
    finally:
        profiles_merged.disconnect(receiver)
    assert told == [(visitor.pk, user.pk)]
    assert living() == [("u", {"color": "blue", "plan": "pro", "city": "Seoul"})]
    assert list(Event.objects.values_list("profile_id", flat=True)) == [user.pk] * 3
    visitor.refresh_from_db()
    assert (visitor.merged_into_id, visitor.attributes) == (user.pk, {})


def test_all_of_it_in_one_batch_and_in_either_order(record: Any) -> None:
    record(seen(anonymous_id="a"), known(user_id="u", anonymous_id="a"), seen(user_id="u"))
    record(known(user_id="v", anonymous_id="b"), seen(anonymous_id="b"), seen(user_id="v"))
    record(seen(user_id="w"), seen(anonymous_id="c"), known(user_id="w", anonymous_id="c"))
    assert [name for name, _ in living()] == ["u", "v", "w"]
    assert Profile.objects.count() == 3
    per_person = [Event.objects.filter(profile_id=p.pk).count() for p in Profile.objects.order_by("id")]
    assert per_person == [2, 2, 2]


def test_consents_move_and_the_later_answer_holds(record: Any) -> None:
    early, late = NOW - timedelta(days=2), NOW - timedelta(days=1)
    record(known(user_id="u", ts=late, consents={"email": {"offers": "withdrawn", "news": "withdrawn"}}))
    record(known(anonymous_id="a", ts=early, consents={"email": {"offers": "granted"}}))
    record(known(anonymous_id="a", ts=NOW, consents={"email": {"news": "granted"}, "sms": {"*": "granted"}}))
    record(known(user_id="u", anonymous_id="a"))
    user = Profile.objects.get(external_id="u")
    rows = Consent.objects.order_by("medium", "topic").values_list("profile_id", "medium", "topic", "state")
    assert list(rows) == [
        (user.pk, "email", "news", "granted"),
        (user.pk, "email", "offers", "withdrawn"),
        (user.pk, "sms", "*", "granted"),
    ]


def test_an_older_answer_changes_nothing(record: Any) -> None:
    record(known(user_id="u", consents={"email": {"offers": "withdrawn"}}))
    record(known(user_id="u", ts=NOW - timedelta(days=1), consents={"email": {"offers": "granted"}}))
    assert Consent.objects.get().state == "withdrawn"


def test_a_device_of_two_users_joins_nobody_and_stands_for_itself(record: Any) -> None:
    record(known(user_id="u", anonymous_id="a"))
    record(known(user_id="v", anonymous_id="a"))
    record(seen(anonymous_id="a"), seen(user_id="v", anonymous_id="a"))
    assert [name for name, _ in living()] == ["u", "v", None]
    nobodys, of_v = Event.objects.order_by("id")
    assert nobodys.profile_id == Profile.objects.get(external_id=None).pk
    assert of_v.profile_id == Profile.objects.get(external_id="v").pk


def test_alias_joins_two_users_and_the_old_name_still_finds_her(record: Any) -> None:
    record(seen(user_id="old"), seen(user_id="new"))
    record(Call("alias", NOW, user_id="new", previous_id="old"))
    record(seen(user_id="old"), seen(user_id="new"))
    assert [name for name, _ in living()] == ["new"]
    winner = Profile.objects.get(external_id="new")
    assert list(Event.objects.values_list("profile_id", flat=True)) == [winner.pk] * 4
    assert Identity.objects.get().kind == "user_id"


def test_alias_of_an_unknown_name_is_remembered(record: Any) -> None:
    record(Call("alias", NOW, user_id="u", previous_id="a"))
    record(seen(anonymous_id="a"))
    assert Event.objects.get().profile_id == Profile.objects.get(external_id="u").pk


def test_chains_of_merges_end_at_one_person(record: Any) -> None:
    for name in ("a", "b", "c"):
        record(seen(user_id=name))
    record(
        Call("alias", NOW, user_id="b", previous_id="a"),
        Call("alias", NOW, user_id="c", previous_id="b"),
        seen(user_id="a"),
    )
    last = Profile.objects.get(external_id="c")
    assert list(Event.objects.values_list("profile_id", flat=True)) == [last.pk] * 4
    merged = Profile.objects.exclude(pk=last.pk).values_list("merged_into_id", flat=True)
    assert list(merged) == [last.pk] * 2


def test_people_named_by_an_address_only(record: Any) -> None:
    record(known(email="anna@example.com", traits={"email": "anna@example.com"}))
    record(seen(email="anna@example.com"))
    assert living() == [(None, {"email": "anna@example.com"})]
    assert Event.objects.get().profile_id == Profile.objects.get().pk


def test_other_workspaces_have_people_of_their_own(record: Any, workspace: Workspace) -> None:
    from tests.factories.workspaces import make_workspace

    other = make_workspace()
    record(seen(user_id="u"))
    record_event.record(other.pk, None, [seen(user_id="u")], NOW)
    assert Profile.objects.count() == 2
    foreign = Profile.objects.get(workspace=other)
    result = record(seen(profile_id=foreign.pk))
    assert result.rejected == [(0, "names nobody: the person is unknown or erased")]


def test_late_events_are_stored_and_marked(record: Any) -> None:
    heard: list[RecordedEvent] = []
    events_recorded.connect(receiver := lambda events, **_: heard.extend(events))
    try:
        record(seen("old", user_id="u", ts=NOW - timedelta(days=31)), seen("fresh", user_id="u"))
        record(seen("quiet", user_id="u"), quiet=True)
    finally:
        events_recorded.disconnect(receiver)
    assert [(event.name, event.late) for event in heard] == [("old", True), ("fresh", False)]
    assert Event.objects.count() == 3


def test_a_receiver_that_fails_loses_no_event(record: Any) -> None:
    def broken(**_: Any) -> None:
        raise RuntimeError("no")

    events_recorded.connect(broken)
    try:
        record(seen(user_id="u"))
    finally:
        events_recorded.disconnect(broken)
    assert Event.objects.count() == 1


def _side_by_side(work: list[Callable[[], Any]]) -> list[Any]:
    barrier = threading.Barrier(len(work))
    answers: list[Any] = [None] * len(work)

    def run(index: int) -> None:
        try:
            barrier.wait()
            answers[index] = work[index]()
        except Exception as error:  # noqa: BLE001 - the test shows it
            answers[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_the_same_message_side_by_side_is_stored_once(record: Any) -> None:
    for turn in range(5):
        call = seen(user_id="u", message_id=f"m{turn}")
        answers = _side_by_side([lambda call=call: record(call)] * 6)
        assert sorted(answer.stored for answer in answers) == [0, 0, 0, 0, 0, 1]
    assert Event.objects.count() == 5
    assert Profile.objects.count() == 1


def test_the_same_new_people_side_by_side_are_made_once(record: Any) -> None:
    names = [f"u{n}" for n in range(40)]

    def batch(order: list[str]) -> Callable[[], Any]:
        calls = [known(user_id=n, anonymous_id=f"a-{n}", traits={"n": n}) for n in order]
        return lambda: record(*calls, *(seen(anonymous_id=f"a-{n}") for n in order))

    answers = _side_by_side([batch(names), batch(names[::-1]), batch(names[20:] + names[:20]), batch(names)])
    assert [type(answer).__name__ for answer in answers] == ["Result"] * 4, answers
    assert sum(answer.created for answer in answers) == 40
    assert Profile.objects.filter(merged_into=None).count() == 40
    assert Event.objects.count() == 160


def test_joins_and_plain_events_side_by_side_lose_nothing(record: Any) -> None:
    for turn in range(6):
        visitor, user = f"a{turn}", f"u{turn}"
        record(seen(anonymous_id=visitor), seen(user_id=user))
        work = [
            lambda v=visitor, u=user: record(known(user_id=u, anonymous_id=v)),
            lambda v=visitor, u=user: record(known(user_id=u, anonymous_id=v)),
            lambda v=visitor: record(*[seen(anonymous_id=v)] * 5),
            lambda u=user: record(*[seen(user_id=u)] * 5),
            lambda v=visitor, u=user: record(seen(user_id=u), seen(anonymous_id=v)),
        ]
        answers = _side_by_side(work)
        assert [type(answer).__name__ for answer in answers] == ["Result"] * 5, answers
        profile = Profile.objects.get(external_id=user)
        assert Event.objects.filter(profile_id=profile.pk).count() == 14
