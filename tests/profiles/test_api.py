"""/api/v1/profiles/: look-ups, changes with their conditions, erasure, what each role sees."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from profiles import record_event
from profiles.call import Call
from profiles.models import Consent, Event, Profile
from tests.factories.workspaces import make_workspace
from workspaces import api_keys
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URL = "/api/v1/profiles/"


def make(workspace: Workspace, number: int = 1, **attributes: Any) -> Profile:
    call = Call(
        "identify", NOW, user_id=f"u{number}", traits={"email": f"u{number}@example.com", **attributes}
    )
    record_event.record(workspace.pk, None, [call], NOW)
    return Profile.objects.get(workspace=workspace, external_id=f"u{number}")


def client(workspace: Workspace, role: str = "admin") -> APIClient:
    _key, plain = api_keys.create(workspace, "Test", role, [], at=NOW)
    found = APIClient()
    found.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    return found


@pytest.mark.parametrize("people", [1, 3])
def test_a_list_needs_the_same_queries_for_any_number(
    workspace: Workspace, people: int, django_assert_num_queries: Any
) -> None:
    for number in range(people):
        make(workspace, number)
    api = client(workspace)
    api.get(URL)
    with django_assert_num_queries(4):  # key, people, consents, classes of attributes
        assert len(api.get(URL).json()["results"]) == people


def test_people_are_looked_up(workspace: Workspace) -> None:
    for number in range(3):
        make(workspace, number, first_name=f"Name{number}")
    api = client(workspace)

    def found(**query: str) -> list[str]:
        return [row["external_id"] for row in api.get(URL, query).json()["results"]]

    assert found(external_id="u1") == ["u1"]
    assert found(email="U2@example.com") == ["u2"]
    assert found(search="name0") == ["u0"]
    assert found() == ["u2", "u1", "u0"]
    assert found(external_id="none") == []
    assert api.get(URL, {"search": "\0"}).status_code == 400
    page = api.get(URL, {"limit": 2}).json()
    assert [len(page["results"]), len(api.get(page["next"]).json()["results"])] == [2, 1]


def test_a_person_is_made_read_and_changed(workspace: Workspace) -> None:
    api = client(workspace)
    body = {
        "external_id": "new",
        "attributes": {"firstName": "Eve", "plan": "free", "old": 1},
        "consents": {"email": {"offers": "granted"}},
    }
    made = api.post(URL, body)
    assert made.status_code == 201, made.content
    assert made.json()["attributes"] == {"first_name": "Eve", "plan": "free", "old": 1}
    url = f"{URL}{made.json()['id']}/"
    assert api.post(URL, body).status_code == 409
    assert api.patch(url, {"attributes": {"plan": "pro"}}).status_code == 428
    tag = api.get(url)["ETag"]
    change = {"attributes": {"plan": "pro", "old": None}, "consents": {"email": {"offers": "withdrawn"}}}
    changed = api.patch(url, change, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.json()["attributes"] == {"first_name": "Eve", "plan": "pro"}
    assert changed.json()["consents"] == {"email": {"offers": "withdrawn"}}
    assert api.patch(url, change, headers={"If-Match": tag}).status_code == 412
    renamed = api.patch(url, {"external_id": "other"}, headers={"If-Match": "*"})
    assert renamed.json()["errors"][0]["pointer"] == "/external_id"


def test_the_same_idempotency_key_makes_one_person(workspace: Workspace) -> None:
    api = client(workspace)
    first, second = (
        api.post(URL, {"external_id": "once"}, headers={"Idempotency-Key": "k1"}) for _turn in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Profile.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/external_id"),
        ({"external_id": ""}, "/external_id"),
        ({"external_id": "x" * 300}, "/external_id"),
        ({"external_id": "x", "attributes": []}, "/attributes"),
        ({"external_id": "x", "attributes": {"consents": {}}}, "/attributes"),
        ({"external_id": "x", "attributes": {"n": 10**30}}, "/attributes"),
        ({"external_id": "x", "attributes": {"big": "x" * 200_000}}, "/attributes"),
        ({"external_id": "x", "consents": {"email": {"offers": "maybe"}}}, "/consents"),
    ],
)
def test_bad_bodies_name_the_place(workspace: Workspace, body: dict[str, Any], pointer: str) -> None:
    answer = client(workspace).post(URL, body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Profile.objects.exists()


def test_contact_details_are_masked_by_role(workspace: Workspace) -> None:
    person = make(workspace, phone="+821012345678", nested={"mail": "someone@example.com"})
    hidden = client(workspace, "viewer").get(f"{URL}{person.public_id}/").json()["attributes"]
    assert hidden == {"email": "u•••@…", "phone": "010-••••-5678", "nested": {"mail": "som•••@…"}}
    shown = client(workspace, "marketer").get(f"{URL}{person.public_id}/").json()["attributes"]
    assert shown["email"] == "u1@example.com"
    assert client(workspace, "viewer").get(URL, {"email": "u1@example.com"}).status_code == 403


def test_erasure_takes_the_person_away(workspace: Workspace) -> None:
    person = make(workspace)
    call = Call("track", NOW, user_id="u1", event="seen", consents={"email": {"*": "granted"}})
    record_event.record(workspace.pk, None, [call], NOW)
    url = f"{URL}{person.public_id}/"
    assert client(workspace, "marketer").delete(url).status_code == 403
    api = client(workspace)
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert api.delete(url).status_code == 404
    assert not Event.objects.exists()
    assert not Consent.objects.exists()


def test_timeline_and_journeys(workspace: Workspace) -> None:
    person = make(workspace)
    calls = [Call("track", NOW, user_id="u1", event="order_completed", properties={"total": 5})]
    record_event.record(workspace.pk, None, calls, NOW)
    api = client(workspace)
    entry = api.get(f"{URL}{person.public_id}/timeline/").json()["results"][-1]
    assert (entry["title"], entry["text"], entry["kind"]) == ("Placed an order", "total 5", "event")
    assert api.get(f"{URL}{person.public_id}/timeline/", {"before": "soon"}).status_code == 400
    assert api.get(f"{URL}{person.public_id}/journeys/").json() == {"results": []}


def test_strangers_get_404_and_the_nameless_401(workspace: Workspace) -> None:
    person = make(workspace)
    stranger = client(make_workspace())
    for path in ("", "timeline/", "journeys/"):
        assert stranger.get(f"{URL}{person.public_id}/{path}").status_code == 404
    assert stranger.delete(f"{URL}{person.public_id}/").status_code == 404
    assert stranger.patch(f"{URL}{person.public_id}/", {}).status_code == 404
    assert APIClient().get(URL).status_code == 401
    assert client(workspace, "viewer").post(URL, {"external_id": "x"}).status_code == 403
