import json

import pytest

from tests.factories.journeys import make_journey, signed_in, simple_document
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def journey():
    return make_journey()


@pytest.fixture
def client(journey):
    return signed_in(journey.workspace, "marketer")[0]


def url(journey, part="document/"):
    return f"/api/v1/journeys/{journey.public_id}/{part}"


def put(client, journey, document, revision=None):
    headers = {} if revision is None else {"If-Match": f'"{revision}"'}
    return client.put(
        url(journey), data=json.dumps(document), content_type="application/json", headers=headers
    )


def test_document_comes_back_as_it_went_in(client, journey):
    document = {
        **simple_document(),
        "layout": {"t1": [4, 8], "w1": [1, 2]},
        "notes": [{"at": [0, 1], "text": "메모"}],
        "more": {"kept": 1},
    }
    answer = put(client, journey, document, 1)
    assert answer.status_code == 200
    assert answer["ETag"] == '"2"'
    got = client.get(url(journey))
    assert got.json() == document
    assert got["ETag"] == '"2"'


def test_answer_has_cards_and_problems(client, journey):
    document = simple_document()
    document["steps"]["w1"]["next"] = {}
    answer = put(client, journey, document, 1).json()
    assert answer["revision"] == 2
    assert answer["cards"]["w1"]["outlets"] == [{"key": "next", "label": "Next", "share": None}]
    assert [(p["severity"], p["code"], p["step"]) for p in answer["problems"]] == [
        ("error", "unconnected", "w1"),
        ("warning", "unreachable", "x1"),
    ]


def test_without_if_match_it_is_428_and_stale_is_412(client, journey):
    assert put(client, journey, simple_document()).status_code == 428
    stale = put(client, journey, simple_document(), 7)
    assert stale.status_code == 412
    assert stale.json()["revision"] == 1
    journey.refresh_from_db()
    assert journey.revision == 1


def test_second_of_two_tabs_is_told_and_loses_nothing(client, journey):
    first = {**simple_document(), "description": "first"}
    assert put(client, journey, first, 1).status_code == 200
    assert put(client, journey, {**simple_document(), "description": "second"}, 1).status_code == 412
    assert client.get(url(journey)).json()["description"] == "first"


def test_patch_merges(client, journey):
    answer = client.patch(
        url(journey),
        data=json.dumps({"description": "New", "steps": {"w1": {"settings": {"for": "PT2H"}}}}),
        content_type="application/merge-patch+json",
        headers={"If-Match": '"1"'},
    )
    assert answer.status_code == 200
    document = client.get(url(journey)).json()
    assert document["steps"]["w1"] == {"kind": "wait", "settings": {"for": "PT2H"}, "next": {"next": "x1"}}
    assert document["description"] == "New"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"{", None),
        (b"[1]", ""),
        (b'{"steps": []}', "/steps"),
        (b'{"steps": {"a": 5}}', "/steps/a"),
        (b'{"format": "other/9"}', "/format"),
        (b'{"steps": {"a": {"kind": 5}}}', "/steps/a/kind"),
        (b'{"name": "a\\u0000b"}', None),
        (b'{"x": ' + b"[" * 5000 + b"]" * 5000 + b"}", None),
    ],
)
def test_unreadable_is_400_with_its_place(client, journey, body, pointer):
    answer = client.put(url(journey), data=body, content_type="application/json", headers={"If-Match": '"1"'})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    if pointer is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_unknown_kind_is_kept_and_an_error(client, journey):
    document = simple_document(z1={"kind": "teleport", "settings": {"to": "moon"}, "next": {"next": "x1"}})
    document["steps"]["w1"]["next"] = {"next": "z1"}
    answer = put(client, journey, document, 1).json()
    assert client.get(url(journey)).json() == document
    assert [(p["code"], p["step"]) for p in answer["problems"]] == [("unknown_kind", "z1")]
    assert answer["cards"]["z1"]["known"] is False
    assert answer["cards"]["z1"]["outlets"] == [{"key": "next", "label": "", "share": None}]


def test_viewer_reads_and_stranger_finds_nothing(journey):
    viewer = signed_in(journey.workspace, "viewer", ())[0]
    assert viewer.get(url(journey)).status_code == 200
    assert put(viewer, journey, simple_document(), 1).status_code == 403
    stranger = signed_in(make_workspace(), "owner")[0]
    assert stranger.get(url(journey)).status_code == 404


def test_another_teams_marketer_only_reads(journey):
    other = signed_in(journey.workspace, "marketer", ("mobile",))[0]
    assert other.get(url(journey, "problems/")).status_code == 200
    assert put(other, journey, simple_document(), 1).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_list_takes_the_same_queries_for_any_number(client, journey, count, django_assert_num_queries):
    for _n in range(count):
        make_journey(make_actor(journey.workspace, "admin", ("email",)))
    client.get("/api/v1/journeys/")
    with django_assert_num_queries(5):
        answer = client.get("/api/v1/journeys/")
    assert len(answer.json()["results"]) == count + 1
