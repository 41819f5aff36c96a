"""People set aside after an error, over the API."""

import pytest

from journeys.models import Failure
from tests.config.operations.test_health_page import fail, make_journey
from tests.factories.channels import make_person
from tests.factories.journeys import signed_in
from tests.factories.workspaces import make_workspace
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    workspace = make_workspace()
    journey = make_journey(workspace)
    people = [make_person(workspace) for _n in range(3)]
    enrolments = [fail(journey, person) for person in people]
    Failure.objects.filter(pk=enrolments[2].pk).update(step="w2")
    return journey, people, enrolments


def path(journey):
    return f"/api/v1/journeys/{journey.public_id}/failures/"


def resume(client, journey, **body):
    return client.post(f"{path(journey)}resumption/", body, content_type="application/json")


def test_who_stands_where_and_why(here):
    journey, people, enrolments = here
    client, _user = signed_in(journey.workspace, "admin")
    found = client.get(path(journey), {"step": "w1"}).json()["results"]
    assert [row["id"] for row in found] == [str(one.pk) for one in enrolments[1::-1]]
    assert found[0] | {"at": ""} == {
        "id": str(enrolments[1].pk),
        "profile": str(people[1].public_id),
        "step": "w1",
        "error": "ValueError: broken",
        "attempts": 4,
        "at": "",
    }
    first = client.get(path(journey), {"limit": 2}).json()
    assert len(first["results"]) == 2 and len(client.get(first["next"]).json()["results"]) == 1


def test_one_a_step_or_all_go_on(here):
    journey, _people, enrolments = here
    client, _user = signed_in(journey.workspace, "admin")
    assert resume(client, journey, step="w1", id=str(enrolments[0].pk)).json() == {"resumed": 1}
    assert resume(client, journey, step="w2", id=str(enrolments[1].pk)).json() == {"resumed": 0}
    assert resume(client, journey, step="w2").json() == {"resumed": 1}
    assert list(Failure.objects.values_list("pk", flat=True)) == [enrolments[1].pk]
    assert resume(client, journey).json() == {"resumed": 1}
    assert AuditEntry.objects.filter(action="journey.retried").count() == 3


@pytest.mark.parametrize("body", [{"step": 7}, {"id": 7}, {"id": "x"}, {"id": "9" * 30}])
def test_what_names_nobody_is_refused(here, body):
    client, _user = signed_in(here[0].workspace, "admin")
    assert resume(client, here[0], **body).status_code == 400
    assert Failure.objects.count() == 3


def test_only_who_may_publish_lets_go_on_and_strangers_find_nothing(here):
    journey = here[0]
    marketer, _user = signed_in(journey.workspace, "marketer")
    assert marketer.get(path(journey)).status_code == 403
    assert resume(marketer, journey).status_code == 403
    stranger, _user = signed_in(make_workspace(), "owner")
    assert stranger.get(path(journey)).status_code == 404 and resume(stranger, journey).status_code == 404
