"""No answer shows what is sensitive, or how to reach somebody, to a reader who may not see it.

Every route of the table is asked as roles without that right, in a workspace where each value of a person, of her
events, of what decided about her and of what was sent to her is a marker. A new view that shows one fails here.
"""

import html
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from channels.models import Message, MessageBody, MessageEvent
from content.models import Variant
from journeys.models import Enrolment, Failure, Finished, Journey, Pass, Refused, StoredTest, Version
from lib import clock
from profiles import uploads
from profiles.masked_sample import masked
from profiles.models import (
    ComputedAttribute,
    Consent,
    Event,
    Identity,
    KnownName,
    LiveCall,
    Profile,
    RefusedSample,
    Segment,
    SegmentMember,
    Upload,
)
from tests.contracts.every_url import NOW, ROUTES, Route, Rule, World
from tests.contracts.test_every_url import ask, signed_in
from workspaces.roles import grant

pytestmark = pytest.mark.django_db
SENSITIVE = {  # by their names, chosen by people, inside of objects, and computed from one
    "religion": "qzreligion",
    "aura": "qzaura",
    "wallet": {"card_number": "qznested"},
    "latest_diagnosis": "qzcomputed",
}
CONTACT = {"email": "qzmail@example.com", "phone": "+821099887766", "address": {"street": "qzstreet"}}
MARKERS = {
    "sensitive": ("qzreligion", "qzaura", "qznested", "qzcomputed", "qzdiagnosis"),
    "contact": ("qzmail@example.com", "+821099887766", "99887766", "qzstreet", "qzreply@example.com"),
}
# They see no sensitive values; the marketer and the approver may see contact details, each after giving a reason.
ROLES = {
    "viewer": ("sensitive", "contact"),
    "analyst": ("sensitive", "contact"),
    "editor": ("sensitive", "contact"),
    "approver": ("sensitive",),
    "marketer": ("sensitive",),
}
# Asking for the markers themselves: a search and a form show what was typed.
REVEALS = {"profiles:contact"}
ENTRY = {"entry": "diagnosis", "op": "is_not", "value": "x"}
PUBLIC = {"all": [{"attribute": "religion", "op": "exists"}, {"attribute": "email", "op": "exists"}]}
DRAWING = {
    "format": "gilmok.journey/1",
    "name": "Welcome",
    "triggers": {"t1": {"kind": "event", "event": "visited", "next": "b"}},
    "steps": {
        "b": {
            "kind": "branch",
            "settings": {"branches": [{"key": "yes", "when": PUBLIC}]},
            "next": {"yes": "m", "else": "e1"},
        },
        "m": {
            "kind": "send_email",
            "settings": {"content": "hello", "topic": "orders"},
            "next": {"next": "w"},
        },
        "w": {
            "kind": "call_webhook",
            "settings": {
                "method": "POST",
                "url": "https://crm.example.com/",
                "body": "{{ person.religion }}",
            },
            "next": {"next": "e1", "failed": "e1"},
        },
        "e1": {"kind": "end", "settings": {}, "next": {}},
    },
}


