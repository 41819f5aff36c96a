"""What holds for every medium, whichever come."""

import json

import pytest
from django.template.loader import get_template

from channels.adapters.registry import offered
from content.check import problems
from content.media.registry import media
from content.personalise import Draft, render_message
from content.sms_length import length_of
from content.variants import clean

KINDS = list(media)


def test_every_medium_that_can_be_sent_has_its_content():
    assert {kind.kind for kind in KINDS} >= {medium.value for medium in offered()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_example_is_valid_and_survives_json(kind):
    example = json.loads(json.dumps(dict(kind.example)))
    assert clean(kind.fields, example) == {
        field.name: example.get(field.name, [] if field.parts else field.default) for field in kind.fields
    }
    assert problems(kind.kind, "en", {"en": example}) == []
    for part in render_message(Draft(kind.kind, "en", {"en": example}), "en", {}).data.values():
        rows = part if isinstance(part, list) else [{"": part}]
        assert all(isinstance(text, str) for row in rows for text in row.values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_templates_and_names_are_there(kind):
    get_template(kind.preview_template)
    get_template(kind.editor_template)
    assert kind.label
    assert kind.icon
    assert len({field.name for field in kind.fields}) == len(kind.fields)


@pytest.mark.parametrize(
    ("kind", "starter"),
    [pytest.param(kind, one, id=f"{kind.kind}-{one.key}") for kind in KINDS for one in kind.starters],
)
def test_starters_speak_both_languages_without_a_problem(kind, starter):
    assert set(starter.variants) == {"en", "ko"}
    assert problems(kind.kind, "en", starter.variants) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, 1, 160, True)),
        ("a" * 160, (160, 1, 160, True)),
        ("a" * 161, (161, 2, 306, True)),
        ("€", (2, 1, 160, True)),
        ("가" * 70, (70, 1, 70, False)),
        ("가" * 71, (71, 2, 134, False)),
        ("😀", (2, 1, 70, False)),
    ],
)
def test_length_is_counted_as_networks_do(text, expected):
    found = length_of(text)
    assert (found.units, found.parts, found.room, found.latin) == expected
