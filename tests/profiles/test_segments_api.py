import json

import pytest

from profiles.models import Segment
from tests.factories.channels import make_person
from tests.factories.journeys import signed_in
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db
VIP = {"attribute": "plan", "op": "is", "value": "vip"}


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def client(workspace):
    return signed_in(workspace, "marketer")[0]


def send(client, path, body, method="post"):
    return getattr(client, method)(
        f"/api/v1/segments/{path}", data=json.dumps(body), content_type="application/json"
    )


def test_made_listed_changed_and_deleted(client, workspace):
    made = send(client, "", {"slug": "vip-people", "condition": VIP})
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "slug": "vip-people",
        "name": "Vip people",
        "condition": VIP,
    }
    assert client.get("/api/v1/segments/").json()["results"] == [made.json()]
    one = f"{made.json()['id']}/"
    assert send(client, one, {"name": "VIPs"}, "patch").json()["name"] == "VIPs"
    assert client.delete(f"/api/v1/segments/{one}").status_code == 204
    assert Segment.objects.count() == 0


def test_preview_counts_and_shows_some(client, workspace):
    ana = make_person(workspace, plan="vip", first_name="Ana")
    make_person(workspace, plan="basic")
    make_person(make_workspace(), plan="vip")
    assert send(client, "preview/", {"condition": VIP}).json() == {
        "count": 1,
        "sample": [{"id": str(ana.public_id), "name": "Ana"}],
    }


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ({"attribute": "plan", "op": "sounds_like", "value": "x"}, "/condition/op"),
        ({"all": [{"event": ""}]}, "/condition/all/0/event"),
        ({"entry": "value", "op": "exists"}, "/condition"),
        (5, "/condition"),
    ],
)
def test_wrong_condition_is_refused_with_its_place(client, condition, pointer):
    answer = send(client, "", {"slug": "s", "condition": condition})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_same_slug_twice_is_refused(client):
    send(client, "", {"slug": "vip", "condition": VIP})
    assert send(client, "", {"slug": "vip", "condition": VIP}).status_code == 400


def test_viewer_reads_and_stranger_sees_nothing(client, workspace):
    one = send(client, "", {"slug": "vip", "condition": VIP}).json()["id"]
    viewer = signed_in(workspace, "viewer")[0]
    assert viewer.get(f"/api/v1/segments/{one}/").status_code == 200
    assert send(viewer, "", {"slug": "x", "condition": VIP}).status_code == 403
    assert signed_in(make_workspace(), "owner")[0].get(f"/api/v1/segments/{one}/").status_code == 404
