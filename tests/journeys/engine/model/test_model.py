"""Random journeys, people, events, edits and clock moves: the engine on real rows against a slow, obvious reference.

The suite walks at least 10,000 steps; `GILMOK_MODEL_EXAMPLES=3000 python3 manage.py test tests/journeys/engine/model`
walks on for longer.
"""

import os
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from channels.models import Message
from content.models import Item, Variant
from journeys.engine import advance, crowd, explain, leave, on_events
from journeys.models import CountDelta, Enrolment, EventWait, Finished, Version
from lib import clock
from profiles.models import Consent, Profile
from profiles.signals import RecordedEvent
from tests.journeys.engine.model.documents import EVENTS, documents
from tests.journeys.engine.model.reference import Event, Person, Reference
from tests.scenarios import world

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LEAST = 10_000
PEOPLE = 30
EXAMPLES = int(os.environ.get("GILMOK_MODEL_EXAMPLES", "0"))
walked = 0


class Model(RuleBasedStateMachine):
    @initialize(
        document=documents(),
        people=st.lists(
            st.tuples(st.sampled_from([None, "pro", "free"]), st.sampled_from([None, 0, 3]), st.booleans()),
            min_size=3,
            max_size=7,
        ),
        few=st.sampled_from([0, 5, crowd.FEW, PEOPLE]),
    )
    def begin(self, document, people, few):
        self.few = mock.patch.object(crowd, "FEW", few)  # from so many on they walk as crowds
        self.few.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.now, self.orders = START, 0
        self.workspace = world.new_workspace()
        item = Item.objects.create(workspace=self.workspace, slug="mail", name="Mail", medium="email")
        Variant.objects.create(
            item=item, locale="en", data={"subject": "Hi", "format": "html", "body": "<p>"}
        )
        self.journey = world.publish(document, self.workspace, START)
        self.reference = Reference(document)
        self.profiles = []
        for place in range(PEOPLE):
            plan, points, agreed = people[place % len(people)]
            given = {"plan": plan, "points": points}
            attributes = {name: value for name, value in given.items() if value is not None}
            profile = Profile.objects.create(
                workspace=self.workspace, attributes={"email": f"p{place}@example.com", **attributes}
            )
            if agreed:
                Consent.objects.create(profile=profile, medium="email", topic="*", state="granted", at=START)
            self.profiles.append(profile)
            self.reference.people.append(Person(str(profile.public_id), dict(profile.attributes), agreed))

        for value in range(3):  # so that every example has people inside
            self._happens(range(PEOPLE), "start", value * 3)
            self._to(self.now + timedelta(hours=5))

    @rule(who=st.integers(0, PEOPLE - 1), name=st.sampled_from(("start", *EVENTS)), value=st.integers(0, 9))
    def something_happens_to_one(self, who, name, value):
        self._happens([who], name, value)

    @rule(
        every=st.integers(1, 3),
        name=st.sampled_from(("start", "start", "order", "visit", "quit")),
        value=st.integers(0, 9),
    )
    def something_happens_to_many(self, every, name, value):
        self._happens(range(0, PEOPLE, every), name, value)

    def _happens(self, people, name, value):
        """To all of them at once, in one batch of events."""
        self.orders += 1
        self._to(self.now + timedelta(seconds=1))
        told = []
        for who in people:
            properties = {"value": (value + who) % 10, "order": self.orders % 4}
            profile = self.profiles[who]
            stored = world.store(self.workspace, profile, name, properties, self.now)
            told.append(RecordedEvent(profile.pk, name, self.now, properties, self.now, id=stored.pk))
            self.reference.event(self.reference.people[who], Event(name, self.now, properties))
        with world.committed(self.now):
            on_events.handle(self.workspace.pk, told, [], self.now)

    @rule(who=st.integers(0, PEOPLE - 1), plan=st.sampled_from(["pro", "free"]), points=st.integers(0, 5))
    def a_profile_changes(self, who, plan, points):
        profile = self.profiles[who]
        profile.refresh_from_db(fields=["attributes"])
        profile.attributes |= {"plan": plan, "points": points}
        profile.save(update_fields=["attributes"])
        self.reference.people[who].attributes |= {"plan": plan, "points": points}
        with world.committed(self.now):
            on_events.handle(self.workspace.pk, [], [profile.pk], self.now)

    @rule(hours=st.sampled_from([0.4, 1, 5, 7, 24, 80]))
    def time_passes(self, hours):
        self._to(self.now + timedelta(hours=hours))
        self._agrees()

    @rule(data=st.data())
    def somebody_publishes_an_edit(self, data):
        document = data.draw(documents(self.reference.document["policy"]))
        number = self.journey.versions.count() + 1
        self.journey.live = Version.objects.create(
            journey=self.journey, number=number, document=document, published_at=self.now
        )
        self.journey.save(update_fields=["live"])
        self.reference.document = document

    @precondition(lambda self: self.orders > 20)
    @rule()
    def somebody_stops_it(self):
        if self.reference.live:
            self.journey.state = "stopped"
            self.journey.save(update_fields=["state"])
            leave.end_journey(self.journey.pk, "stopped", self.now)
            self.reference.stop(self.now)

    def _to(self, until):
        while (
            at := Enrolment.objects.filter(due_at__lte=until)
            .order_by("due_at")
            .values_list("due_at", flat=True)
            .first()
        ):
            with world.committed(at):
                assert advance.advance_journey(self.journey.pk, at) > 0
        self.reference.pass_time(until)
        self.now = until

    def _agrees(self):
        for who, (found, expected) in enumerate(zip(self._found(), self._expected(), strict=True)):
            assert found[0] == expected[0], f"attributes of person {who}"
            for place, (walk, wanted) in enumerate(zip(found[1], expected[1], strict=False)):
                for part, (got, right) in enumerate(zip(walk, wanted, strict=True)):
                    assert got == right, f"person {who}, walk {place}, part {part}"
            assert len(found[1]) == len(expected[1]), f"walks of person {who}"

    def _found(self):
        rows = {row.pk: row for row in Enrolment.objects.filter(journey_id=self.journey.pk)}
        rows |= {row.enrolment_id: row for row in Finished.objects.filter(journey_id=self.journey.pk)}
        logs = explain.walks(sorted(rows))
        messages = {}
        for message in Message.objects.filter(journey_id=self.journey.pk).order_by("seq"):
            messages.setdefault(message.enrolment_id, []).append(
                (message.step, message.created_at, message.state, message.reason)
            )
        found = {profile.pk: [] for profile in self.profiles}
        for id_ in sorted(rows, key=lambda id_: (rows[id_].entered_at, id_)):
            visits = [(v.step, v.arrived_at, v.left_at, v.outlet, v.ended) for v in logs[id_].visits]
            reason = getattr(rows[id_], "reason", None)
            found[rows[id_].profile_id].append(
                (
                    rows[id_].entered_at,
                    reason,
                    visits,
                    messages.get(id_, []),
                    getattr(rows[id_], "due_at", None),
                )
            )
        attributes = dict(Profile.objects.filter(pk__in=found).values_list("pk", "attributes"))
        return [
            (
                {name: attributes[profile.pk].get(name) for name in ("plan", "points")},
                found[profile.pk],
            )
            for profile in self.profiles
        ]

    def _expected(self):
        return [
            (
                {name: person.attributes.get(name) for name in ("plan", "points")},
                [
                    (
                        walk.entered,
                        walk.reason,
                        [(v.step, v.arrived, v.left, v.outlet, v.ended) for v in walk.visits],
                        walk.messages,
                        walk.due,
                    )
                    for walk in person.walks
                ],
            )
            for person in self.reference.people
        ]

    def teardown(self):
        global walked
        if not hasattr(self, "transaction"):
            return
        try:
            self._to(self.now + timedelta(days=4))
            self._agrees()
            steps = sum(len(walk.visits) for person in self.reference.people for walk in person.walks)
            walked += steps
            waiting = set(EventWait.objects.values_list("enrolment_id", flat=True))
            assert waiting <= set(Enrolment.objects.values_list("pk", flat=True)), "waits are left behind"
            arrived = CountDelta.objects.filter(journey_id=self.journey.pk, outlet="").exclude(
                step__in=["", "$goal"]
            )
            assert sum(arrived.values_list("entered", flat=True)) == steps, "counts differ from the log"
        finally:
            self.few.stop()
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)


@pytest.mark.django_db
def test_the_engine_does_what_the_reference_does():
    global walked
    walked = 0
    with (
        mock.patch.object(advance, "_mark", advance.Mark()),
        mock.patch.object(clock, "now", return_value=START),
    ):
        run_state_machine_as_test(
            Model,
            settings=settings(
                max_examples=EXAMPLES or 40,
                stateful_step_count=40,
                deadline=None,
                database=None,
                derandomize=not EXAMPLES,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate, Phase.shrink],
            ),
        )
    assert walked >= (LEAST if not EXAMPLES else 1), walked
