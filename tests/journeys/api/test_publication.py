import json

import pytest

from journeys.models import Enrolment, Finished, Version
from tests.factories.channels import make_person
from tests.factories.journeys import make_journey, make_mail, signed_in, simple_document

pytestmark = pytest.mark.django_db


def post(client, journey, part, body=None, method="post", **headers):
    return getattr(client, method)(
        f"/api/v1/journeys/{journey.public_id}/{part}/",
        data=json.dumps(body or {}),
        content_type="application/json",
        headers=headers,
    )


@pytest.fixture
def journey():
    return make_journey(document=simple_document())


@pytest.fixture
def client(journey):
    return signed_in(journey.workspace, "approver", ("email",))[0]


def test_publishing_freezes_the_draft(client, journey):
    answer = post(client, journey, "publication")
    assert answer.status_code == 200
    assert answer.json() == {
        "state": "live", "version": 1, "published_at": answer.json()["published_at"], "draft_differs": False,
        "inside": 0, "move": None,
    }  # fmt: skip
    assert Version.objects.get(journey=journey).document == journey.draft


def test_publishing_an_unchanged_draft_makes_no_new_version(client, journey):
    post(client, journey, "publication")
    post(client, journey, "publication")
    assert Version.objects.filter(journey=journey).count() == 1


def test_errors_refuse_and_say_where():
    document = simple_document()
    document["steps"]["w1"]["settings"] = {"for": "soon"}
    journey = make_journey(document=document)
    answer = post(signed_in(journey.workspace)[0], journey, "publication")
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("/steps/w1/settings/for", "bad_setting")
    ]
    assert [p["step"] for p in answer.json()["problems"]] == ["w1"]
    journey.refresh_from_db()
    assert (journey.state, journey.live_id) == ("draft", None)


def test_only_who_may_publish_publishes(journey):
    assert post(signed_in(journey.workspace, "marketer")[0], journey, "publication").status_code == 403
    assert post(signed_in(journey.workspace, "viewer")[0], journey, "publication").status_code == 403
    journey.refresh_from_db()
    assert journey.state == "draft"


def test_stopping_ends_everyone(client):
    journey, person = _with_someone_inside(client)
    assert post(client, journey, "publication", method="delete").status_code == 200
    assert Enrolment.objects.count() == 0
    assert [(f.profile_id, f.reason) for f in Finished.objects.all()] == [(person.pk, "stopped")]
    assert post(client, journey, "publication", method="delete").status_code == 409


def test_pause_and_resume(client):
    journey, _person = _with_someone_inside(client)
    due = Enrolment.objects.get().due_at
    assert post(client, journey, "pause").json()["state"] == "paused"
    assert Enrolment.objects.get().due_at is None
    assert post(client, journey, "pause").status_code == 409
    assert post(client, journey, "pause", method="delete").json()["state"] == "live"
    assert Enrolment.objects.get().due_at == due


def test_versions_are_listed_newest_first(client, journey):
    post(client, journey, "publication", {"note": "first"})
    journey.draft = {**journey.draft, "description": "changed"}
    journey.save(update_fields=["draft"])
    post(client, journey, "publication", {"note": "second"})
    base = f"/api/v1/journeys/{journey.public_id}/versions/"
    assert [(v["number"], v["note"]) for v in client.get(base).json()["results"]] == [
        (2, "second"),
        (1, "first"),
    ]
    assert client.get(f"{base}2/").json()["document"]["description"] == "changed"
    assert client.get(f"{base}3/").status_code == 404


@pytest.fixture
def api_journey(client, journey):
    make_mail(journey.workspace)
    document = simple_document()
    document["triggers"] = {"t1": {"kind": "api", "next": "w1"}}
    journey.draft = document
    journey.save(update_fields=["draft"])
    post(client, journey, "publication")
    return journey


def test_starting_for_people_says_who_was_refused(api_journey):
    person = make_person(api_journey.workspace)
    marketer = signed_in(api_journey.workspace, "marketer")[0]
    people = [{"id": str(person.public_id)}, {"external_id": "nobody"}, {"shoe": 1}]
    answer = post(marketer, api_journey, "enrolments", {"people": people, "data": {"coupon": "A1"}})
    assert answer.status_code == 201
    assert answer.json()["entered"] == 1
    assert [row["index"] for row in answer.json()["refused"]] == [1, 2]
    assert Enrolment.objects.get().entry == {"coupon": "A1"}


def test_idempotency_key_starts_once(api_journey):
    person = make_person(api_journey.workspace)
    marketer = signed_in(api_journey.workspace, "marketer")[0]
    body = {"people": [{"id": str(person.public_id)}]}
    first = post(marketer, api_journey, "enrolments", body, **{"Idempotency-Key": "k1"})
    again = post(marketer, api_journey, "enrolments", body, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    other = post(
        marketer, api_journey, "enrolments", {"people": [{"email": "x@y.z"}]}, **{"Idempotency-Key": "k1"}
    )
    assert other.status_code == 422
    assert Enrolment.objects.count() == 1


def test_enrolments_are_listed(api_journey):
    person = make_person(api_journey.workspace)
    marketer = signed_in(api_journey.workspace, "marketer")[0]
    post(marketer, api_journey, "enrolments", {"people": [{"id": str(person.public_id)}]})
    (row,) = marketer.get(f"/api/v1/journeys/{api_journey.public_id}/enrolments/").json()["results"]
    assert (row["profile"], row["step"], row["trigger"], row["version"]) == (
        str(person.public_id),
        "w1",
        "t1",
        1,
    )


def _with_someone_inside(client):
    document = simple_document()
    document["triggers"] = {"t1": {"kind": "api", "next": "w1"}}
    from django.contrib.auth import get_user

    user = get_user(client)
    workspace = user.memberships.get().workspace
    from tests.factories.workspaces import make_actor

    journey = make_journey(make_actor(workspace, "admin", ("email",)), document, live=True)
    person = make_person(workspace)
    answer = post(
        signed_in(workspace, "marketer")[0],
        journey,
        "enrolments",
        {"people": [{"id": str(person.public_id)}]},
    )
    assert answer.json()["entered"] == 1
    return journey, person
