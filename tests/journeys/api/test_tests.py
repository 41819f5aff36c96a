"""Stored tests over the API."""

import json

import pytest
from rest_framework.test import APIClient

from journeys.models import Journey, StoredTest
from tests.factories.channels import NOW, make_person
from tests.factories.journeys import make_journey, make_mail, signed_in, simple_document
from workspaces import api_keys

pytestmark = pytest.mark.django_db
GO = {"event": "cart_updated", "properties": {}, "timestamp": "2026-01-05T10:00:00Z"}
GIVEN = {
    "person": {"attributes": {"email": "ana@example.com"}, "consents": "all"},
    "start": "2026-01-05T10:00:00Z",
    "until": "2026-02-05T10:00:00Z",
    "events": [GO],
}


@pytest.fixture
def journey():
    return make_journey(document=simple_document())


@pytest.fixture
def client(journey):
    return signed_in(journey.workspace)[0]


def call(client, journey, method="get", path="", body=None, **headers):
    return getattr(client, method)(
        f"/api/v1/journeys/{journey.public_id}/{path}",
        data=json.dumps(body) if body is not None else None,
        content_type="application/json",
        headers=headers,
    ) if method != "get" else client.get(f"/api/v1/journeys/{journey.public_id}/{path}")  # fmt: skip


def keep(client, journey, **more):
    return call(client, journey, "post", "tests/", {"name": "Walks through", "given": GIVEN, **more})


def test_a_kept_test_says_what_it_expects_and_how_it_went(client, journey):
    answer = keep(client, journey)
    assert answer.status_code == 201 and answer["ETag"] == '"1"'
    made = answer.json()
    assert made["expect"]["entered"] == 1 and made["expect"]["ended"] == ["completed"]
    assert (made["result"]["passed"], made["result"]["message"]) == (True, None)
    listed = call(client, journey, path="tests/").json()
    assert [one["id"] for one in listed["results"]] == [made["id"]] and listed["next"] is None
    assert call(client, journey, path=f"tests/{made['id']}/").json()["name"] == "Walks through"


def test_a_saved_draft_brings_its_failures_with_the_problems(client, journey):
    made = keep(client, journey).json()
    document = {**journey.draft, "triggers": {}}
    put = call(client, journey, "put", "document/", document, **{"If-Match": f'"{journey.revision}"'})
    assert "test_failed" not in [problem["code"] for problem in put.json()["problems"]]  # not run yet
    problems = call(client, journey, path="problems/").json()["problems"]
    failed = [problem for problem in problems if problem["code"] == "test_failed"]
    assert [(problem["severity"], problem["message"]) for problem in failed] == [
        ("error", "Test “Walks through”: expected entries: 1, got entries: 0.")
    ]
    (listed,) = call(client, journey, path="tests/").json()["results"]
    assert (listed["id"], listed["result"]["passed"]) == (made["id"], False)
    assert (listed["result"]["expected"], listed["result"]["got"]) == (1, 0)
    refused = call(client, journey, "post", "publication/", {})
    assert refused.status_code == 422
    assert "test_failed" in [problem["code"] for problem in refused.json()["problems"]]


