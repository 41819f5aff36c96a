"""Calls over HTTP: what is stored, what is refused and why."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from profiles.models import Consent, Event, Identity, KnownName, Profile, Source

pytestmark = pytest.mark.django_db(transaction=True)

ANNA = {"userId": "anna"}


def test_track_stores_the_event_of_a_new_person(send: Any, source: Source) -> None:
    answer = send(
        "track",
        {**ANNA, "event": "order_completed", "properties": {"total": 42}, "context": {"locale": "ko-KR"}},
    )
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    profile = Profile.objects.get(workspace=source.workspace, external_id="anna")
    event = Event.objects.get()
    assert (event.profile_id, event.name, event.properties) == (profile.pk, "order_completed", {"total": 42})
    assert event.source_id == source.pk
    assert event.context == {"locale": "ko-KR"}
    assert profile.attributes == {"locale": "ko-KR"}


def test_identify_fills_the_standard_attributes(send: Any) -> None:
    traits = {
        "firstName": "Anna", "email": " Anna@Example.com ", "phone": "010-1234-5678", "timezone": "Asia/Seoul",
        "address": {"country": "KR", "city": "Seoul", "postalCode": "04001"}, "plan": "pro", "nothing": "",
        "birthday": "1990-05-01T00:00:00Z",
    }  # fmt: skip
    assert send("identify", {**ANNA, "traits": traits}).status_code == 200
    profile = Profile.objects.get()
    assert profile.attributes == {
        "first_name": "Anna", "email": "Anna@Example.com", "phone": "+821012345678", "time_zone": "Asia/Seoul",
        "address": {"country": "KR", "city": "Seoul", "postal_code": "04001"}, "country": "KR", "city": "Seoul",
        "plan": "pro", "birthday": "1990-05-01",
    }  # fmt: skip
    assert (profile.email, profile.phone) == ("anna@example.com", "+821012345678")


def test_identify_again_changes_what_it_names_and_null_takes_away(send: Any) -> None:
    send("identify", {**ANNA, "traits": {"plan": "free", "city": "Seoul", "old": 1}})
    send("identify", {**ANNA, "traits": {"plan": "pro", "old": None}})
    assert Profile.objects.get().attributes == {"plan": "pro", "city": "Seoul"}


def test_context_never_overwrites_what_is_known(send: Any) -> None:
    send("identify", {**ANNA, "traits": {"locale": "ko"}})
    send("track", {**ANNA, "event": "seen", "context": {"locale": "en-US", "timezone": "Europe/Berlin"}})
    assert Profile.objects.get().attributes == {"locale": "ko", "time_zone": "Europe/Berlin"}


def test_consents_come_as_a_trait(send: Any) -> None:
    send("identify", {**ANNA, "traits": {"consents": {"email": {"offers": "granted"}, "sms": "withdrawn"}}})
    rows = Consent.objects.order_by("medium").values_list("medium", "topic", "state")
    assert list(rows) == [("email", "offers", "granted"), ("sms", "*", "withdrawn")]
    assert Profile.objects.get().attributes == {}


def test_page_screen_and_group_are_events(send: Any) -> None:
    send("page", {**ANNA, "name": "Home", "properties": {"url": "https://shop.example/"}})
    send("screen", {**ANNA, "name": "Cart"})
    send("group", {**ANNA, "groupId": "acme", "traits": {"plan": "team"}})
    rows = Event.objects.order_by("id").values_list("name", "properties")
    assert list(rows) == [
        ("page", {"url": "https://shop.example/", "name": "Home"}),
        ("screen", {"name": "Cart"}),
        ("group", {"plan": "team", "group_id": "acme"}),
    ]


def test_a_write_key_in_the_body_will_do(source: Source) -> None:
    body = {**ANNA, "event": "seen", "writeKey": source.write_key}
    assert Client().post("/v1/track", body, content_type="application/json").status_code == 200
    batch = {"batch": [{**ANNA, "type": "track", "event": "seen"}], "writeKey": source.write_key}
    assert Client().post("/v1/batch", json.dumps(batch), content_type="text/plain").status_code == 200
    assert Event.objects.count() == 2


def test_a_wrong_or_missing_key_is_401(send: Any, source: Source) -> None:
    assert send("track", {**ANNA, "event": "seen"}, key="wk_wrong").status_code == 401
    answer = Client().post("/v1/track", {**ANNA, "event": "x"}, content_type="application/json")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="write key"')
    assert send("track", {**ANNA, "event": "seen"}, authorization="Basic ???").status_code == 401
    source.is_active = False
    source.save(update_fields=["is_active"])
    assert send("track", {**ANNA, "event": "seen"}).status_code == 401
    assert not Event.objects.exists()


def test_a_batch_keeps_the_good_calls_and_names_the_bad(send: Any) -> None:
    answer = send(
        "batch",
        {
            "batch": [
                {**ANNA, "type": "track", "event": "first"},
                {**ANNA, "type": "track"},
                {"type": "track", "event": "whose"},
                {**ANNA, "type": "dance"},
                "no object",
                {**ANNA, "type": "track", "event": 5},
                {**ANNA, "type": "track", "event": "big", "properties": {"text": "x" * 40_000}},
                {**ANNA, "type": "track", "event": "last"},
            ]
        },
    )
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    rejected = {entry["index"]: entry["reason"] for entry in answer.json()["rejected"]}
    assert list(rejected) == [1, 2, 3, 4, 5, 6]
    assert rejected[1] == "event must have a name"
    assert rejected[2] == "userId or anonymousId must say who"
    assert rejected[6] == "a call may have 32 kB"
    assert list(Event.objects.order_by("id").values_list("name", flat=True)) == ["first", "last"]


def test_the_same_message_id_is_stored_once(send: Any) -> None:
    call = {**ANNA, "type": "track", "event": "seen", "messageId": "m-1"}
    assert send("batch", {"batch": [call, call]}).json() == {"success": True}
    assert send("track", call).json() == {"success": True}
    assert Event.objects.count() == 1


def test_client_clocks_are_corrected(send: Any) -> None:
    now = datetime.now(UTC)
    wrong = now - timedelta(days=365)
    send("track", {
        **ANNA, "event": "seen", "sentAt": wrong.isoformat(),
        "originalTimestamp": (wrong - timedelta(minutes=10)).isoformat(),
    })  # fmt: skip
    assert abs(Event.objects.get().ts - (now - timedelta(minutes=10))) < timedelta(seconds=10)


def test_a_timestamp_in_the_future_is_now(send: Any) -> None:
    send("track", {**ANNA, "event": "seen", "timestamp": "2999-01-01T00:00:00Z"})
    event = Event.objects.get()
    assert event.ts == event.received_at


def test_gzip_is_read_and_bounded(send: Any) -> None:
    packed = gzip.compress(json.dumps({**ANNA, "event": "seen"}).encode())
    assert send("track", packed, **{"content-encoding": "gzip"}).status_code == 200
    bomb = gzip.compress(b" " * 50_000_000)
    assert send("track", bomb, **{"content-encoding": "gzip"}).status_code == 413
    assert send("track", b"no gzip", **{"content-encoding": "gzip"}).status_code == 400
    assert send("track", packed[:-4], **{"content-encoding": "gzip"}).status_code == 400
    assert send("track", packed, **{"content-encoding": "br"}).status_code == 415


def test_browsers_may_call_from_anywhere() -> None:
    answer = Client().options("/v1/track")
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert Client().get("/v1/track").status_code == 405


BAD = {
    "no JSON": b"{",
    "empty": b"",
    "a list": b"[]",
    "a number": b"7",
    "NaN": b'{"userId": "a", "event": "x", "properties": {"v": NaN}}',
    "a huge float": b'{"userId": "a", "event": "x", "properties": {"v": 1e999}}',
    "a huge int": b'{"userId": "a", "event": "x", "properties": {"v": ' + b"9" * 400 + b"}}",
    "NUL in a value": b'{"userId": "a", "event": "x", "properties": {"v": "\\u0000"}}',
    "NUL in a key": b'{"userId": "a", "event": "x", "properties": {"\\u0000": 1}}',
    "NUL in the id": b'{"userId": "a\\u0000", "event": "x"}',
    "NUL in the name": b'{"userId": "a", "event": "x\\u0000y"}',
    "NUL in the message id": b'{"userId": "a", "event": "x", "messageId": "\\u0000"}',
    "NUL in the context": b'{"userId": "a", "event": "x", "context": {"v": ["\\u0000"]}}',
    "NUL bare": b'{"userId": "a", "event": "x\0"}',
    "bad UTF-8": b'{"userId": "a", "event": "\xff\xfe"}',
    "bad UTF-8 in a value": b'{"userId": "a", "event": "x", "properties": {"v": "\xc3"}}',
    "a lone surrogate": b'{"userId": "a", "event": "x", "properties": {"v": "\\ud800"}}',
    "deep": b'{"userId": "a", "event": "x", "properties": {"v": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}",
    "deep elsewhere": b'{"userId": "a", "event": "x", "extra": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "rather deep": b'{"userId": "a", "event": "x", "properties": {"v": ' + b"[" * 100 + b"]" * 100 + b"}}",
    "a bad time": b'{"userId": "a", "event": "x", "timestamp": "yesterday"}',
    "a time off the calendar": b'{"userId": "a", "event": "x", "timestamp": "0001-01-01T00:00:00+14:00"}',
    "a long id": b'{"userId": "' + b"a" * 300 + b'", "event": "x"}',
    "a long name": b'{"userId": "a", "event": "' + b"x" * 300 + b'"}',
    "properties no object": b'{"userId": "a", "event": "x", "properties": [1]}',
    "an object as id": b'{"userId": {}, "event": "x"}',
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_400_with_the_reason(send: Any, name: str) -> None:
    answer = send("track", BAD[name])
    assert answer.status_code == 400, answer.content
    assert answer.json()["detail"]
    in_batch = b'{"batch": [' + BAD[name].replace(b"{", b'{"type": "track",', 1) + b"]}"
    answer = send("batch", in_batch)
    assert answer.status_code == 400 or not BAD[name] or answer.json()["rejected"][0]["index"] == 0
    assert not Event.objects.exists()
    assert not Profile.objects.exists()


@pytest.mark.parametrize(
    "traits",
    [
        {"consents": "yes"},
        {"consents": {"email": {"offers": "maybe"}}},
        {"consents": {"E MAIL": {"offers": "granted"}}},
        {"consents": {"email": {"a b": "granted"}}},
    ],
)
def test_consents_that_cannot_be_read_are_refused(send: Any, traits: dict[str, Any]) -> None:
    assert send("identify", {**ANNA, "traits": traits}).status_code == 400
    assert not Profile.objects.exists()


def test_too_large_is_413(send: Any) -> None:
    assert send("track", {**ANNA, "event": "x", "properties": {"v": "y" * 1_000_000}}).status_code == 413
    calls = [{**ANNA, "type": "track", "event": "x", "properties": {"v": "y" * 30_000}}] * 20
    assert send("batch", {"batch": calls}).status_code == 413
    assert not Event.objects.exists()


def test_a_person_cannot_grow_without_end(send: Any) -> None:
    answers = [send("identify", {**ANNA, "traits": {f"t{n}": "x" * 30_000}}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 400, 400]
    assert "100 kB" in answers[-1].json()["detail"]


def test_names_that_came_are_remembered_with_a_type(send: Any, source: Source) -> None:
    properties = {"total": 4.5, "gift": True, "at": "2026-01-01", "note": "hi", "items": [], "shop": {}}
    send("track", {**ANNA, "event": "order_completed", "properties": properties})
    send("identify", {**ANNA, "traits": {"plan": "pro"}})
    rows = KnownName.objects.filter(workspace=source.workspace).order_by("kind", "event", "name")
    assert list(rows.values_list("kind", "event", "name", "type")) == [
        ("attribute", "", "plan", "text"),
        ("event", "", "order_completed", ""),
        ("property", "order_completed", "at", "date"),
        ("property", "order_completed", "gift", "yes_no"),
        ("property", "order_completed", "items", "list"),
        ("property", "order_completed", "note", "text"),
        ("property", "order_completed", "shop", "object"),
        ("property", "order_completed", "total", "number"),
    ]


def test_a_number_as_id_and_an_anonymous_person(send: Any) -> None:
    send("track", {"userId": 42, "event": "seen"})
    send("track", {"anonymousId": "a-1", "event": "seen"})
    assert sorted(Profile.objects.values_list("external_id", flat=True), key=str) == ["42", None]
    assert Identity.objects.get().value == "a-1"


def test_the_number_of_statements_does_not_grow_with_the_batch(
    send: Any, django_assert_max_num_queries: Any
) -> None:
    counts: list[int] = []

    def batch(people: int, start: int) -> dict[str, Any]:
        names = [f"p{n}" for n in range(start, start + people)]
        calls: list[dict[str, Any]] = []
        for name in names:
            calls += [
                {"type": "identify", "userId": name, "traits": {"plan": "pro"}, "messageId": f"i{name}"},
                {"type": "track", "userId": name, "event": "seen", "messageId": f"t{name}"},
            ]
        return {"batch": calls}

    send("batch", batch(1, 0))  # the names and the key are remembered by now
    # Begin, message ids, people, savepoint, new people, release, announcement, events, commit; a look at the live
    # journeys; and the announcement is done.
    for people, start in ((1, 1), (3, 10)):
        with django_assert_max_num_queries(11) as queries:
            assert send("batch", batch(people, start)).json() == {"success": True}
        counts.append(len(queries))
    assert counts[0] == counts[1]
