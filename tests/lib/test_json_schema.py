import pytest

from lib.json_schema import faults, unusable

ORDER = {
    "type": "object",
    "properties": {
        "order": {"type": "string"},
        "value": {"type": "number", "minimum": 0},
        "day": {"type": "string", "format": "date"},
    },
    "required": ["order"],
}


def test_faults_name_their_place():
    assert faults(ORDER, {"order": "7", "value": 3.5, "day": "2026-01-31"}) == []
    assert [at for at, _text in faults(ORDER, {"value": -1})] == ["/order", "/value"]
    assert [at for at, _text in faults(ORDER, {"order": 7, "day": "soon"})] == ["/day", "/order"]
    assert faults(ORDER, [])[0][0] == ""
    assert faults({}, {"anything": 1}) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": 7},
        {"required": "order"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#"},
        {"properties": {"a": {"pattern": "("}}},
        [],
        {"description": "x" * 30_000},
    ],
)
def test_what_is_no_schema_is_said_to_be_none_and_never_raises(schema):
    assert unusable(schema)
    if isinstance(schema, dict):
        assert isinstance(faults(schema, {"a": "b"}), list)


def test_nothing_is_fetched(monkeypatch):
    monkeypatch.setattr("urllib.request.urlopen", lambda *_args, **_more: pytest.fail("fetched"))
    assert unusable({"$ref": "http://127.0.0.1:1/schema"})


def test_good_ones_are_usable():
    assert unusable(ORDER) == "" and unusable({}) == ""
    assert unusable({"$defs": {"a": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a"}}}) == ""
