"""Publishing with people inside: the plan, the move, its undoing, and the history of versions."""

import pytest

from journeys.models import Enrolment, Finished, Journey, Move, Version
from tests.factories.channels import make_person
from tests.factories.journeys import make_journey, signed_in, simple_document
from tests.factories.workspaces import make_actor, make_workspace
from tests.journeys.api.test_publication import post
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


def waiting(**steps):
    document = simple_document(**steps)
    document["triggers"] = {"t1": {"kind": "api", "next": "w1"}}
    return document


@pytest.fixture
def journey():
    """Live, with two people at its wait."""
    workspace = make_workspace()
    journey = make_journey(make_actor(workspace, "admin", ("email",)), waiting(), live=True)
    people = [{"id": str(make_person(workspace).public_id)} for _n in range(2)]
    answer = post(signed_in(workspace, "marketer")[0], journey, "enrolments", {"people": people})
    assert answer.json()["entered"] == 2
    return journey


@pytest.fixture
def client(journey):
    return signed_in(journey.workspace, "approver")[0]


def edit(journey, **wait):
    journey.draft = waiting(**wait)
    journey.save(update_fields=["draft"])


LONGER = {"w1": {"kind": "wait", "settings": {"for": "PT5H"}, "next": {"next": "x1"}}}


def without_wait(journey, *more):
    journey.draft = waiting()
    del journey.draft["steps"]["w1"]
    journey.draft["triggers"]["t1"]["next"] = "x1"
    journey.save(update_fields=["draft"])


def get(client, journey, part):
    return client.get(f"/api/v1/journeys/{journey.public_id}/{part}")


def test_the_plan_says_what_changes_and_whom_it_touches(client, journey):
    edit(journey, **LONGER)
    plan = get(client, journey, "publication/plan/").json()
    assert (plan["inside"], plan["small"], plan["default"]) == (2, True, "move")
    assert (plan["version"], plan["next"]) == (1, 2)
    (step,) = plan["steps"]
    assert (step["step"], step["people"], step["what"], step["released"]) == ("w1", 2, "fixed", 0)
    (change,) = plan["changes"]
    assert [line["text"] for line in change["lines"]] == ["How long: 5 hours instead of 1 hour"]


def test_without_a_word_people_finish_on_their_version(client, journey):
    edit(journey, **LONGER)
    assert post(client, journey, "publication").json()["move"] is None
    assert set(Enrolment.objects.values_list("version_id", flat=True)) == {Version.objects.get(number=1).pk}


def test_people_are_moved(client, journey):
    edit(journey, **LONGER)
    answer = post(client, journey, "publication", {"in_flight": "move", "note": "More time"}).json()
    told = {name: answer["move"][name] for name in ("version", "state", "total", "moved", "undoable")}
    assert told == {"version": 2, "state": "moved", "total": 2, "moved": 2, "undoable": True}
    for row in Enrolment.objects.all():
        assert (row.version_id, (row.due_at - row.arrived_at).total_seconds()) == (
            Version.objects.get(number=2, note="More time").pk, 5 * 3600,
        )  # fmt: skip
    assert [e.detail for e in AuditEntry.objects.filter(action="journey.people_moved")] == [
        {"version": 2, "people": 2}
    ]


