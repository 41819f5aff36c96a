"""Short words for tests of the engine: a workspace, journeys, people, events, and a clock moved by hand."""

from datetime import UTC, datetime, timedelta

from channels.models import Message
from content.models import Item, Variant
from journeys.engine import advance, crossings, explain, on_events, schedules
from journeys.models import Enrolment, Finished, Journey, Version
from profiles.models import Consent, Event, Profile
from profiles.signals import RecordedEvent
from workspaces.models import Workspace

T0 = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)  # a Monday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def document(steps, *, triggers=None, **policy):
    return {
        "format": "gilmok.journey/1",
        "name": "Test",
        "time_zone": "UTC",
        "triggers": triggers or {"t": {"kind": "event", "event": "go", "next": next(iter(steps))}},
        "steps": steps,
        "policy": {"reentry": {"mode": "after_exit"}, "quiet_hours": "none", **policy},
        "layout": {},
    }


def wait(length, to):
    return {"kind": "wait", "settings": {"for": length}, "next": {"next": to}}


def mail(to, **settings):
    return {
        "kind": "send_email",
        "settings": {"content": "hello", "topic": "offers", **settings},
        "next": {"next": to},
    }


END = {"kind": "end", "settings": {"outcome": "done"}, "next": {}}


class Story:
    def __init__(self):
        self.workspace = Workspace.objects.create(name="Story", slug="story", time_zone="UTC")
        item = Item.objects.create(workspace=self.workspace, slug="hello", name="Hello", medium="email")
        Variant.objects.create(
            item=item,
            locale="en",
            data={"subject": "Hi {{ person.first_name }}", "format": "html", "body": "<p>Hi</p>"},
        )

    def publish(self, draft, at=T0, state="live"):
        journey = Journey.objects.create(workspace=self.workspace, name="Test", state=state, draft=draft)
        return self.publish_again(journey, draft, at)

    def publish_again(self, journey, draft, at=T0):
        number = journey.versions.count() + 1
        journey.live = Version.objects.create(journey=journey, number=number, document=draft, published_at=at)
        journey.save(update_fields=["live"])
        schedules.arm(journey, journey.live, at)
        return journey

    def person(self, consent="granted", **attributes):
        profile = Profile.objects.create(
            workspace=self.workspace, attributes={"email": "ana@example.com"} | attributes
        )
        if consent:
            Consent.objects.create(profile=profile, medium="email", topic="*", state=consent, at=T0 - DAY)
        return profile

    def happen(self, name, at, *people, handled=None, **properties):
        """Stored, then told to the engine at `handled` (else at once)."""
        recorded = []
        for profile in people:
            event = Event.objects.create(
                workspace_id=self.workspace.pk,
                profile_id=profile.pk,
                name=name,
                ts=at,
                received_at=handled or at,
                properties=properties,
            )
            recorded.append(RecordedEvent(profile.pk, name, at, properties, handled or at, id=event.pk))
        self.tell(recorded, [], handled or at)

    def change(self, at, profile, **attributes):
        profile.attributes |= attributes
        profile.save(update_fields=["attributes"])
        self.tell([], [profile.pk], at)

    def tell(self, events, changed, at):
        """As after a commit: the engine first, then the segments."""
        on_events.handle(self.workspace.pk, events, changed, at)
        crossings.follow(self.workspace.pk, events, changed, at)

    def until(self, moment):
        """Moves the clock from due moment to due moment."""
        while row := Enrolment.objects.filter(due_at__lte=moment).order_by("due_at").first():
            assert advance.advance_due(row.due_at)

    def paths(self, journey=None):
        """The steps each enrolment visited, in order of start."""
        logs = explain.walks(sorted(self.rows(journey)))
        return [[visit.step for visit in logs[id_].visits] for id_ in sorted(logs)]

    def rows(self, journey=None):
        match = {"journey_id": journey.pk} if journey else {}
        rows = {row.pk: row for row in Enrolment.objects.filter(**match)}
        return rows | {row.enrolment_id: row for row in Finished.objects.filter(**match)}

    def reasons(self):
        rows = self.rows()
        return [getattr(rows[id_], "reason", None) for id_ in sorted(rows)]

    def messages(self):
        return list(Message.objects.order_by("enrolment_id", "seq").values_list("step", "state", "reason"))
