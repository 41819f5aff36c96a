"""What a journey does with the answer to an in-app message: the simulator plays what she does with it."""

from datetime import UTC, datetime

import pytest

from journeys.engine import simulate
from tests.factories.content import make_content
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORDS = {"title": "", "body": "Did you find it?", "image": "", "actions": [{"label": "Yes", "url": ""}]}
DOCUMENT = {
    "format": "gilmok.journey/1",
    "name": "Question",
    "time_zone": "UTC",
    "triggers": {"t": {"kind": "event", "event": "go", "next": "m"}},
    "steps": {
        "m": {
            "kind": "send_in_app",
            "settings": {"content": "card", "topic": "offers"},
            "next": {"next": "w"},
        },
        "w": {"kind": "wait", "settings": {"for": "P1D"}, "next": {"next": "b"}},
        "b": {
            "kind": "branch",
            "settings": {
                "branches": [{"key": "yes", "label": "", "when": {"message": "m", "op": "clicked"}}]
            },
            "next": {"yes": "good", "else": "bad"},
        },
        "good": {"kind": "end", "settings": {"outcome": "answered"}, "next": {}},
        "bad": {"kind": "end", "settings": {"outcome": "silent"}, "next": {}},
    },
    "policy": {"quiet_hours": "none"},
}


def walked(events, **person):
    actor = make_actor(make_workspace(), "admin", ("email",))
    make_content(actor, "Card", slug="card", medium="in_app", team="", variants={"en": WORDS})
    answer = simulate.simulate(
        DOCUMENT,
        actor.workspace,
        person={"attributes": {}, "consents": "all", **person},
        start=START,
        until=datetime(2026, 3, 9, tzinfo=UTC),
        events=[{"event": "go", "timestamp": "2026-03-02T10:00:00Z"}, *events],
    )
    (enrolment,) = answer["enrolments"]
    return [visit["step"] for visit in enrolment["visits"]], enrolment["messages"][0]


def test_branch_goes_by_the_click():
    click = {"message": "m", "happened": "clicked", "timestamp": "2026-03-02T12:00:00Z"}

    steps, message = walked([click])

    assert steps == ["m", "w", "b", "good"]
    assert message["content"]["actions"] == [{"label": "Yes", "url": ""}]


def test_silence_goes_the_other_way():
    assert walked([])[0][-1] == "bad"


def test_whom_no_site_knows_is_not_reached():
    steps, message = walked([], names=[])

    assert (message["state"], message["reason"], steps[-1]) == ("skipped", "no_address", "bad")


@pytest.mark.parametrize("names", ["line", [1], ["LINE"], ["x" * 40], {}])
def test_names_that_make_no_sense_are_refused(names):
    with pytest.raises(simulate.SimulationError) as refused:
        walked([], names=names)

    assert refused.value.pointer == "/person/names"