@pytest.mark.parametrize(("plan", "ended"), [({"w1": None}, 2), ({"w1": "x1"}, 0), ({}, 0)])
def test_people_of_a_removed_step_go_where_the_plan_says(client, journey, plan, ended):
    without_wait(journey)
    answer = post(client, journey, "publication", {"in_flight": "move", "plan": plan}).json()
    assert (answer["move"]["ended"], answer["move"]["sent_on"]) == (ended, 2 - ended)
    assert Finished.objects.filter(reason="step_removed").count() == ended


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"in_flight": "stay"}, "/in_flight"),
        ({"in_flight": "move", "plan": ["w1"]}, "/plan"),
        ({"in_flight": "move", "plan": {"w1": 7}}, "/plan/w1"),
        ({"in_flight": "move", "plan": {"w1": "gone"}}, "/plan/w1"),
    ],
)
def test_odd_plans_are_refused_with_their_place(client, journey, body, pointer):
    edit(journey, **LONGER)
    answer = post(client, journey, "publication", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert Version.objects.count() == 1 and not Move.objects.exists()


def test_a_move_is_undone_once(client, journey):
    edit(journey, **LONGER)
    before = list(Enrolment.objects.order_by("pk").values())
    move = post(client, journey, "publication", {"in_flight": "move"}).json()["move"]
    assert post(
        signed_in(journey.workspace, "marketer")[0], journey, f"moves/{move['id']}", method="delete"
    ).status_code == 403  # fmt: skip
    undone = post(client, journey, f"moves/{move['id']}", method="delete").json()
    assert (undone["state"], undone["undone"], undone["undoable"]) == ("undone", 2, False)
    assert list(Enrolment.objects.order_by("pk").values()) == before
    assert post(client, journey, f"moves/{move['id']}", method="delete").status_code == 409
    assert [m["id"] for m in get(client, journey, "moves/").json()["results"]] == [move["id"]]
    assert get(client, journey, f"moves/{move['id']}/").json()["state"] == "undone"
    assert get(client, journey, "moves/999999/").status_code == 404


def test_nobody_can_be_put_back_into_a_stopped_journey(client, journey):
    edit(journey, **LONGER)
    move = post(client, journey, "publication", {"in_flight": "move"}).json()["move"]
    post(client, journey, "publication", method="delete")
    answer = post(client, journey, f"moves/{move['id']}", method="delete")
    assert (answer.status_code, answer.json()["detail"]) == (409, "The journey does not run any more.")


def test_those_who_were_to_finish_can_be_moved_later(client, journey):
    edit(journey, **LONGER)
    post(client, journey, "publication")
    assert get(client, journey, "publication/plan/").json()["inside"] == 2
    answer = post(client, journey, "publication", {"in_flight": "move"}).json()
    assert (answer["version"], answer["move"]["moved"]) == (2, 2)
    assert get(client, journey, "publication/plan/").json()["inside"] == 0


def test_versions_are_compared(client, journey):
    edit(journey, **LONGER)
    post(client, journey, "publication")
    edit(journey)
    for query, text in (
        ("from=1&to=2", "How long: 5 hours instead of 1 hour"),
        ("from=2&to=1", "How long: 1 hour instead of 5 hours"),
        ("", "How long: 1 hour instead of 5 hours"),
    ):
        (change,) = get(client, journey, f"comparison/?{query}").json()["changes"]
        assert [line["text"] for line in change["lines"]] == [text]
    assert get(client, journey, "comparison/?from=1&to=draft").json()["changes"] == []
    for wrong in ("9", "x", "-1", "1e3", "99999999999999999999"):
        assert get(client, journey, f"comparison/?from={wrong}").status_code == 404


def test_a_version_is_restored_as_the_draft(journey):
    marketer = signed_in(journey.workspace, "marketer")[0]
    edit(journey, **LONGER)
    assert post(marketer, journey, "versions/1/restoration").status_code == 428
    assert post(marketer, journey, "versions/1/restoration", **{"If-Match": '"77"'}).status_code == 412
    assert post(marketer, journey, "versions/8/restoration", **{"If-Match": '"1"'}).status_code == 404
    answer = post(marketer, journey, "versions/1/restoration", **{"If-Match": f'"{journey.revision}"'})
    now = Journey.objects.get(pk=journey.pk)
    assert answer.status_code == 200 and answer.json()["revision"] == now.revision == journey.revision + 1
    assert now.draft == Version.objects.get(number=1).document == answer.json()["document"]
    assert (now.state, now.live.number) == ("live", 1)
