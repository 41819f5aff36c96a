import json

import pytest

from journeys.steps.registry import steps
from journeys.triggers.registry import triggers
from tests.factories.journeys import make_journey, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def journey():
    return make_journey()


@pytest.fixture
def client(journey):
    return signed_in(journey.workspace)[0]


def ask(client, journey, node, **fields):
    return client.post(
        f"/journeys/{journey.public_id}/inspector/",
        {"key": "w1", "kind": node.get("kind", ""), "node": json.dumps(node), **fields},
    )


def node_of(response):
    return json.loads(response["HX-Trigger"])["gm:node"]


def test_every_kind_opens_and_an_untouched_form_changes_nothing(client, journey):
    """What the form shows, posted back, is the settings it was given: for every kind, with its example."""
    from html.parser import HTMLParser

    for registry, is_trigger in ((steps, ""), (triggers, "1")):
        for kind in registry:
            settings = kind.defaults()
            node = (
                {"kind": kind.kind, **settings}
                if is_trigger
                else {"kind": kind.kind, "settings": settings, "next": {}}
            )
            opened = ask(client, journey, node, is_trigger=is_trigger)
            assert opened.status_code == 200, kind.kind
            fields = _Fields()
            fields.feed(opened.content.decode())
            assert isinstance(fields, HTMLParser)
            again = client.post(f"/journeys/{journey.public_id}/inspector/", fields.values)
            assert again.status_code == 200, kind.kind
            changed = node_of(again)["node"]
            after = (
                {k: v for k, v in changed.items() if k not in ("kind", "next")}
                if is_trigger
                else changed["settings"]
            )
            assert kind.parse(after) == kind.parse(settings), kind.kind


def test_change_comes_back_as_an_event(client, journey):
    node = {"kind": "wait", "name": "Rest", "settings": {"for": "PT1H"}, "next": {"next": "x1"}}
    answer = ask(client, journey, node, edit="1", **{"s-for_-number": "3", "s-for_-unit": "days"})
    found = node_of(answer)
    assert found["key"] == "w1"
    assert found["node"] == {**node, "settings": {"for": "P3D"}}
    assert found["card"]["title"] == "Rest"


def test_wrong_value_says_so_and_keeps_the_setting(client, journey):
    node = {"kind": "wait", "settings": {"for": "PT1H"}, "next": {}}
    answer = ask(client, journey, node, edit="1", **{"s-for_-number": "soon", "s-for_-unit": "days"})
    assert "Write a whole number" in answer.content.decode()
    assert node_of(answer)["node"]["settings"] == {"for": "PT1H"}


def test_adding_and_removing_ways_moves_the_roads_along(client, journey):
    shares = [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]
    node = {"kind": "split", "settings": {"shares": shares}, "next": {"a": "x1", "b": "x1"}}
    rows = {
        "s-shares-rows": "2",
        "s-shares-0-key": "a",
        "s-shares-0-weight": "50",
        "s-shares-1-key": "b",
        "s-shares-1-weight": "50",
    }
    added = node_of(ask(client, journey, node, edit="1", **rows, **{"s-shares-do": "add"}))
    assert [share["key"] for share in added["node"]["settings"]["shares"]] == ["a", "b", "c"]
    removed = node_of(ask(client, journey, node, edit="1", **rows, **{"s-shares-do": "remove:1"}))
    assert removed["node"]["next"] == {"a": "x1"}
    assert [outlet["key"] for outlet in removed["card"]["outlets"]] == ["a"]


def test_unknown_kind_is_shown_as_it_is(client, journey):
    answer = ask(client, journey, {"kind": "teleport", "settings": {"to": "<moon>"}})
    assert answer.status_code == 200
    assert "&lt;moon&gt;" in answer.content.decode()


@pytest.mark.parametrize("node", ["", "[1]", "{", '{"kind": 5}'])
def test_unreadable_is_400(client, journey, node):
    answer = client.post(f"/journeys/{journey.public_id}/inspector/", {"key": "w1", "node": node})
    assert answer.status_code == 400


def test_viewer_reads_words_not_fields(journey):
    viewer = signed_in(journey.workspace, "viewer", ())[0]
    page = ask(
        viewer,
        journey,
        {"kind": "wait", "settings": {"for": "PT1H"}, "next": {}},
        edit="1",
        **{"s-for_-number": "9"},
    )
    assert page.status_code == 200
    assert "<input" not in page.content.decode()
    assert "HX-Trigger" not in page


class _Fields:
    """What a browser would send of a form."""

    def __new__(cls):
        from html.parser import HTMLParser

        class Reader(HTMLParser):
            def __init__(self):
                super().__init__()
                self.values, self.select, self.area = {}, None, None

            def handle_starttag(self, tag, attrs):
                a = dict(attrs)
                if tag == "input" and "disabled" not in a:
                    if a.get("type") in ("checkbox", "radio"):
                        if "checked" in a:
                            self.values.setdefault(a["name"], []).append(a.get("value", "on"))
                    elif a.get("name"):
                        self.values.setdefault(a["name"], []).append(a.get("value") or "")
                elif tag == "select":
                    self.select = a.get("name")
                elif tag == "option" and self.select:
                    if "selected" in a or self.select not in self.values:
                        self.values[self.select] = [a.get("value", "")]
                elif tag == "textarea":
                    self.area = a.get("name")
                    self.values[self.area] = [""]

            def handle_data(self, data):
                if self.area:
                    self.values[self.area] = [self.values[self.area][0] + data.lstrip("\n")]

            def handle_endtag(self, tag):
                if tag == "select":
                    self.select = None
                elif tag == "textarea":
                    self.area = None

        return Reader()


def test_a_trigger_called_journey_is_not_the_journey(client, journey):
    """The journey's own rules are asked for by the same word."""
    trigger = ask(client, journey, {"kind": "journey"}, is_trigger="1").content.decode()
    rules = ask(client, journey, {"kind": "journey"}, key="$journey").content.decode()
    assert "s-mode" not in trigger
    assert "s-mode" in rules
