"""Runs a scenario both ways: through the simulator, and through the engine itself on real rows with its clock moved by
hand. Both answer in the simulator's words, so that they can be compared."""

import json
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from django.test import TestCase

from channels.media import Medium
from channels.models import Account, Message
from content.models import Item, Variant
from journeys.engine import advance, crossings, dates, explain, on_events, schedules
from journeys.engine.explain import iso
from journeys.engine.simulate import given
from journeys.models import Enrolment, Finished, Journey, PersonalDate, Schedule, Version
from lib import clock
from profiles import membership
from profiles.models import Consent, Device, Event, Identity, Profile, Segment, TrackedSegment
from profiles.signals import RecordedEvent
from workspaces.models import Workspace

HERE = Path(__file__).parent / "cases"
SHARED = Path(__file__).parents[3] / "shared" / "scenarios"


def scenarios():
    """Those of the suite itself, and the shared ones where they are there."""
    found = {path.name: path for folder in (HERE, SHARED) for path in sorted(folder.glob("*.json"))}
    return [json.loads(path.read_text()) for _name, path in sorted(found.items())]


@contextmanager
def committed(at):
    """The news that is told after a commit, by the scenario's clock."""
    with mock.patch.object(clock, "now", return_value=at), TestCase.captureOnCommitCallbacks(execute=True):
        yield


def moment(text):
    return datetime.fromisoformat(text)


def set_up(scenario, workspace):
    for item in scenario["setup"]["content"]:
        made = Item.objects.create(
            workspace=workspace, slug=item["slug"], name=item["slug"], medium=item["medium"]
        )
        for locale, data in item["variants"].items():
            Variant.objects.create(item=made, locale=locale, data=data)
    for account in scenario["setup"].get("accounts", []):
        Account.objects.create(workspace=workspace, name=account["kind"], is_default=True, **account)
    for segment in scenario["setup"]["segments"]:
        Segment.objects.create(
            workspace=workspace, slug=segment["slug"], name=segment["slug"], condition=segment["condition"]
        )


def publish(document, workspace, at):
    journey = Journey.objects.create(workspace=workspace, name="scenario", state="live", draft=document)
    journey.live = Version.objects.create(journey=journey, number=1, document=document, published_at=at)
    journey.save(update_fields=["live"])
    schedules.arm(journey, journey.live, at)
    tick(at)
    return journey


def person(scenario, workspace):
    made = scenario["person"]
    start = moment(scenario["start"])
    profile = Profile.objects.create(
        workspace=workspace, attributes=made["attributes"], created_at=start, updated_at=start
    )
    consents = made["consents"]
    if consents == "all":
        consents = {medium: {"*": "granted"} for medium in Medium}
    for medium, topics in consents.items():
        for topic, state in topics.items():
            Consent.objects.create(profile=profile, medium=medium, topic=topic, state=state, at=start)
    for kind in given.names(made.get("names")):
        Identity.objects.create(
            workspace=workspace, profile=profile, kind=kind, value=f"name-{profile.pk}", created_at=start
        )
    for number, kind in enumerate(made.get("devices", [])):
        Device.objects.create(
            workspace=workspace, profile=profile, kind=kind, token=f"device-{profile.pk}-{number}",
            first_seen_at=start, last_seen_at=start,
        )  # fmt: skip
    for event in made["events"]:
        store(workspace, profile, event["event"], event.get("properties", {}), moment(event["timestamp"]))
    return profile


def store(workspace, profile, name, properties, at):
    return Event.objects.create(
        workspace_id=workspace.pk,
        profile_id=profile.pk,
        name=name,
        ts=at,
        received_at=at,
        properties=properties,
    )


def tell(workspace, profile, event):
    """What the ingestion does after its commit."""
    at = event.ts
    recorded = RecordedEvent(profile.pk, event.name, at, event.properties, at, id=event.pk)
    with committed(at):
        on_events.handle(workspace.pk, [recorded], [], at)
        crossings.follow(workspace.pk, [recorded], [], at)


