import sys

import pytest

from lib.registry import Registry


@pytest.fixture
def colours(tmp_path, monkeypatch):
    package = tmp_path / "colours"
    package.mkdir()
    (package / "__init__.py").write_text("from lib.registry import Registry\ncolours = Registry('colours')\n")
    for name, order in (("blue", 2), ("amber", 2), ("red", 1)):
        (package / f"{name}.py").write_text(
            "from colours import colours\n"
            f"@colours.register\nclass Colour:\n    kind, order = {name!r}, {order}\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    yield __import__("colours").colours
    for name in [name for name in sys.modules if name.split(".")[0] == "colours"]:
        del sys.modules[name]


def test_kinds_are_found_in_the_package(colours):
    assert [kind.kind for kind in colours] == ["red", "amber", "blue"]
    assert len(colours) == 3
    assert "red" in colours


def test_an_unknown_kind_is_none(colours):
    assert colours.get("green") is None
    assert colours.get("red").kind == "red"


def test_two_kinds_of_one_name_are_refused():
    registry: Registry = Registry("nothing")

    class One:
        kind = "one"

    class Other:
        kind = "one"

    registry.register(One)
    with pytest.raises(ValueError, match="'one'"):
        registry.register(Other)