class Marked(World):
    """One of everything, and all that is known of its person is a marker."""

    def __post_init__(self) -> None:
        super().__post_init__()
        now, ws = clock.now(), self.here
        person = self.profile
        person.attributes = {"first_name": "Yujin", "plan": "gold", **CONTACT, **SENSITIVE}
        person.save(update_fields=["attributes"])
        nameless = Profile.objects.create(
            workspace=ws, attributes={"email": CONTACT["email"], "religion": "qzreligion"}
        )
        for kind, name, chosen in (
            ("attribute", "religion", ""), ("attribute", "aura", "sensitive"), ("property", "diagnosis", "sensitive"),
        ):  # fmt: skip
            KnownName.objects.create(
                workspace=ws, kind=kind, event="visited" if kind == "property" else "", name=name, data_class=chosen,
                type="text", first_seen=NOW, total=1, last_seen=now,
            )  # fmt: skip
        ComputedAttribute.objects.create(
            workspace=ws, name="latest_diagnosis", kind="last", event="visited", property="diagnosis", state="live",
            fill_after=NOW, created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        Identity.objects.create(
            workspace=ws, profile=person, kind="email", value=CONTACT["email"], created_at=NOW
        )
        Consent.objects.create(profile=person, medium="email", topic="*", state="granted", at=NOW)
        for name in ("visited", "review_written", "support_call"):
            Event.objects.create(
                workspace_id=ws.pk, profile_id=person.pk, name=name, ts=now - timedelta(hours=1), received_at=now,
                source_id=self.source.pk, properties={
                    "diagnosis": "qzdiagnosis", "religion": "qzreligion", "note": "call qzreply@example.com",
                    "by": {"religion": "qzreligion", "email": CONTACT["email"]}, "rating": 5,
                },
            )  # fmt: skip
        topic = self.topic
        topic.slug, topic.transactional = "orders", True
        topic.save()
        Variant.objects.filter(item=self.item).update(
            data={
                "subject": "{{ person.religion }}", "format": "html",
                "body": "<p>{{ person.aura }} {{ person.email }} {{ person.wallet.card_number }}</p>",
            }
        )  # fmt: skip
        self._walked(now)
        for one in (person, nameless):
            SegmentMember.objects.create(segment_id=self.segment.pk, profile_id=one.pk, since=NOW)
            SegmentMember.objects.create(segment_id=self.segment_list.pk, profile_id=one.pk, since=NOW)
        Segment.objects.filter(pk=self.segment.pk).update(condition=PUBLIC)
        body = {
            "type": "identify",
            "userId": "c1",
            "email": CONTACT["email"],
            "traits": {**CONTACT, **SENSITIVE},
        }
        LiveCall.objects.create(
            workspace_id=ws.pk, source_id=self.source.pk, at=now, kind="identify", event="", who=CONTACT["email"],
            answer="taken", reason="", body=json.dumps(body),
        )  # fmt: skip
        RefusedSample.objects.create(
            workspace_id=ws.pk, source_id=self.source.pk, reason="unreadable", at=now, sample=masked(body)
        )
        self.hook.settings = {"sample": json.dumps(body)}
        self.hook.save()
        self._uploaded()

    def _walked(self, now: Any) -> None:
        """Into the journey twice: once to its end, once to where she is set aside; and somebody turned away."""
        person, ws = self.profile, self.here
        version = Version.objects.create(journey=self.journey, number=2, document=DRAWING, published_at=NOW)
        Journey.objects.filter(pk=self.journey.pk).update(draft=DRAWING, live=version, state="live")
        self.journey.refresh_from_db()
        StoredTest.objects.filter(pk=self.test.pk).update(
            given={"person": {"id": str(person.public_id)}, "start": "2026-01-05T10:00:00Z",
                   "until": "2026-01-06T10:00:00Z"}
        )  # fmt: skip
        common = {
            "workspace_id": ws.pk, "journey_id": self.journey.pk, "version_id": version.pk, "profile_id": person.pk,
        }  # fmt: skip
        why = [
            {"c": {"attribute": "religion", "op": "is", "value": "qzreligion"}, "v": "qzreligion", "r": True},
            {"c": {"attribute": "email", "op": "exists"}, "v": CONTACT["email"], "r": True},
            {"c": {"attribute": "wallet.card_number", "op": "exists"}, "v": "qznested", "r": True},
            {"c": ENTRY, "v": "qzdiagnosis", "r": True},
        ]
        branch = {"s": "b", "o": "yes", "w": [[0, "qzreligion", True], [1, CONTACT["email"], True]]}
        route = [{"t": "t1", "w": why}, branch, {"s": "m", "o": "next", "m": {"state": "created"}}]
        inside = Enrolment.objects.create(
            **common, trigger="t1", step="w", seq=3, arrived_at=now, entered_at=NOW, status=1,
            entry={"diagnosis": "qzdiagnosis"},
        )  # fmt: skip
        Failure.objects.create(
            enrolment_id=inside.pk, journey_id=self.journey.pk, step="w", attempts=3, at=now,
            error=f"invalid input: qzreligion {CONTACT['email']}",
        )  # fmt: skip
        Finished.objects.create(
            **common, enrolment_id=inside.pk + 1000, trigger="t1", step="e1", seq=4, entered_at=NOW, ended_at=now,
            reason="exit_rule",
        )  # fmt: skip
        for id_, end in (
            (inside.pk, {"s": "w", "o": None}),
            (inside.pk + 1000, {"s": "w", "o": None, "x": "exit_rule", "w": why}),
        ):
            Pass.objects.create(
                **common, enrolment_id=id_, seq=1, at=now - timedelta(minutes=5), route=[*route, end]
            )
        other = Journey.objects.create(
            workspace=ws, team=self.journey.team, name="Other", draft=DRAWING, live=None, state="draft"
        )
        turned = Version.objects.create(journey=other, number=1, document={
            **DRAWING, "triggers": {"t1": {"kind": "event", "event": "visited", "where": ENTRY, "next": "b"}},
        }, published_at=NOW)  # fmt: skip
        Journey.objects.filter(pk=other.pk).update(live=turned, state="live")
        grant(other)
        self.other = other
        Refused.objects.create(
            journey_id=other.pk, version_id=turned.pk, profile_id=person.pk, trigger="t1", kind="where", at=now,
            why=[["qzdiagnosis", False]],
        )  # fmt: skip
        Message.objects.filter(pk=self.message.pk).update(
            state="sent", sent_at=now, address=CONTACT["email"], journey_id=self.journey.pk, step="m",
            enrolment_id=inside.pk, seq=3,
        )  # fmt: skip
        MessageBody.objects.create(
            message_id=self.message.pk,
            data={
                "subject": "About qzreligion",
                "html": f"<p>qzaura qznested {CONTACT['email']}</p>",
                "text": "qzaura",
            },
        )
        for kind, data in (
            ("clicked", {"url": "https://shop.example/?q=qzreligion"}),
            ("replied", {"text": "qzaura, qzreply@example.com"}),
        ):
            MessageEvent.objects.create(
                workspace_id=ws.pk,
                message_id=self.message.pk,
                profile_id=person.pk,
                kind=kind,
                at=now,
                data=data,
            )

    def _uploaded(self) -> None:
        """A file that waits for its columns to be explained."""
        text = f"id,religion,mail,aura\nc1,qzreligion,{CONTACT['email']},qzaura\n".encode()
        Upload.objects.filter(pk=self.upload.pk).update(state="uploading", size=len(text), rejects=0)
        self.upload.refresh_from_db()
        uploads.folder(self.upload).mkdir(parents=True, exist_ok=True)
        (uploads.folder(self.upload) / "data").write_bytes(text)
        uploads.look(self.upload)


def person_of(world: Marked) -> dict[str, Any]:
    return {
        "person": {"id": str(world.profile.public_id)},
        "events": [{"event": "visited", "timestamp": SOON}],
    }


SOON = "2026-11-18T10:00:00Z"
# What a route shows only when it is asked for it.
ASKED: dict[str, list[tuple[str, Callable[[Marked], Any]]]] = {
    "journeys:why-not": [
        ("GET", lambda w: {"journey": w.other.public_id}),
        ("GET", lambda w: {"journey": w.journey.public_id}),
    ],
    "journeys:step-people": [
        ("GET", lambda _w, which=which: {"which": which}) for which in ("inside", "entered", "completed")
    ],
    "journeys:failures": [("GET", lambda _w: {})],
    "api-journey-simulations": [("POST", lambda w: {**person_of(w), "start": "2026-11-18T09:00:00Z"})],
    "api-journey-tests": [("GET", lambda _w: {})],
    "api-content-preview": [("POST", lambda w: {"profile": str(w.profile.public_id)})],
    "content:preview": [("POST", lambda w: {"person": str(w.profile.public_id)})],
    "content:people": [("GET", lambda _w: {"q": "Yu"}), ("GET", lambda _w: {"q": "c1"})],
    "profiles:list": [("GET", lambda _w: {"q": "Yu"})],
    "profiles:person": [("GET", lambda _w: {"event": "visited"}), ("GET", lambda _w: {"kind": "journey"})],
    "profile-timeline": [("GET", lambda _w: {"event": "visited"})],
    "profile-list": [("GET", lambda _w: {"search": "c1"})],
    "segment-preview": [("POST", lambda _w: {"condition": PUBLIC})],
    "segments:live": [("POST", lambda w: {"segment": str(w.segment.public_id)})],
    "segments:segment": [("GET", lambda _w: {"people": "1"})],
}
KEYS = {"journeys:step-people": ("b", "m", "w"), "journeys:failures": ("w",)}


def cases(world: Marked, role: str) -> Iterator[tuple[str, Route, str, Rule]]:
    """Every way of asking that the role has, as the table has it and with what shows more."""
    for name, route in ROUTES.items():
        if route.public or route.keyed or name in REVEALS:
            continue
        own = [route]
        if name in KEYS:
            own = [
                replace(route, kwargs=lambda w, key=key: {"id": w.journey.public_id, "key": key})
                for key in KEYS[name]
            ]
        if name == "api-profile-why":
            other = {"public_id": world.profile.public_id, "journey": world.other.public_id}
            own.append(replace(route, kwargs=lambda _w, other=other: other))
        for one in own:
            for method, rule in one.methods.items():
                if role in rule.who:
                    yield name, one, method, rule
            for method, body in ASKED.get(name, []):
                if (rule := one.methods.get(method)) and role in rule.who:
                    yield name, one, method, replace(rule, body=body)


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_shows_what_the_reader_may_not_see(role, settings, tmp_path):
    settings.UPLOADS = str(tmp_path)
    world = Marked()
    marks = [mark for kind in ROLES[role] for mark in MARKERS[kind]]
    shown, asked, served = [], 0, set()
    for name, route, method, rule in cases(world, role):
        answer = ask(signed_in(world, role), name, route, world, method, rule)
        body = (
            b"" if answer.streaming else answer.content
        )  # live counts without an end; exports are not theirs
        text = html.unescape(body.decode(errors="replace"))
        text = text.encode().decode("unicode_escape", errors="replace") if "\\u" in text else text
        asked += 1
        if answer.status_code == 200:
            served.add(name)
        shown += [f"{method} {name}: {mark}" for mark in marks if mark in text]
    assert shown == []
    assert asked > 90
    assert served >= {
        "profiles:person",
        "profile-detail",
        "profile-timeline",
        "journeys:why-not",
        "content:preview",
    }


def test_the_markers_are_there_for_who_may_see_them(settings, tmp_path):
    """Else the test above could not fail: an owner is shown each sensitive one, and the addresses after a reason."""
    settings.UPLOADS = str(tmp_path)
    world = Marked()
    seen: dict[str, set[str]] = {}
    for name, route, method, rule in cases(world, "owner"):
        answer = ask(signed_in(world, "owner"), name, route, world, method, rule)
        if not answer.streaming:
            text = answer.content.decode(errors="replace")
            seen.setdefault(name, set()).update(mark for mark in MARKERS["sensitive"] if mark in text)
    assert set().union(*seen.values()) == set(MARKERS["sensitive"])
    told = {name for name, marks in seen.items() if marks}
    assert told >= TELL, sorted(TELL - told)
    client = signed_in(world, "owner")
    client.post(reverse("profiles:contact", args=[world.profile.public_id]), {"reason": "call back"})
    page = client.get(reverse("profiles:person", args=[world.profile.public_id])).content.decode()
    assert CONTACT["email"] in page and "qzstreet" in page


# The places that show something of a person's values to those who may see it: each was looked at.
TELL = {
    "profiles:person", "profile-detail", "profile-list", "profile-timeline", "profile-journeys", "journeys:why-not",
    "api-profile-why", "api-journey-simulations", "api-message-detail", "content:preview", "api-content-preview",
    "segment-preview", "segments:live", "profiles:live-calls", "profiles:upload",
}  # fmt: skip
