"""Members are right after every event, change and tick of the clock: a slow evaluation of everybody says so."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from profiles import membership
from profiles.conditions import Rows, compile_condition, evaluate
from profiles.membership import look
from profiles.merge import merge
from profiles.models import Event, Profile, Segment, SegmentMember, SegmentMoment
from profiles.segments import lists
from profiles.signals import NEW, RecordedEvent
from tests.factories.journeys import signed_in
from tests.factories.workspaces import make_workspace
from workspaces.actor import actor_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 25, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

CONDITIONS = {
    "pro": {"attribute": "plan", "op": "is", "value": "pro"},
    "no-plan": {"attribute": "plan", "op": "missing"},
    "twice": {"event": "bought", "op": "at_least", "times": 2, "within": "P3D"},
    "not-lately": {"event": "bought", "op": "never", "within": "P2D"},
    "once": {"event": "bought", "op": "exactly", "times": 1, "within": "P3D"},
    "few": {"event": "seen", "op": "at_most", "times": 1, "within": "P1D"},
    "spent": {"event": "bought", "op": "at_least", "sum": "value", "value": 10, "within": "P2D"},
    "big": {"event": "bought", "op": "at_least", "max": "value", "value": 7, "within": "PT30H"},
    "month": {"event": "seen", "op": "at_least", "times": 2, "within": "P1M"},
    "ever": {"event": "bought", "op": "at_least", "times": 3},
    "dear": {"event": "bought", "within": "P2D", "where": [{"property": "value", "op": "gte", "value": 5}]},
    "joined": {"attribute": "joined", "op": "within_last", "value": "P2D"},
    "ends": {"attribute": "ends", "op": "within_next", "value": "P1D"},
    "month-ends": {"attribute": "ends", "op": "within_next", "value": "P1M"},
    "birthday": {"attribute": "birthday", "op": "anniversary_in", "value": "P2D"},
    "listed-pro": {"all": [{"segment": "listed"}, {"segment": "pro"}]},
    "nested": {
        "any": [{"segment": "twice", "op": "not_in"}, {"all": [{"segment": "pro"}, {"not": {"segment": "few"}}]}]
    },
}  # fmt: skip


class World:
    def __init__(self, seed):
        self.dice, self.now = random.Random(seed), NOW
        self.workspace = make_workspace()
        self.workspace.time_zone = "Asia/Seoul"
        self.workspace.save()
        self.actor = actor_of(signed_in(self.workspace, "owner")[1])
        self.people = []
        self.listed = self._segment("listed", {}, kind="list", stale_since=None)
        self.segments = {slug: self._segment(slug, tree) for slug, tree in CONDITIONS.items()}
        for segment in (self.listed, *self.segments.values()):
            membership.track(segment, NOW)
        self.known = {slug: set() for slug in CONDITIONS}
        for _n in range(4):
            self.somebody_new()

    def _segment(self, slug, condition, **more):
        return Segment.objects.create(
            workspace=self.workspace, slug=slug, name=slug, condition=condition, **more
        )

    def somebody_new(self):
        person = Profile.objects.create(workspace=self.workspace, attributes=self._attributes())
        self.people.append(person)
        membership.notice(
            self.workspace.pk, [], [person.pk], self.now, attributes=frozenset({NEW, *person.attributes})
        )

    def _attributes(self):
        day = (self.now + timedelta(days=self.dice.randint(-4, 4))).date().isoformat()
        at = (self.now + self.dice.randint(-60, 60) * HOUR).isoformat()
        choices = {
            "plan": ["pro", "free"],
            "joined": [at, day],
            "ends": [at, day],
            "birthday": [f"1990{day[4:]}"],
        }
        names = self.dice.sample(sorted(choices), self.dice.randint(0, 3))
        return {name: self.dice.choice(choices[name]) for name in names}

    def an_event(self):
        events = []
        for person in self.dice.sample(self.people, self.dice.randint(1, 2)):
            at = (
                self.now - self.dice.choice([0, 0, 0, 5, 30, -3]) * HOUR
            )  # late ones, and a clock that is fast
            name, value = (
                self.dice.choice(["bought", "bought", "seen", "other"]),
                {"value": self.dice.randint(1, 9)},
            )
            stored = Event.objects.create(
                workspace_id=self.workspace.pk, profile_id=person.pk, name=name, ts=at, received_at=self.now,
                properties=value,
            )  # fmt: skip
            events.append(RecordedEvent(person.pk, name, at, value, self.now, id=stored.pk))
        membership.notice(self.workspace.pk, events, [], self.now)

    def a_change(self):
        person = self.dice.choice(self.people)
        new = self._attributes()
        gone = self.dice.choice([None, "plan", "joined"])
        person.attributes = {key: value for key, value in (person.attributes | new).items() if key != gone}
        person.save(update_fields=["attributes"])
        written = frozenset({*new, *([gone] if gone else [])})
        membership.notice(self.workspace.pk, [], [person.pk], self.now, attributes=written)

    def the_list(self):
        act = self.dice.choice([lists.put, lists.take_out])
        act(self.actor, self.listed, [self.dice.choice(self.people).pk], self.now)

    def two_become_one(self):
        if len(self.people) > 3:
            self.agree()
            gone, kept = self.people.pop(), self.people[0]
            with connection.cursor() as cursor, transaction.atomic():
                merge(cursor, self.workspace.pk, [(gone.pk, kept.pk)], self.now)
            for inside in self.known.values():  # who was in under either name is in
                if gone.pk in inside:
                    inside.discard(gone.pk)
                    inside.add(kept.pk)
            membership.look_due(self.now)
            kept.refresh_from_db()

    def time_passes(self):
        until = self.now + self.dice.choice([1, 7, 26, 75]) * HOUR
        while self.now < until:
            due = SegmentMoment.objects.filter(segment__workspace=self.workspace).order_by("due_at")
            first = due.values_list("due_at", flat=True).first()
            # At each moment that is written down, and between them: nothing moves that was not foreseen.
            self.now = min(until, first if first and first > self.now else until, self.now + 5 * HOUR)
            membership.look_due(self.now)
            self.agree()

    def agree(self):
        """Members are whom the slow evaluation finds, and each crossing was told once."""
        ids = [person.pk for person in self.people]
        compiled = [compile_condition(tree, self.workspace.pk) for tree in CONDITIONS.values()]
        verdicts = evaluate(compiled, Rows(self.workspace.pk, ids, self.now, zone="Asia/Seoul"))
        with transaction.atomic():
            told = membership.take(limit=10_000)
        by_id = {segment.pk: slug for slug, segment in self.segments.items()}
        for change in told:
            if (slug := by_id.get(change.segment_id)) is not None:
                assert (change.profile_id in self.known[slug]) is not change.entered, (slug, change)
                (self.known[slug].add if change.entered else self.known[slug].discard)(change.profile_id)
        for (slug, segment), verdict in zip(self.segments.items(), verdicts, strict=True):
            expected = {pk for pk, inside in zip(ids, verdict.results, strict=True) if inside}
            members = SegmentMember.objects.filter(segment_id=segment.pk).values_list("profile_id", flat=True)
            assert set(members) == expected, (slug, self.now)
            assert self.known[slug] == expected, (slug, self.now)


@pytest.mark.parametrize("seed", range(8))
def test_members_are_whom_a_slow_evaluation_finds(seed):
    world = World(seed)
    world.agree()
    steps = [world.an_event] * 4 + [world.a_change] * 2 + [world.time_passes] * 2
    steps += [world.the_list, world.somebody_new, world.two_become_one]
    for _turn in range(25):
        world.dice.choice(steps)()
        world.agree()
    sizes = membership.sizes_now(segment.pk for segment in world.segments.values())
    assert sizes == {
        segment.pk: SegmentMember.objects.filter(segment_id=segment.pk).count()
        for segment in world.segments.values()
    }
    # Filled anew from nothing it is the same.
    before = {
        slug: set(segment.members.values_list("profile_id", flat=True))
        for slug, segment in world.segments.items()
    }
    for slug, segment in world.segments.items():
        SegmentMember.objects.filter(segment_id=segment.pk).delete()
        Segment.objects.filter(pk=segment.pk).update(stale_since=world.now)
        membership.fill(segment.pk, world.now)
        assert set(segment.members.values_list("profile_id", flat=True)) == before[slug], slug


def test_what_is_filled_foresees_its_moments(workspace):
    """The set-oriented statement and the look at one person name the same moments."""
    world = World(3)
    for _turn in range(12):
        world.an_event()
    for segment in world.segments.values():
        SegmentMoment.objects.filter(segment_id=segment.pk).delete()
    ids = [person.pk for person in world.people]
    membership.refresh(world.workspace.pk, ids, world.now)
    looked = set(SegmentMoment.objects.values_list("segment_id", "profile_id", "due_at"))
    assert looked
    for segment in world.segments.values():
        Segment.objects.filter(pk=segment.pk).update(stale_since=world.now)
        membership.fill(segment.pk, world.now)
    assert set(SegmentMoment.objects.values_list("segment_id", "profile_id", "due_at")) == looked


@pytest.fixture
def workspace():
    return make_workspace()


def test_segments_that_ask_about_one_event_read_it_once(workspace, monkeypatch):
    conditions = [
        *({"event": "bought", "times": n, "within": f"P{n}D"} for n in range(1, 6)),
        {"event": "bought", "op": "never", "within": "P9D"},
        {"event": "bought", "op": "exactly", "times": 3, "within": "P20D"},
    ]
    for n, condition in enumerate(conditions):
        made = Segment.objects.create(workspace=workspace, slug=f"s{n}", name=f"S{n}", condition=condition)
        membership.fill(made.pk, NOW)
    person = Profile.objects.create(workspace=workspace)
    for days in (0.5, 1.5, 1.8):
        at = NOW - timedelta(days=days)
        Event.objects.create(
            workspace_id=workspace.pk, profile_id=person.pk, name="bought", ts=at, received_at=at
        )
    asked, original = [], look.fetch
    monkeypatch.setattr(look, "fetch", lambda sql, params: asked.append(sql) or original(sql, params))
    membership.notice(workspace.pk, [RecordedEvent(person.pk, "bought", NOW, {}, NOW)], [], NOW)
    assert {sql.count("from profiles_event") for sql in asked} == {1}
    inside = SegmentMember.objects.filter(profile_id=person.pk).values_list("segment__slug", flat=True)
    assert sorted(inside) == ["s0", "s1", "s2", "s6"]
