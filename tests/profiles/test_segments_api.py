import json

import pytest

from tests.factories.channels import make_person, make_sms_account, make_smtp_account
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


def send(client, path, body, method="post", if_match=None):
    return getattr(client, method)(
        f"/api/v1/segments/{path}",
        data=json.dumps(body),
        content_type="application/json",
        headers={"If-Match": if_match} if if_match else {},
    )


def test_made_listed_changed_and_deleted(client, workspace):
    made = send(client, "", {"slug": "vip-people", "condition": VIP})
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "slug": "vip-people",
        "name": "Vip people",
        "description": "",
        "kind": "rules",
        "condition": VIP,
        "team": None,
        "revision": 1,
        "size": None,
        "state": "counting",
    }
    assert client.get("/api/v1/segments/").json()["results"] == [made.json()]
    one = f"{made.json()['id']}/"
    assert send(client, one, {"name": "VIPs"}, "patch").status_code == 428
    changed = send(client, one, {"name": "VIPs"}, "patch", if_match='"1"')
    assert (changed.json()["name"], changed["ETag"]) == ("VIPs", '"2"')
    assert send(client, one, {"name": "Mine"}, "patch", if_match='"1"').status_code == 412
    assert client.delete(f"/api/v1/segments/{one}").status_code == 204
    assert client.get(f"/api/v1/segments/{one}").status_code == 404
    assert client.get("/api/v1/segments/").json()["results"] == []


def test_one_that_is_used_is_not_put_away(client):
    inner = send(client, "", {"slug": "inner", "condition": VIP}).json()["id"]
    send(client, "", {"slug": "outer", "condition": {"segment": "inner", "op": "in"}})
    refused = client.delete(f"/api/v1/segments/{inner}/")
    assert refused.status_code == 409
    assert refused.json()["used_in"] == [
        {"kind": "segment", "title": "Outer", "how": "is part of this segment"}
    ]


def test_members_of_a_list_come_and_go(client, workspace):
    people = [make_person(workspace, email=f"p{n}@example.com") for n in range(3)]
    one = send(client, "", {"name": "By hand", "kind": "list"}).json()
    assert (one["slug"], one["size"], one["state"]) == ("by-hand", 0, "fresh")
    path = f"{one['id']}/members/"
    put = send(client, path, {"people": ["p0@example.com", str(people[1].public_id), "zz"]})
    assert put.json() == {"added": 2, "not_found": ["zz"]}
    first = client.get(f"/api/v1/segments/{path}?limit=1").json()
    assert first["results"][0]["id"] == str(people[0].public_id) and first["next"] == people[0].pk
    assert client.get(f"/api/v1/segments/{one['id']}/").json()["size"] == 2
    out = client.delete(
        f"/api/v1/segments/{path}", data={"people": ["p0@example.com"]}, content_type="application/json"
    )
    assert out.json() == {"removed": 1, "not_found": []}
    rules = send(client, "", {"slug": "rules", "condition": VIP}).json()["id"]
    assert send(client, f"{rules}/members/", {"people": ["zz"]}).status_code == 409


def test_preview_counts_and_shows_some(client, workspace):
    make_smtp_account(workspace, 25), make_sms_account(workspace, "http://127.0.0.1:9/")
    ana = make_person(workspace, plan="vip", first_name="Ana")
    make_person(workspace, plan="basic")
    make_person(make_workspace(), plan="vip")
    assert send(client, "preview/", {"condition": VIP}).json() == {
        "count": 1,
        "estimate": None,
        "reach": {"email": 1, "sms": 1},  # what there is an account for
        "sample": [
            {
                "id": str(ana.public_id),
                "name": "Ana",
                "why": [{"condition": VIP, "value": "vip", "result": True}],
            }
        ],
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