def advance_to(journey, until, since):
    """Moves the clock from due moment to due moment."""
    while (due := next_moment(journey, since)) is not None and due <= until:
        tick(due)
        since = due


def next_moment(journey, since):
    """When somebody is due, a schedule rings or a date has come; and every six hours where a segment is followed."""
    due = [
        Enrolment.objects.filter(journey_id=journey.pk, due_at__isnull=False),
        Schedule.objects.filter(journey=journey, due_at__isnull=False),
        PersonalDate.objects.filter(watch__journey=journey, due_at__isnull=False),
    ]
    moments = [at for rows in due for at in rows.order_by("due_at").values_list("due_at", flat=True)[:1]]
    if TrackedSegment.objects.exists():
        moments.append(since + timedelta(hours=6))
    return min(moments, default=None)


def tick(at):
    """What the clock jobs do."""
    with committed(at):
        dates.run_due(at)
        schedules.run_due(at)
        membership.sweep(at)
        crossings.work(at)
        advance.advance_due(at)


def play(scenario, workspace, draws=None):
    """The engine on real rows; the answer has the simulator's shape."""
    set_up(scenario, workspace)
    start, until = moment(scenario["start"]), moment(scenario["until"])
    profile = person(scenario, workspace)
    journey, clock_at = publish(scenario["document"], workspace, start), start
    for event in sorted(scenario["events"], key=lambda one: moment(one["timestamp"])):
        at = moment(event["timestamp"])
        advance_to(journey, at, clock_at)
        clock_at = at
        if "set" in event:
            profile.attributes |= event["set"]
            profile.save(update_fields=["attributes"])
            on_events.handle(workspace.pk, [], [profile.pk], at)
            crossings.follow(workspace.pk, [], [profile.pk], at)
        else:
            tell(
                workspace, profile, store(workspace, profile, event["event"], event.get("properties", {}), at)
            )
    advance_to(journey, until, clock_at)
    return answer(journey)


def answer(journey):
    rows = {row.pk: row for row in Enrolment.objects.filter(journey_id=journey.pk)}
    rows |= {row.enrolment_id: row for row in Finished.objects.filter(journey_id=journey.pk)}
    logs = explain.walks(sorted(rows))
    return {
        "enrolments": [
            {
                "reason": getattr(rows[id_], "reason", None),
                "visits": [
                    {
                        "step": v.step,
                        "arrived_at": iso(v.arrived_at),
                        "left_at": iso(v.left_at),
                        "outlet": v.outlet,
                    }
                    for v in logs[id_].visits
                ],
                "messages": [
                    {
                        "step": m.step,
                        "at": iso(m.created_at),
                        "state": "sent" if m.state == "created" else m.state,
                        "reason": m.reason or None,
                    }
                    for m in Message.objects.filter(enrolment_id=id_).order_by("seq")
                ],
            }
            for id_ in sorted(rows)
        ]
    }


def check(expected, answer):
    enrolments = answer["enrolments"]
    assert len(enrolments) == expected["entered"]
    if "paths" in expected:
        assert [[visit["step"] for visit in e["visits"]] for e in enrolments] == expected["paths"]
    if "ended" in expected:
        assert [e["reason"] for e in enrolments] == expected["ended"]
    if "messages" in expected:
        found = [message for e in enrolments for message in e["messages"]]
        assert len(found) == len(expected["messages"])
        for got, wanted in zip(found, expected["messages"], strict=True):
            assert {name: got[name] for name in wanted} == wanted
    for place, at in expected.get("times", {}).items():
        step, field = place.split(".")
        visit = next(visit for visit in enrolments[0]["visits"] if visit["step"] == step)
        assert visit[field] == at


def new_workspace():
    return Workspace.objects.create(name="Scenario", slug="scenario", time_zone="UTC")
