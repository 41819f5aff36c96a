"""Starting people by an integration: whom, with what, once."""

import pytest

from journeys.models import Enrolment
from profiles.models import Profile
from tests.factories.journeys import make_journey, signed_in, simple_document
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db
SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "value": {"type": "number"}},
    "required": ["order"],
}


@pytest.fixture
def here():
    workspace = make_workspace()
    document = simple_document() | {"triggers": {"t1": {"kind": "api", "schema": SCHEMA, "next": "w1"}}}
    journey = make_journey(make_actor(workspace, "admin", ("email",)), document, live=True)
    client, _user = signed_in(workspace)
    people = [Profile.objects.create(workspace=workspace, external_id=f"c{n}") for n in range(2)]

    def start(data, *wanted, **headers):
        return client.post(
            f"/api/v1/journeys/{journey.public_id}/enrolments/",
            {"people": [{"external_id": one} for one in wanted], "data": data},
            content_type="application/json",
            headers=headers,
        )

    return start, people


def test_what_is_handed_over_is_what_the_journey_reads(here):
    start, people = here
    answer = start({"order": "7", "value": 3.5, "more": [1]}, "c0")
    assert (answer.status_code, answer.json()) == (201, {"entered": 1, "refused": []})
    row = Enrolment.objects.get()
    assert (row.profile_id, row.entry) == (people[0].pk, {"order": "7", "value": 3.5, "more": [1]})


def test_what_does_not_fit_the_schema_is_refused_with_each_place(here):
    start, _people = here
    answer = start({"value": "much"}, "c0")
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/data/order", "/data/value"]
    assert not Enrolment.objects.exists()


def test_the_same_call_with_its_key_starts_nobody_twice(here):
    start, _people = here
    first = start({"order": "7"}, "c0", **{"Idempotency-Key": "k1"})
    again = start({"order": "7"}, "c0", **{"Idempotency-Key": "k1"})
    assert first.json() == again.json() == {"entered": 1, "refused": []}
    assert Enrolment.objects.count() == 1
    start({"order": "7"}, "c0", **{"Idempotency-Key": "k2"})
    assert Enrolment.objects.count() == 2  # this journey may be walked every time


def test_strangers_are_refused_one_by_one(here):
    start, _people = here
    answer = start({"order": "7"}, "c0", "nobody", "c1").json()
    assert answer["entered"] == 2 and [row["index"] for row in answer["refused"]] == [1]


@pytest.mark.parametrize(
    "schema", [{"type": "nonsense"}, {"$ref": "https://example.com/a"}, {"properties": 7}]
)
def test_a_schema_that_cannot_be_used_stops_publishing(schema):
    from journeys import checking

    workspace = make_workspace()
    document = simple_document() | {"triggers": {"t1": {"kind": "api", "schema": schema, "next": "w1"}}}
    found = [(p.severity, p.code, p.step, p.field) for p in checking.find(document, workspace)]
    assert ("error", "bad_schema", "t1", "schema") in found
