"""The form of the API trigger: rows for what most need, the schema itself for the rest; nothing gets lost."""

import json

import pytest
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from journeys.triggers.registry import triggers

KIND = triggers.get("api")
SIMPLE = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "day": {"type": "string", "format": "date"}},
    "required": ["order"],
}
COMPLEX = {"type": "object", "properties": {"items": {"type": "array"}}}


def form(schema, posted=None):
    data = None
    if posted is not None:
        data = QueryDict(mutable=True)
        data.update(MultiValueDict({f"s-{name}": [value] for name, value in posted.items()}))
    return KIND.form_class(settings={"schema": schema} if schema else {}, workspace=None, data=data)


def typed(*rows):
    posted = {"values-rows": str(len(rows))}
    for n, (name, kind, needed) in enumerate(rows):
        posted |= {f"values-{n}-name": name, f"values-{n}-type": kind, f"values-{n}-needed": needed}
    return posted


def result(schema, posted):
    found = form(schema, posted)
    found.is_valid()
    return found.settings()


def test_rows_say_a_simple_schema():
    shown = form(SIMPLE).initial["values"]
    assert [(row["name"], row["type"], row["needed"]) for row in shown] == [
        ("order", "text", "yes"),
        ("day", "date", ""),
    ]
    assert result(SIMPLE, typed(("order", "text", "yes"), ("day", "date", ""))) == {"schema": SIMPLE}
    assert result({}, typed(("order", "text", "yes"), ("day", "date", ""))) == {"schema": SIMPLE}
    assert result(SIMPLE, typed()) == {}


def test_what_rows_cannot_say_is_shown_as_it_is_and_kept():
    assert list(form(COMPLEX).fields) == ["source"]
    assert result(COMPLEX, {"source": json.dumps(COMPLEX)}) == {"schema": COMPLEX}
    assert result(COMPLEX, {"source": "{broken"}) == {"schema": COMPLEX}
    assert result(COMPLEX, {"source": ""}) == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"required": ["x"]},
        {"type": "object", "properties": []},
        {"properties": {"a": True}},
        {"type": ["object"]},
    ],
)
def test_odd_schemas_are_not_taken_for_rows(schema):
    assert list(form(schema).fields) == ["source"]


def test_a_row_without_a_name_yet_is_no_fault():
    found = form({}, typed(("order", "text", "yes"), ("", "number", "")))
    assert found.is_valid()
    assert list(found.settings()["schema"]["properties"]) == ["order"]