def test_a_test_is_changed_by_its_revision(client, journey):
    path = f"tests/{keep(client, journey).json()['id']}/"
    assert call(client, journey, "patch", path, {"name": "Other"}).status_code == 428
    changed = call(client, journey, "patch", path, {"name": "Other"}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["name"], changed["ETag"]) == (200, "Other", '"2"')
    assert call(client, journey, "patch", path, {"name": "Old"}, **{"If-Match": '"1"'}).status_code == 412
    wrong = {"expect": {"ended": ["goal"]}}
    assert not call(client, journey, "patch", path, wrong, **{"If-Match": '"2"'}).json()["result"]["passed"]
    right = call(client, journey, "patch", path, {"expect": None}, **{"If-Match": '"3"'}).json()
    assert right["result"]["passed"] and right["expect"]["ended"] == ["completed"]
    assert call(client, journey, "delete", path).status_code == 204
    assert not StoredTest.objects.exists() and call(client, journey, path=path).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"given": None}, "/given/person"),
        ({"given": {**GIVEN, "start": "soon"}}, "/given/start"),
        ({"given": {**GIVEN, "until": "2025-01-05T10:00:00Z"}}, "/given/until"),
        ({"given": {**GIVEN, "events": [{"event": "go"}]}}, "/given/events/0/timestamp"),
        ({"given": {**GIVEN, "draws": [1]}}, "/given/draws"),
        ({"expect": {"path": ["w"]}}, "/expect/path"),
        ({"expect": {}}, "/expect"),
        ({"name": 5}, "/name"),
    ],
)
def test_what_can_not_be_kept_is_refused_with_its_place(client, journey, body, pointer):
    answer = keep(client, journey, **body)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_the_same_request_twice_keeps_one(client, journey):
    body = {"name": "Once", "given": GIVEN}
    first = call(client, journey, "post", "tests/", body, **{"Idempotency-Key": "a"})
    again = call(client, journey, "post", "tests/", body, **{"Idempotency-Key": "a"})
    assert first.json()["id"] == again.json()["id"] and StoredTest.objects.count() == 1


def test_running_anew_sees_changed_contents(journey):
    client = signed_in(journey.workspace)[0]
    make_mail(journey.workspace)
    made = keep(client, journey).json()
    StoredTest.objects.update(expect={"entered": 2})
    assert call(client, journey, path="tests/").json()["results"][0]["result"]["passed"]  # of a moment ago
    (ran,) = call(client, journey, "post", "tests/runs/", {}).json()["results"]
    assert (ran["id"], ran["result"]["passed"]) == (made["id"], False)


def test_who_may_not_see_people_keeps_no_real_one(journey):
    person = make_person(journey.workspace, first_name="Ana", email="ana@example.com")
    given = {**GIVEN, "person": {"id": str(person.public_id)}}
    viewer = signed_in(journey.workspace, "viewer", ("email",))[0]
    assert keep(viewer, journey, given=given).status_code == 403
    assert keep(signed_in(journey.workspace)[0], journey, given=given).status_code == 201


def test_a_key_for_journeys_alone_names_no_real_person(journey):
    person = make_person(journey.workspace, first_name="Ana", email="ana@example.com")
    given = {**GIVEN, "person": {"id": str(person.public_id)}}
    bodies = {
        f"journeys/{journey.public_id}/tests/": {"name": "Ana", "given": given},
        f"journeys/{journey.public_id}/simulations/": given,
        "journeys/": {"document": journey.draft, "tests": [{"name": "Ana", "given": given}]},
    }
    for granted, statuses in (
        (["journeys:write"], [403] * 3),
        (["journeys:write", "profiles:read"], [201, 200, 201]),
    ):
        _key, plain = api_keys.create(journey.workspace, "K", "admin", [], at=NOW, scopes=granted)
        client = APIClient(headers={"Authorization": f"Bearer {plain}"})
        answers = [client.post(f"/api/v1/{path}", body, "json") for path, body in bodies.items()]
        assert [answer.status_code for answer in answers] == statuses
    assert StoredTest.objects.count() == 2


def test_tests_move_with_an_export(client, journey):
    keep(client, journey)
    exported = call(client, journey, path="tests/").json()["results"]
    body = {"name": "Taken over", "document": journey.draft, "tests": exported}
    made = client.post("/api/v1/journeys/", data=json.dumps(body), content_type="application/json")
    assert made.status_code == 201, made.content
    found = client.get(f"/api/v1/journeys/{made.json()['id']}/tests/").json()["results"]
    assert [(one["name"], one["given"], one["expect"]) for one in found] == [
        (one["name"], one["given"], one["expect"]) for one in exported
    ]
    assert found[0]["result"]["passed"]
    body["tests"] = [{"name": "Broken", "given": {**GIVEN, "start": "soon"}}]
    refused = client.post("/api/v1/journeys/", data=json.dumps(body), content_type="application/json")
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/tests/0/given/start"]
    assert Journey.objects.count() == 2
