"""Who is who does not hang on the order in which calls come, nor on how they are batched: against a slow reading of all
calls at once."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles import record_event
from profiles.call import Call
from profiles.models import Event, Identity, Profile
from tests.factories.workspaces import make_workspace
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
USERS = ("u", "v", "w")
NAMES = (("anonymous_id", "a"), ("anonymous_id", "b"), ("device", "phone-1"), ("external:crm", "77"))
Name = tuple[str, str]


@dataclass(frozen=True)
class Said:
    """One call, without a time: its place in the list gives it one."""

    user: str | None = None
    names: tuple[Name, ...] = ()
    previous: str | None = None
    traits: tuple[tuple[str, Any], ...] = ()

    def call(self, number: int) -> Call:
        at = NOW + timedelta(minutes=number)
        anonymous = [value for kind, value in self.names if kind == "anonymous_id"]
        others = tuple(sorted(name for name in self.names if name[0] != "anonymous_id"))
        who = {"user_id": self.user, "anonymous_id": anonymous[0] if anonymous else None, "names": others}
        if self.previous:
            return Call("alias", at, previous_id=self.previous, **who)
        if self.traits:
            return Call("identify", at, traits=dict(self.traits), **who)
        return Call("track", at, event=f"e{number}", **who)


class Classes:
    """Union-find, the slow way."""

    def __init__(self) -> None:
        self.of: dict[Hashable, set[Hashable]] = {}

    def join(self, *things: Hashable) -> None:
        whole = set().union(*(self.of.get(thing, {thing}) for thing in things))
        for thing in whole:
            self.of[thing] = whole

    def same(self, one: Hashable, other: Hashable) -> bool:
        return other in self.of.get(one, {one})

    def key(self, thing: Hashable) -> frozenset[Hashable]:
        return frozenset(self.of.get(thing, {thing}))


@dataclass
class Reading:
    """What the calls mean all together. `events`: number -> a user's class, or ("own", name); those that hang on what
    nobody can know are left out."""

    users: Classes = field(default_factory=Classes)
    names: dict[Name, Hashable] = field(default_factory=dict)
    events: dict[int, Hashable] = field(default_factory=dict)
    attributes: dict[frozenset[Hashable], dict[str, Any]] = field(default_factory=dict)


def read(calls: Iterable[Said]) -> Reading:
    calls = list(calls)
    reading = Reading()
    for said in calls:
        if said.previous and said.user:
            reading.users.join(said.previous, said.user)
    raw: dict[Name, set[str]] = {}
    for said in calls:
        for name in said.names:
            raw.setdefault(name, set()).update({said.user} if said.user else set())
    direct = {name: {reading.users.key(user) for user in users} for name, users in raw.items()}
    shared = {name for name, users in direct.items() if len(users) > 1}
    # Shared at first, till an alias said that both users are one: that stays as it is.
    unsure = {name for name, users in raw.items() if len(users) > 1 and name not in shared}
    clusters = Classes()
    touched: set[Name] = set()
    for said in calls:
        if said.user is None:
            free = [name for name in said.names if name not in shared]
            clusters.join(*free) if free else None
            if len(free) < len(said.names) and len(said.names) > 1:
                touched.update(said.names)
    for name in raw:
        cluster = set(clusters.of.get(name, {name}))
        users = set().union(*(direct[one] for one in cluster))
        if cluster & (unsure | touched) or name in unsure:
            continue
        if name in shared:
            reading.names[name] = ("own", name)
        elif len(users) == 1:
            reading.names[name] = next(iter(users))
        elif not users:
            reading.names[name] = ("own", min(cluster))
        elif len(direct[name]) == 1:
            reading.names[name] = ("user only", next(iter(direct[name])))
    spoilt: set[Hashable] = {key for name in shared | unsure | touched for key in direct[name]}
    for name in raw:
        cluster = set(clusters.of.get(name, {name}))
        if len(set().union(*(direct[one] for one in cluster))) > 1 or cluster & (shared | unsure | touched):
            spoilt |= set().union(*(direct[one] for one in cluster))
    facts: dict[Hashable, dict[str, Any]] = {}
    for number, said in enumerate(calls):
        if said.user:
            owner: Hashable = reading.users.key(said.user)
        else:
            owner = reading.names.get(said.names[0])
            if owner is None or (isinstance(owner, tuple) and owner[0] == "user only"):
                continue
            if any(reading.names.get(name) != owner for name in said.names):
                continue
        if not said.previous and not said.traits:
            reading.events[number] = owner
        facts.setdefault(owner, {}).update(said.traits)
    reading.attributes = {
        owner: {key: value for key, value in known.items() if value is not None}
        for owner, known in facts.items()
        if isinstance(owner, frozenset) and owner not in spoilt
    }
    return reading


def play(workspace: Workspace, calls: list[Said], order: Iterable[int], cuts: set[int]) -> None:
    batch: list[Call] = []
    batches = [batch]
    for place, number in enumerate(order):
        if place in cuts:
            batches.append(batch := [])
        batch.append(calls[number].call(number))
    for batch in filter(None, batches):
        result = record_event.record(workspace.pk, None, batch, NOW + timedelta(hours=1), quiet=True)
        assert result.rejected == []


def compare(workspace: Workspace, reading: Reading, calls: list[Said]) -> None:
    people = {p.pk: p for p in Profile.objects.filter(workspace=workspace, merged_into=None)}
    identities = Identity.objects.filter(workspace=workspace)
    of_name = {(row.kind, row.value): row.profile_id for row in identities}
    of_user = {p.external_id: pk for pk, p in people.items() if p.external_id}
    of_user |= {value: pk for (kind, value), pk in of_name.items() if kind == "user_id"}
    users = {said.user for said in calls if said.user} | {said.previous for said in calls if said.previous}
    assert users == set(of_user)
    for one in users:
        for other in users:
            assert (of_user[one] == of_user[other]) == reading.users.same(one, other), (one, other)

    def person(owner: Hashable) -> int:
        return of_user[min(owner)] if isinstance(owner, frozenset) else of_name[owner[1]]

    for name, owner in reading.names.items():
        if isinstance(owner, tuple) and owner[0] == "user only":
            owner = owner[1]
        assert of_name[name] == person(owner), (name, owner)
        if isinstance(owner, tuple):
            assert of_name[name] not in of_user.values()
    stored = {
        int(event.name[1:]): event.profile_id for event in Event.objects.filter(workspace_id=workspace.pk)
    }
    assert set(stored) == {n for n, said in enumerate(calls) if not said.previous and not said.traits}
    assert {n: stored[n] for n in reading.events} == {n: person(o) for n, o in reading.events.items()}
    for owner, attributes in reading.attributes.items():
        assert people[person(owner)].attributes == attributes


traits = st.dictionaries(
    st.sampled_from(["plan", "city"]), st.sampled_from(["x", "y", None]), min_size=1, max_size=2
).map(lambda found: tuple(sorted(found.items())))
names = st.lists(st.sampled_from(NAMES), max_size=2, unique_by=lambda name: name[0]).map(
    lambda found: tuple(sorted(found))
)
said = st.one_of(
    st.builds(Said, user=st.sampled_from(USERS), names=names, traits=st.just(()) | traits),
    st.builds(Said, names=names.filter(bool), traits=st.just(()) | traits),
    st.builds(Said, user=st.sampled_from(USERS), previous=st.sampled_from(USERS)).filter(
        lambda one: one.user != one.previous
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_calls_in_any_order_and_batches_mean_the_same(data: Any) -> None:
    calls = data.draw(st.lists(said, min_size=2, max_size=8))
    order = data.draw(st.permutations(range(len(calls))))
    cuts = data.draw(st.sets(st.integers(1, len(calls) - 1)))
    workspace = make_workspace()
    play(workspace, calls, order, cuts)
    compare(workspace, read(calls), calls)


A, B = NAMES[0], NAMES[1]
STORIES = {
    "login": [Said(names=(A,)), Said("u", (A,)), Said("u"), Said(names=(A,))],
    "two devices": [Said(names=(A,)), Said(names=(B,)), Said("u", (A,)), Said("u", (B,))],
    "shared device": [Said(names=(A,)), Said("u", (A,)), Said("v", (A,)), Said(names=(A,))],
    "crm": [Said(names=(A, NAMES[3])), Said("u", (NAMES[3],)), Said(names=(A,)), Said("u")],
    "alias": [Said("u", (A,)), Said("v", previous="u"), Said("v"), Said(names=(A,))],
    "alias twice": [Said("u"), Said("v", previous="u"), Said("w", previous="v"), Said("w", (A,))],
}


@pytest.mark.parametrize("story", STORIES)
def test_every_order_of_a_story_means_the_same(story: str) -> None:
    calls = STORIES[story]
    reading = read(calls)
    assert set(reading.events) == {n for n, one in enumerate(calls) if not one.previous}
    for order in permutations(range(len(calls))):
        for cuts in (set(), {1, 2, 3}):
            workspace = make_workspace()
            play(workspace, calls, order, cuts)
            compare(workspace, reading, calls)
