"""Which events matter to whom (engine.live)."""

import pytest

from journeys.engine import live, on_events
from tests.journeys.engine.story import END, T0, document, wait

WAIT = {
    "kind": "wait_for_event",
    "settings": {"branches": [{"key": "came", "event": "paid"}], "within": "P1D"},
    "next": {"came": "x", "timeout": "x"},
}


def go(**more):
    return {"kind": "event", "event": "go", "next": "w", **more}


def steps():
    return {"w": wait("PT1H", "x"), "x": END}


def entrances(story):
    return live.index(story.workspace.pk).entrances


def test_an_event_that_only_lets_people_in(story):
    story.publish(document(steps(), triggers={"t": go()}))
    assert entrances(story) == {"go"}


@pytest.mark.parametrize(
    "other",
    [
        document({"a": {**WAIT, "settings": {**WAIT["settings"], "branches": [{"key": "came", "event": "go"}]}},
                  "x": END}, triggers={"t": go(event="other", next="a")}),
        document(steps(), triggers={"t": go(event="other")}, exit_when=[{"event": "go"}]),
        document(steps(), triggers={"t": go(where={"attribute": "plan", "op": "is", "value": "vip"})}),
    ],
    ids=["waited for", "an exit", "asked about"],
)  # fmt: skip
def test_one_that_does_anything_else_is_none(story, other):
    story.publish(document(steps(), triggers={"t": go()}))
    story.publish(other)
    assert "go" in live.index(story.workspace.pk).names
    assert "go" not in entrances(story)


def test_an_older_version_may_still_wait_for_it(story):
    waiting = {**WAIT, "settings": {**WAIT["settings"], "branches": [{"key": "came", "event": "go"}]}}
    journey = story.publish(document({"w": waiting, "x": END}))
    story.publish_again(journey, document(steps()))
    assert "go" not in entrances(story)


def test_nobody_is_looked_for_who_could_wait_for_it(story, monkeypatch):
    looked = []
    real = on_events._wake
    monkeypatch.setattr(
        on_events, "_wake", lambda known, told, *rest: looked.append(told) or real(known, told, *rest)
    )
    story.publish(document(steps(), triggers={"t": go()}))
    story.happen("go", T0, story.person())
    assert looked == []
    story.publish(document({"a": WAIT, "x": END}, triggers={"t": go(event="other", next="a")}))
    story.happen("paid", T0, person := story.person())
    assert [list(told) for told in looked] == [[person.pk]]
