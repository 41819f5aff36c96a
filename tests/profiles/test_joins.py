"""Joins are logged, and a wrong one is undone: everything goes back to whom it was of."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from profiles import joins, record_event
from profiles.call import Call
from profiles.models import Consent, Event, Identity, Join, Profile, Source
from tests.factories.workspaces import make_user
from workspaces.actor import Actor
from workspaces.models import Membership, Workspace

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def seen(event: str, minutes: int = 0, **who: Any) -> Call:
    return Call("track", at(minutes), event=event, **who)


def known(minutes: int = 0, **who: Any) -> Call:
    return Call("identify", at(minutes), **who)


@pytest.fixture
def record(workspace: Workspace, source: Source) -> Callable[..., record_event.Result]:
    def call(*calls: Call) -> record_event.Result:
        result = record_event.record(workspace.pk, source.pk, calls, at(120))
        assert result.rejected == []
        return result

    return call


@pytest.fixture
def actor(workspace: Workspace) -> Actor:
    return Actor(Membership.objects.get(user=make_user(workspace, "owner")))


def events(profile: Profile) -> list[str]:
    return sorted(Event.objects.filter(profile_id=profile.pk).values_list("name", flat=True))


def names(profile: Profile) -> list[tuple[str, str]]:
    return sorted(Identity.objects.filter(profile=profile).values_list("kind", "value"))


def test_a_join_is_logged_with_its_call(record: Any, source: Source) -> None:
    record(seen("looked", anonymous_id="a"), seen("bought", user_id="u"))
    record(known(1, user_id="u", anonymous_id="a", message_id="m-7"))
    user = Profile.objects.get(external_id="u")
    (entry,) = joins.of(user)
    assert (entry.kind, entry.value, entry.message_id, entry.source) == (
        "anonymous_id",
        "a",
        "m-7",
        "Web shop",
    )
    assert (entry.how, entry.former, entry.can_undo, entry.undone_at) == (
        "merged", "Anonymous visitor", True, None,
    )  # fmt: skip


def test_undo_of_a_merge_gives_everything_back(record: Any, actor: Actor) -> None:
    record(
        seen("looked", anonymous_id="a"),
        known(1, anonymous_id="a", traits={"plan": "free", "color": "blue"}),
        known(2, anonymous_id="a", consents={"email": {"offers": "granted"}, "sms": {"*": "withdrawn"}}),
    )
    record(known(3, user_id="u", traits={"plan": "pro", "city": "Seoul"}), seen("bought", user_id="u"))
    record(seen("logged_in", 10, user_id="u", anonymous_id="a"))
    record(seen("looked_again", 11, anonymous_id="a"), seen("paid", 12, user_id="u"))
    user = Profile.objects.get(external_id="u")
    assert events(user) == ["bought", "logged_in", "looked", "looked_again", "paid"]
    assert user.attributes == {"plan": "pro", "city": "Seoul", "color": "blue"}

    former = joins.undo(actor, user, Join.objects.get().pk, at(200))

    user.refresh_from_db()
    assert events(user) == ["bought", "logged_in", "paid"]
    assert events(former) == ["looked", "looked_again"]
    assert user.attributes == {"plan": "pro", "city": "Seoul"}
    assert former.attributes == {"plan": "free", "color": "blue"}
    assert (names(user), names(former)) == ([], [("anonymous_id", "a")])
    consents = Consent.objects.order_by("profile", "medium").values_list("profile", "medium", "state")
    assert sorted(consents) == sorted([
        (former.pk, "email", "granted"), (former.pk, "sms", "withdrawn"), (user.pk, "sms", "withdrawn"),
    ])  # fmt: skip
    (entry,) = joins.of(user)
    assert (entry.can_undo, entry.undone_at, entry.undone_by) == (False, at(200), str(actor.user))


def test_an_undone_pair_is_not_joined_by_the_same_name_again(record: Any, actor: Actor) -> None:
    record(seen("looked", anonymous_id="a"), seen("bought", user_id="u"))
    record(known(user_id="u", anonymous_id="a"))
    user = Profile.objects.get(external_id="u")
    former = joins.undo(actor, user, Join.objects.get().pk, at(200))
    record(seen("x", user_id="u", anonymous_id="a"), seen("y", anonymous_id="a"))
    assert (events(user), events(former)) == (["bought", "x"], ["looked", "y"])
    with pytest.raises(joins.CannotUndo, match="already"):
        joins.undo(actor, user, Join.objects.get().pk, at(201))


def test_undo_of_an_anonymous_one_who_became_the_user(record: Any, actor: Actor) -> None:
    record(seen("looked", anonymous_id="a"), known(1, anonymous_id="a", traits={"color": "blue"}))
    record(known(2, user_id="u", anonymous_id="a", traits={"plan": "pro"}))
    record(seen("bought", 3, user_id="u"), seen("looked_again", 4, anonymous_id="a"))
    user = Profile.objects.get()
    (entry,) = joins.of(user)
    assert entry.how == "named"
    former = joins.undo(actor, user, entry.id, at(200))
    user.refresh_from_db()
    assert (user.external_id, user.attributes, events(user)) == ("u", {"plan": "pro"}, ["bought"])
    assert (former.external_id, former.attributes) == (None, {"color": "blue"})
    assert events(former) == ["looked", "looked_again"]
    assert names(former) == [("anonymous_id", "a")]


def test_undo_of_an_alias_gives_the_user_id_back(record: Any, actor: Actor) -> None:
    record(seen("one", user_id="old", anonymous_id="a"), seen("two", user_id="new"))
    record(Call("alias", NOW, user_id="new", previous_id="old"))
    record(seen("three", user_id="old"))
    winner = Profile.objects.get(external_id="new")
    assert events(winner) == ["one", "three", "two"]
    former = joins.undo(actor, winner, Join.objects.get().pk, at(200))
    assert (former.external_id, names(former)) == ("old", [("anonymous_id", "a")])
    # What came by the old user id after the alias said nothing of which it was: it stays.
    assert (events(former), events(winner)) == (["one"], ["three", "two"])
    record(seen("four", user_id="old"))
    assert events(former) == ["four", "one"]
    result = record_event.record(
        actor.workspace.pk, None, [Call("alias", NOW, user_id="new", previous_id="old")], at(300)
    )
    assert result.rejected == [(0, "this alias was taken back by hand")]


def test_undo_in_the_middle_of_a_chain(record: Any, actor: Actor) -> None:
    for name in ("a", "b", "c"):
        record(seen(f"of_{name}", user_id=name))
    record(Call("alias", NOW, user_id="b", previous_id="a"))
    record(Call("alias", NOW, user_id="c", previous_id="b"))
    last = Profile.objects.get(external_id="c")
    first, second = Join.objects.order_by("pk")
    b = joins.undo(actor, last, second.pk, at(200))
    assert (events(b), events(last)) == (["of_a", "of_b"], ["of_c"])
    record(seen("later", user_id="a"))
    assert events(b) == ["later", "of_a", "of_b"]
    a = joins.undo(actor, b, first.pk, at(201))
    assert (events(a), events(b)) == (["of_a"], ["later", "of_b"])


def test_undo_of_the_first_of_two_joins(record: Any, actor: Actor) -> None:
    for name in ("a", "b", "c"):
        record(seen(f"of_{name}", user_id=name), known(user_id=name, traits={f"n{name}": 1}))
    record(Call("alias", NOW, user_id="b", previous_id="a"))
    record(Call("alias", NOW, user_id="c", previous_id="b"))
    last = Profile.objects.get(external_id="c")
    a = joins.undo(actor, last, Join.objects.order_by("pk")[0].pk, at(200))
    last.refresh_from_db()
    assert (events(a), events(last)) == (["of_a"], ["of_b", "of_c"])
    assert (a.attributes, last.attributes) == ({"na": 1}, {"nb": 1, "nc": 1})


def test_what_was_said_since_stays(record: Any, actor: Actor) -> None:
    record(known(0, anonymous_id="a", traits={"plan": "free", "color": "blue"}), seen("x", user_id="u"))
    record(known(5, user_id="u", anonymous_id="a", traits={"color": "red"}))
    user = Profile.objects.get(external_id="u")
    joins.undo(actor, user, Join.objects.get().pk, at(200))
    user.refresh_from_db()
    assert user.attributes == {"color": "red"}


def test_a_device_of_two_users_gives_back_what_it_brought(record: Any) -> None:
    record(seen("looked", anonymous_id="a"), known(1, anonymous_id="a", traits={"color": "blue"}))
    record(seen("bought", user_id="u"))
    record(known(2, user_id="u", anonymous_id="a"))
    record(seen("between", 3, anonymous_id="a"))
    record(known(4, user_id="v", anonymous_id="a"))
    record(seen("after", 5, anonymous_id="a"))
    of = {p.external_id: p for p in Profile.objects.filter(merged_into=None)}
    assert {key: events(p) for key, p in of.items()} == {
        "u": ["bought"], "v": [], None: ["after", "between", "looked"],
    }  # fmt: skip
    assert (of["u"].attributes, of[None].attributes) == ({}, {"color": "blue"})


def test_others_may_not_undo_and_erasure_takes_the_log(
    record: Any, actor: Actor, workspace: Workspace
) -> None:
    from profiles.erase import erase

    record(seen("looked", anonymous_id="a"), seen("bought", user_id="u"))
    record(known(user_id="u", anonymous_id="a"))
    user = Profile.objects.get(external_id="u")
    viewer = Membership.objects.get(user=make_user(workspace, "viewer"))
    owner = Membership.objects.get(user=make_user(workspace, "owner"))
    answers = []
    for member in (viewer, owner):
        client = APIClient()
        client.force_login(member.user)
        listing = client.get(f"/api/v1/profiles/{user.public_id}/joins/")
        assert listing.status_code == 200
        (row,) = listing.json()["results"]
        answers.append(client.post(f"/api/v1/profiles/{user.public_id}/joins/{row['id']}/undo/"))
    assert [answer.status_code for answer in answers] == [403, 200]
    assert Profile.objects.get(public_id=answers[1].json()["id"]).external_id is None
    again = client.post(f"/api/v1/profiles/{user.public_id}/joins/{row['id']}/undo/")
    assert (again.status_code, again.json()["detail"]) == (409, "This join was undone already.")
    erase(actor, user, NOW)
    assert not Join.objects.filter(person=user).exists()


def test_an_older_identify_that_comes_late_changes_only_what_nobody_said_since(record: Any) -> None:
    record(known(5, user_id="u", traits={"plan": "pro", "city": None}))
    record(known(3, user_id="u", traits={"plan": "free", "city": "Seoul", "color": "blue"}))
    record(known(4, user_id="u", traits={"color": "red", "plan": "trial"}))
    profile = Profile.objects.get()
    assert profile.attributes == {"plan": "pro", "color": "red"}
    record(known(6, user_id="u", traits={"city": "Busan"}))
    record(known(5, user_id="u", traits={"color": "green", "city": "Ulsan"}))
    profile.refresh_from_db()
    assert profile.attributes == {"plan": "pro", "color": "green", "city": "Busan"}
