"""docs/engine.md points from each rule of the contract to a test: the tests have to be there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "engine.md").read_text()
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", TABLE)))
CASES = sorted(set(re.findall(r"`scenarios/cases/([\w-]+\.json)`", TABLE)))


def test_every_test_that_is_named_is_there():
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not re.search(rf"^def {name}\(", _text(ROOT / "tests" / path), re.MULTILINE)
    ]
    missing += [case for case in CASES if not (ROOT / "tests" / "scenarios" / "cases" / case).is_file()]
    assert len(NAMED) > 80
    assert missing == []


def test_no_row_is_without_a_test():
    rows = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| rule")]
    bare = [
        row
        for row in rows
        if "::" not in row
        and ".json" not in row
        and "not built yet" not in row
        and not re.match(r"\| (what|kind) \|", row)
    ]
    assert bare == []


def _text(path):
    return path.read_text() if path.is_file() else ""
