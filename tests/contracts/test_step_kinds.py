"""What every step kind and every trigger keeps, asked of the registries: a new one is tested by being there."""

import json
from pathlib import Path

import pytest
from django.utils import translation

from journeys.document.settings import SettingsError
from journeys.steps.base import Group, StepKind, SummaryContext
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers

ICONS = Path(__file__).parents[2] / "static" / "icons"
EVERY = [*steps, *triggers]
IDS = [f"{'step' if isinstance(kind, StepKind) else 'trigger'} {kind.kind}" for kind in EVERY]


def test_the_kinds_of_the_main_job_are_there():
    assert {
        "wait",
        "wait_until",
        "wait_for_event",
        "branch",
        "split",
        "send_email",
        "send_push",
        "send_sms",
        "update_profile",
        "end",
    } <= {kind.kind for kind in steps}
    assert {"event", "schedule", "api"} <= {kind.kind for kind in triggers}


@pytest.mark.parametrize("kind", EVERY, ids=IDS)
def test_a_kind_says_what_it_is(kind):
    assert kind.kind.isidentifier() and str(kind.label) and str(kind.description)
    assert (ICONS / f"{kind.icon}.svg").is_file()
    assert kind.tone in ("entry", "message", "decide", "data", "flow")
    assert not isinstance(kind, StepKind) or isinstance(kind.group, Group)


@pytest.mark.parametrize("kind", EVERY, ids=IDS)
def test_the_example_survives_the_way_through_json(kind):
    written = json.loads(json.dumps(kind.dump(kind.example)))
    assert kind.parse(written) == kind.example
    assert kind.dump(kind.parse(written)) == written
    assert kind.defaults() == written


@pytest.mark.parametrize("kind", EVERY, ids=IDS)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_summary_and_ways_out_are_words(kind, language):
    with translation.override(language):
        assert isinstance(kind.summary(kind.example, SummaryContext()), str)
        outlets = kind.outlets(kind.example)
        assert len({outlet.key for outlet in outlets}) == len(outlets)
        assert all(outlet.key and str(outlet.label) for outlet in outlets)


@pytest.mark.parametrize("kind", EVERY, ids=IDS)
def test_the_schema_is_json_and_names_every_setting(kind):
    schema = json.loads(json.dumps(kind.schema()))
    assert schema["type"] == "object"
    assert set(kind.dump(kind.example)) <= set(schema["properties"])


@pytest.mark.parametrize("kind", EVERY, ids=IDS)
@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, ["x"], {"x": {"y": [None]}}, True, -1.5, "P", "\u0000"]
)
def test_odd_settings_are_read_or_refused_with_their_place(kind, value):
    """Never anything but SettingsError, whatever stands in a document."""
    for name in kind.schema()["properties"]:
        try:
            read = kind.parse(kind.dump(kind.example) | {name: value})
        except SettingsError as error:
            assert all(fault.pointer.startswith("/") or fault.pointer == "" for fault in error.faults)
            assert all(
                fault.template % fault.params if fault.params else fault.template for fault in error.faults
            )
        else:
            kind.outlets(read)
            kind.dump(read)
