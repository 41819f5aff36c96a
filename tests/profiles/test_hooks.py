"""Somebody else's webhook: a mapping in JMESPath, a signature, what is refused and why; 200 only when it is kept."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from django.test import Client

from profiles import source_notes
from profiles.connectors import webhook
from profiles.models import Event, Profile, RefusedSample, Source
from tests.profiles.test_pages import signed_in
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
ORDERS = {
    "type": "track", "each": "orders[]", "user_id": "customer.id", "event": "'order_placed'", "time": "at",
    "message_id": "number", "properties": "{amount: total, shop: shop.name}",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_notes() -> Any:
    source_notes.forget()
    yield
    source_notes.forget()


@pytest.fixture
def till(workspace: Workspace) -> Source:
    return Source.objects.create(workspace=workspace, name="Till", kind="hook", settings=ORDERS)


def post(source: Source, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(
        f"/hooks/{source.write_key}/", data, content_type="application/json", headers=headers
    )


def order(number: str, customer: Any = "M-1", **more: Any) -> dict[str, Any]:
    return {
        "number": number, "customer": {"id": customer}, "total": 12000, "shop": {"name": "Seongsu"},
        "at": "2026-03-02T09:30:00+09:00", **more,
    }  # fmt: skip


def test_an_array_gives_several_calls(till: Source) -> None:
    answer = post(till, {"orders": [order("1"), order("2", "M-2"), order("3", None)]})
    assert (answer.status_code, answer.json()["stored"], answer.json()["known"]) == (200, 2, 0)
    assert [entry["index"] for entry in answer.json()["rejected"]] == [2]
    event = Event.objects.get(message_id="1")
    assert (event.name, event.properties) == ("order_placed", {"amount": 12000, "shop": "Seongsu"})
    assert event.ts.isoformat() == "2026-03-02T00:30:00+00:00"
    assert post(till, {"orders": [order("1")]}).json() == {"stored": 0, "known": 1}
    source_notes.flush(event.received_at)
    assert "names nobody" in RefusedSample.objects.get().reason


def test_without_a_number_the_same_body_counts_once(till: Source) -> None:
    till.settings = {**ORDERS, "message_id": ""}
    till.save()
    body = {"orders": [order("1"), order("1")]}
    assert post(till, body).json()["stored"] == 2
    assert post(till, body).json() == {"stored": 0, "known": 2}


def test_people_come_in_too(till: Source) -> None:
    till.settings = {
        "type": "identify",
        "user_id": "id",
        "email": "mail",
        "properties": "{city: address.city}",
    }
    till.save()
    body = {"id": 7, "mail": "anna@example.com", "address": {"city": "Seoul"}}
    assert post(till, body).json() == {"stored": 1, "known": 0}
    assert Profile.objects.get(external_id="7").attributes == {"email": "anna@example.com", "city": "Seoul"}


def test_a_form_of_a_call_centre(till: Source) -> None:
    till.settings = {"type": "track", "phone": "caller", "event": "'called'", "properties": "{agent: agent}"}
    till.save()
    data = "caller=010-1234-5678&agent=Jo"
    answer = Client().post(
        f"/hooks/{till.write_key}/", data, content_type="application/x-www-form-urlencoded"
    )
    assert answer.json() == {"stored": 1, "known": 0}


@pytest.mark.parametrize(
    "encode", [lambda d: d.hex(), lambda d: "sha256=" + d.hex(), lambda d: base64.b64encode(d).decode()]
)
def test_signatures_are_checked(till: Source, encode: Any) -> None:
    till.settings = {**ORDERS, "header": "X-Signature"}
    till.secret = {"signing": "s3cret"}
    till.save()
    body = json.dumps({"orders": [order("1")]}).encode()
    right = encode(hmac.new(b"s3cret", body, hashlib.sha256).digest())
    assert post(till, body).status_code == 401
    assert post(till, body, **{"X-Signature": "0" * 64}).status_code == 401
    assert post(till, body, **{"X-Signature": "é"}).status_code == 401
    assert not Event.objects.exists()
    assert post(till, body, **{"X-Signature": right}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"orders": []}', 400),
        (b'{"orders": null}', 400),
        (b"5", 400),
        (b'{"orders": "text"}', 400),
        (b'{"orders": [{"customer": {"id": {"a": 1}}}]}', 422),
        (b'{"orders": [{"customer": {"id": "u"}, "at": "yesterday"}]}', 422),
        (b'{"orders": [{"customer": {"id": "u\\u0000"}}]}', 422),
        (b'{"orders": [' + b",".join([b"{}"] * 501) + b"]}", 400),
        (b'"' + b"x" * 1_100_000 + b'"', 413),
    ],
)
def test_what_is_no_use_is_refused_and_noted(till: Source, body: bytes, status: int) -> None:
    assert post(till, body).status_code == status
    assert not Event.objects.exists()
    assert source_notes._noted.samples


def test_only_its_own_address_and_only_by_post(till: Source, source: Source) -> None:
    assert Client().post("/hooks/wk_unknown/", b"{}", content_type="application/json").status_code == 401
    assert post(source, {"orders": [order("1")]}).status_code == 401
    assert Client().get(f"/hooks/{till.write_key}/").status_code == 405
    till.is_active = False
    till.save()
    assert post(till, {"orders": [order("1")]}).status_code == 401


def test_the_editor_shows_what_a_sample_becomes(workspace: Workspace, till: Source) -> None:
    client = signed_in(workspace, "admin")
    url = f"/people/sources/{till.pk}/hook/preview/"
    page = client.post(url, {**ORDERS, "sample": json.dumps({"orders": [order("1")]})}).content.decode()
    assert "order_placed" in page
    assert "12000" in page
    assert "Seongsu" in page
    assert "user_id" in client.post(url, {**ORDERS, "user_id": "a[", "sample": "{}"}).content.decode()
    assert "no JSON" in client.post(url, {**ORDERS, "sample": "{"}).content.decode()
    saved = client.post(f"/people/sources/{till.pk}/hook/", {**ORDERS, "event": "kind", "sample": "{}"})
    assert saved.status_code == 302
    till.refresh_from_db()
    assert till.settings["event"] == "kind"
    bad = client.post(
        f"/people/sources/{till.pk}/hook/", {**ORDERS, "properties": "{", "header": "X-Signature"}
    )
    assert bad.status_code == 422


def test_expressions_are_checked() -> None:
    assert webhook.problems(ORDERS) == {}
    assert set(webhook.problems({"type": "track", "each": "[", "time": "x" * 2000})) == {
        "each", "time", "user_id", "event",
    }  # fmt: skip
