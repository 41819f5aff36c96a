"""Erased stays erased, all is handed out, old events go, topics are set up: the rules of consent and privacy."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from channels.models import Suppression
from profiles import computed, consent, record_event, retention
from profiles.call import Call
from profiles.computed import filling
from profiles.erase import erase
from profiles.models import (
    ComputedAttribute,
    Consent,
    ConsentChange,
    ErasedName,
    Event,
    LiveCall,
    PrivacySettings,
    Profile,
    RefusedSample,
    Retention,
    Source,
    Topic,
)
from tests.factories.channels import NOW, make_message, make_person, make_topic
from tests.factories.journeys import make_journey, signed_in, simple_document
from tests.factories.workspaces import make_actor, make_workspace
from workspaces import api_keys
from workspaces.models import AuditEntry, IdempotentRequest

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=1)


@pytest.fixture
def admin(workspace):
    return make_actor(workspace, "admin", ("email",))


@pytest.fixture
def person(workspace):
    person = make_person(workspace, email="Yujin@example.com", first_name="Yujin")
    call = Call("track", NOW, user_id=person.external_id, anonymous_id="device-1", event="page")
    record_event.record(workspace.pk, None, [call], NOW)
    return person


def record(workspace, *calls, now=LATER):
    return record_event.record(workspace.pk, None, list(calls), now)


# Erased stays erased


@pytest.mark.parametrize(
    "who",
    [
        {"user_id": "her-number"},
        {"anonymous_id": "device-1"},
        {"anonymous_id": "device-9", "traits": {"email": "YUJIN@example.com"}},
        {"email": "yujin@example.com"},
        {"user_id": "another", "anonymous_id": "device-1"},
    ],
)
def test_late_calls_bring_nobody_back(workspace, admin, person, who):
    who = {key: person.external_id if value == "her-number" else value for key, value in who.items()}
    erase(admin, person, LATER)
    before = Profile.objects.count()

    result = record(workspace, Call("track", NOW, event="page", **who))

    assert (result.stored, [reason for _at, reason in result.rejected]) == (
        0,
        ["names nobody: the person is unknown or erased"],
    )
    assert Profile.objects.count() == before
    assert not Event.objects.exists()


def test_others_of_the_batch_are_kept(workspace, admin, person):
    erase(admin, person, LATER)

    result = record(
        workspace,
        Call("track", NOW, user_id="new-1", event="page"),
        Call("track", NOW, anonymous_id="device-1", event="page"),
        Call("track", NOW, user_id="new-2", event="page"),
    )

    assert [one is None for one in result.profile_ids] == [False, True, False]
    assert set(Profile.objects.exclude(external_id=None).values_list("external_id", flat=True)) == {
        "new-1",
        "new-2",
    }


def test_the_table_of_erased_names_tells_no_names(admin, person):
    erase(admin, person, LATER)

    kept = str(list(ErasedName.objects.values()))
    assert ErasedName.objects.count() == 4  # number, device, e-mail, phone
    assert "yujin" not in kept.lower()
    assert person.external_id not in kept


def test_a_new_sign_up_lets_her_in_and_what_was_closed_stays_closed(workspace, admin, person):
    Suppression.objects.create(
        workspace=workspace, medium="email", address="yujin@example.com", reason="complaint", at=NOW
    )
    erase(admin, person, LATER)
    assert "yujin" not in Suppression.objects.get().address
    email = {"email": "yujin@example.com"}

    late = record(workspace, Call("track", NOW, user_id="n", event="signed_up", traits=email))
    assert late.stored == 0  # it happened before the erasure

    record(workspace, Call("track", LATER + timedelta(hours=1), user_id="n", event="signed_up", traits=email))

    assert Profile.objects.get(external_id="n").email == "yujin@example.com"
    row = Suppression.objects.get()
    assert (row.address, row.reason) == ("yujin@example.com", "complaint")


def test_a_workspace_says_after_how_long_anything_lets_her_in(workspace, admin, person):
    PrivacySettings.objects.create(workspace=workspace, readmit_events=[], readmit_after_days=30)
    erase(admin, person, LATER)
    call = Call("track", LATER + timedelta(days=1), anonymous_id="device-1", event="signed_up")

    assert record(workspace, call, now=LATER + timedelta(days=29)).stored == 0
    assert record(workspace, call, now=LATER + timedelta(days=30)).stored == 1


def test_other_workspaces_know_nothing_of_it(admin, person):
    erase(admin, person, LATER)

    assert record(make_workspace(), Call("track", NOW, anonymous_id="device-1", event="page")).stored == 1


def test_answers_of_the_api_go_too(admin, person):
    IdempotentRequest.objects.create(
        user=admin.user, path="/api/v1/profiles/", key="k", digest="d", status=201, created_at=NOW,
        body={"id": str(person.public_id), "attributes": person.attributes},
    )  # fmt: skip
    erase(admin, person, LATER)

    assert not IdempotentRequest.objects.exists()


# All is handed out


def everything(response):
    return b"".join(response.streaming_content).decode()


def test_export_as_json_and_as_a_page(workspace, person):
    make_message(person, {"subject": "For you", "html": "<p>Secret offer</p>", "text": "Secret offer"})
    client, _user = signed_in(workspace)
    url = reverse("profiles:export", args=[person.public_id])

    answer = client.post(url, {"format": "json"})
    data = json.loads(everything(answer))
    page = everything(client.post(url, {"format": "html"}))

    assert answer["Content-Disposition"] == f'attachment; filename="person-{person.public_id}.json"'
    assert data["profile"][0]["attributes"]["email"] == "Yujin@example.com"
    assert [event["name"] for event in data["events"]] == ["page"]
    assert data["messages"][0]["variables"]["words"]["text"] == "Secret offer"
    assert "source_id" not in data["events"][0]
    assert {row["value"] for row in data["identities"]} == {"device-1"}
    assert "Yujin@example.com" in page
    assert "&lt;p&gt;Secret offer&lt;/p&gt;" in page
    taken = AuditEntry.objects.filter(action="person.exported").order_by("pk")
    assert [entry.detail for entry in taken] == [{"format": "json"}, {"format": "html"}]


def test_export_by_the_api_is_for_those_who_may(workspace, person):
    for role, status in (("admin", 200), ("marketer", 403)):
        _key, plain = api_keys.create(workspace, role, role, [], at=NOW)
        answer = Client().get(
            f"/api/v1/profiles/{person.public_id}/export/", headers={"Authorization": f"Bearer {plain}"}
        )
        assert answer.status_code == status
    assert AuditEntry.objects.filter(action="person.exported").count() == 1


def test_the_api_shows_a_session_no_more_than_its_page(workspace, person):
    client, _user = signed_in(workspace)
    url = f"/api/v1/profiles/{person.public_id}/"

    assert "Yujin@example.com" not in client.get(url).content.decode()
    client.post(reverse("profiles:contact", args=[person.public_id]), {"reason": "She called"})
    assert "Yujin@example.com" in client.get(url).content.decode()

    _key, plain = api_keys.create(workspace, "shop", "marketer", [], at=NOW)
    assert (
        "Yujin@example.com"
        in Client().get(url, headers={"Authorization": f"Bearer {plain}"}).content.decode()
    )


def test_a_reveal_ends_after_ten_minutes_or_by_hand(workspace, person, monkeypatch):
    client, _user = signed_in(workspace)
    url = reverse("profiles:contact", args=[person.public_id])
    page = reverse("profiles:person", args=[person.public_id])
    monkeypatch.setattr("lib.clock.now", lambda: LATER)
    client.post(url, {"reason": "She called"})
    monkeypatch.setattr("lib.clock.now", lambda: LATER + timedelta(minutes=9))
    assert "Yujin@example.com" in client.get(page).content.decode()
    monkeypatch.setattr("lib.clock.now", lambda: LATER + timedelta(minutes=11))
    assert "Yujin@example.com" not in client.get(page).content.decode()
    client.post(url, {"reason": "Again"})
    client.post(url, {"hide": "1"})
    assert "Yujin@example.com" not in client.get(page).content.decode()
    assert AuditEntry.objects.filter(action="person.revealed").count() == 2


# The proof


def test_every_change_is_kept_with_its_source(workspace, source, person):
    record_event.record(
        workspace.pk, source.pk,
        [Call("identify", LATER, user_id=person.external_id, consents={"email": {"*": "withdrawn"}})], LATER,
    )  # fmt: skip
    again = Call(
        "identify",
        LATER + timedelta(hours=1),
        user_id=person.external_id,
        consents={"email": {"*": "withdrawn"}},
    )
    record_event.record(workspace.pk, source.pk, [again], LATER)

    rows = ConsentChange.objects.values_list("medium", "topic", "state", "how", "source_id", "at")
    assert list(rows) == [("email", "*", "withdrawn", "identify", source.pk, LATER)]


def test_joined_people_keep_both_histories(workspace, person):
    Consent.objects.all().delete()
    record(workspace, Call("identify", NOW, user_id="second", consents={"email": {"news": "granted"}}))
    record(workspace, Call("alias", NOW, user_id=person.external_id, previous_id="second"))

    assert set(ConsentChange.objects.values_list("profile_id", "topic")) == {(person.pk, "news")}


def test_raw_calls_that_name_her_go_and_others_stay(workspace, admin, person):
    source = Source.objects.create(workspace=workspace, name="Web")
    for who, body in (
        (person.external_id, {"userId": person.external_id}),
        ("device-1", {"anonymousId": "device-1"}),
        ("", {"traits": {"email": "yujin@EXAMPLE.com"}}),
        ("somebody", {"userId": "somebody", "note": f"not {person.external_id}"}),
    ):
        LiveCall.objects.create(
            workspace_id=workspace.pk, source_id=source.pk, at=NOW, kind="identify", event="", who=who, answer="taken",
            reason="", body=json.dumps(body),
        )  # fmt: skip
        RefusedSample.objects.create(
            workspace_id=workspace.pk,
            source_id=source.pk,
            reason="x",
            at=NOW,
            sample=json.dumps(body, indent=1),
        )

    erase(admin, person, LATER)

    assert list(LiveCall.objects.values_list("who", flat=True)) == ["somebody"]
    assert ["somebody" in sample for sample in RefusedSample.objects.values_list("sample", flat=True)] == [
        True
    ]


# Old events


def old(workspace, person, name, days):
    call = Call("track", NOW - timedelta(days=days), user_id=person.external_id, event=name)
    record_event.record(workspace.pk, None, [call], NOW, quiet=True)


def kept():
    return sorted(Event.objects.values_list("name", flat=True))


def test_what_is_older_than_its_rule_goes(workspace, admin, person):
    Event.objects.all().delete()
    for name, days in (("page", 10), ("page", 40), ("order", 40), ("order", 400), ("page", 2000)):
        old(workspace, person, name, days)
    stranger = make_person(make_workspace())
    old(stranger.workspace, stranger, "page", 400)
    retention.keep(admin, "page", 30, NOW)

    assert retention.sweep(NOW, chunk=1) == 2
    assert kept() == ["order", "order", "page", "page"]
    rule = Retention.objects.get()
    assert (rule.deleted, rule.cleared_until) == (2, NOW - timedelta(days=30))


def test_a_rule_for_all_others_leaves_those_with_their_own(workspace, admin, person):
    Event.objects.all().delete()
    for name in ("page", "order", "seen"):
        old(workspace, person, name, 100)
    retention.keep(admin, "*", 30, NOW)
    retention.keep(admin, "order", 365, NOW)

    assert retention.sweep(NOW) == 2
    assert kept() == ["order"]


def test_what_comes_in_late_goes_within_the_week(workspace, admin, person):
    Event.objects.all().delete()
    retention.keep(admin, "page", 30, NOW)
    retention.sweep(NOW)
    old(workspace, person, "page", 100)

    assert retention.sweep(NOW + timedelta(days=1)) == 0
    assert retention.sweep(NOW + timedelta(days=7)) == 1


@pytest.mark.parametrize("rule", ["bought", "*"])
def test_figures_over_all_time_stay_and_those_of_the_last_days_are_counted_anew(
    workspace, admin, person, rule
):
    def figure(name, days, event="bought"):
        return ComputedAttribute.objects.create(
            workspace=workspace, name=name, kind="count", event=event, window_days=days, state="live", fill_after=NOW,
            created_at=NOW, updated_at=NOW,
        )  # fmt: skip

    figure("ever", None), figure("of_90", 90), figure("of_20", 20), figure("of_others", 90, "seen")
    computed.forget()
    for days in (5, 60, 80, 200):
        old(workspace, person, "bought", days)
    before = Profile.objects.get(pk=person.pk).attributes
    assert (before["ever"], before["of_90"], before["of_20"]) == (4, 3, 1)
    retention.keep(admin, rule, 30, NOW)

    assert retention.sweep(NOW) >= 3
    assert set(ComputedAttribute.objects.filter(state="filling").values_list("name", flat=True)) == (
        {"of_90"} if rule == "bought" else {"of_90", "of_others"}
    )
    filling.fill(NOW + timedelta(hours=1))

    after = Profile.objects.get(pk=person.pk).attributes
    assert (after["ever"], after["of_90"], after["of_20"]) == (4, 1, 1)


# Topics


def test_topics_are_made_changed_and_put_in_order(workspace):
    client, _user = signed_in(workspace)
    new = {"name": "New things", "name_ko": "새 소식", "media": ["email"], "double_opt_in": "on"}
    assert client.post(reverse("privacy:topic-new"), new).status_code == 302
    client.post(reverse("privacy:topic-new"), {"name": "Offers", "slug": "offers"})
    first, second = Topic.objects.all()
    assert (first.slug, first.media, first.double_opt_in, second.slug) == (
        "new-things",
        ["email"],
        True,
        "offers",
    )

    client.post(reverse("privacy:topic-place", args=[second.pk]), {"step": "-1"})
    client.post(reverse("privacy:topic", args=[second.pk]), {"name": "Deals", "slug": "other"})

    assert list(Topic.objects.values_list("slug", "name")) == [
        ("offers", "Deals"),
        ("new-things", "New things"),
    ]
    assert client.post(reverse("privacy:topic-new"), {"name": "X", "slug": "offers"}).status_code == 422
    both = {"name": "X", "transactional": "on", "double_opt_in": "on"}
    assert client.post(reverse("privacy:topic-new"), both).status_code == 422
    html = client.get(reverse("privacy:consent"), headers={"Accept-Language": "ko"}).content.decode()
    assert "새 소식" in html or "New things" in html


def test_a_topic_that_a_journey_uses_is_not_archived(workspace, admin):
    topic = make_topic(workspace, "offers")
    step = {"kind": "send_email", "settings": {"content": "hello", "topic": "offers"}, "next": {"next": "x1"}}
    make_journey(admin, simple_document(m1=step))
    client, _user = signed_in(workspace)
    url = reverse("privacy:topic-archive", args=[topic.pk])

    assert "It is used in Cart rescue." in client.post(url, follow=True).content.decode()
    topic.refresh_from_db()
    assert topic.archived_at is None
    unused = make_topic(workspace, "news")
    client.post(reverse("privacy:topic-archive", args=[unused.pk]))
    unused.refresh_from_db()
    assert unused.archived_at is not None
    client.post(reverse("privacy:topic-archive", args=[unused.pk]), {"back": "1"})
    unused.refresh_from_db()
    assert unused.archived_at is None


def test_consent_to_the_night_is_asked_for_said_and_shown(workspace):
    client, _user = signed_in(workspace)
    person = make_person(workspace)
    page = reverse("profiles:person", args=[person.public_id])
    assert "Night, 21–08" not in client.get(page).content.decode()

    assert "Ask for consent to the night" in client.get(reverse("privacy:consent")).content.decode()
    client.post(reverse("privacy:night"), {"on": "1"})
    workspace.refresh_from_db()
    assert workspace.night_consent
    assert "No longer ask for it" in client.get(reverse("privacy:consent")).content.decode()
    assert AuditEntry.objects.get(action="privacy.changed").detail["privacy"] == "night"
    shown = client.get(page).content.decode()
    assert "Night, 21–08" in shown and "Not asked" in shown

    said = consent.read({"night": "granted"})
    record(workspace, Call("identify", NOW, user_id=person.external_id, consents=said))
    row = ConsentChange.objects.get(medium="night")
    assert (row.topic, row.state, row.at) == ("*", "granted", NOW)
    with pytest.raises(ValueError, match="for no topic of its own"):
        consent.read({"night": {"offers": "granted"}})


def test_rules_are_set_on_the_page(workspace):
    client, _user = signed_in(workspace)
    assert client.post(reverse("privacy:retention"), {"event": "*", "days": "3"}).status_code == 422
    client.post(reverse("privacy:retention"), {"event": "*", "days": "365"})
    client.post(
        reverse("privacy:erasure-rules"), {"readmit_events": "signed_up, joined", "readmit_after_days": ""}
    )
    client.post(reverse("privacy:confirmation"), {"ko_subject": "{name} 확인"})

    kept = PrivacySettings.objects.get()
    assert (kept.readmit_events, kept.readmit_after_days) == (["signed_up", "joined"], None)
    assert kept.confirmation == {"en": {}, "ko": {"subject": "{name} 확인"}}
    html = client.get(reverse("privacy:rules")).content.decode()
    assert "365 days" in html
    client.post(reverse("privacy:retention-deletion", args=[Retention.objects.get().pk]))
    assert not Retention.objects.exists()
    assert (
        AuditEntry.objects.filter(
            action__in=["retention.changed", "privacy.changed", "retention.deleted"]
        ).count()
        == 4
    )
