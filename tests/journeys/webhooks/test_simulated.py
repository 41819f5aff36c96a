"""In a simulation nothing is called; the request is shown as it would be."""

import json
from datetime import timedelta

import pytest

from journeys.engine import simulate
from journeys.models import Call
from tests.journeys.engine.story import END, T0, document
from tests.journeys.engine.test_simulate import at
from tests.journeys.webhooks.test_calls import hook
from tests.journeys.webhooks.test_secrets import keep

HOUR = timedelta(hours=1)
GOOD = {"context": "crm.tier", "op": "is", "value": "gold"}
BRANCHES = [{"key": "gold", "when": GOOD}]
BRANCH = {"kind": "branch", "settings": {"branches": BRANCHES}, "next": {"gold": "g", "else": "x"}}


def draft(**settings):
    given = {
        "body": '{"mail": "{{ person.email }}", "total": "{{ entry.total }}"}',
        "save_as": "crm",
        **settings,
    }
    step = hook("https://hooks.example.com/{{ person.first_name }}", "b", "y", **given)
    return document({"h": step, "b": BRANCH, "g": END, "x": END, "y": END})


def run(story, document_, *events, **more):
    person = {"attributes": {"email": "ana@example.com", "first_name": "Ána B"}, "consents": "all"}
    answer = simulate.simulate(
        document_,
        story.workspace,
        person=person,
        start=T0,
        until=T0 + HOUR,
        events=[at(T0, total=7), *events],
        **more,
    )
    assert Call.objects.count() == 0
    (enrolment,) = answer["enrolments"]
    return answer, enrolment, [visit["step"] for visit in enrolment["visits"]]


def test_the_request_is_shown_and_she_goes_on(story):
    keep(story, "crm", "s3cret", "hooks.example.com")
    answer, enrolment, path = run(
        story, draft(headers={"Authorization": "Bearer {{ secrets.crm }}"}, secret="crm")
    )
    assert path == ["h", "b", "x"]
    (call,) = enrolment["calls"]
    assert (call["method"], call["url"]) == ("POST", "https://hooks.example.com/%C3%81na%20B")
    assert json.loads(call["body"]) == {"mail": "ana@example.com", "total": 7}
    assert call["headers"]["Authorization"] == "Bearer •••" and "s3cret" not in json.dumps(answer)
    assert (
        enrolment["visits"][0]["summary"]
        == "Not called in a test: POST https://hooks.example.com/%C3%81na%20B"
    )
    assert any("context.crm" in warning for warning in answer["warnings"])


def test_what_it_answers_can_be_told(story):
    told = {"webhook": "h", "answer": {"tier": "gold"}, "timestamp": T0.isoformat()}
    answer, _enrolment, path = run(story, draft(), told)
    assert path == ["h", "b", "g"] and answer["warnings"] == []


@pytest.mark.parametrize(
    "how",
    [{"draws": {"h": "failed"}}, {"told": {"webhook": "h", "status": 503, "timestamp": T0.isoformat()}}],
)
def test_it_can_fail(story, how):
    told = [how["told"]] if "told" in how else []
    _answer, enrolment, path = run(story, draft(), *told, draws=how.get("draws"))
    assert path == ["h", "y"] and enrolment["calls"][0]["outlet"] == "failed"


def test_a_template_that_can_not_be_filled_in_fails_here_as_it_would(story):
    _answer, enrolment, path = run(story, draft(headers={"X": "{{ secrets.none }}"}))
    assert path == ["h", "y"]
    assert enrolment["visits"][0]["summary"].startswith("The request could not be made: There is no secret")


def test_a_wrong_status_is_refused(story):
    with pytest.raises(simulate.SimulationError) as refused:
        run(story, draft(), {"webhook": "h", "status": "good", "timestamp": T0.isoformat()})
    assert refused.value.pointer == "/events/1/status"
