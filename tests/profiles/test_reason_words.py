"""Every reason against a call, a row or a file is known by its form, and so it is told in Korean, too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from profiles import reason_words

ROOT = Path(reason_words.__file__).parent
RAISED = {"Refused", "_Answer", "WrongHeader", "Failed", "wrong", "refuse", "refused", "Record"}
# People who work with commands read English: no page shows what is wrong with a command's file.
COMMANDS = {"importing/people.py", "importing/events.py", "importing/run.py"}


NAMED = {"NOBODY", "SEVERAL", "SWITCHED_OFF", "OLD_KEY", "reason"}
OTHERS = {"look_up.py"}  # SEVERAL is a statement there


def reasons() -> Iterator[tuple[str, str]]:
    """Every literal that is given as a reason; what is put into it becomes a 7."""
    for path in sorted(ROOT.rglob("*.py")):
        name = str(path.relative_to(ROOT))
        if "migrations" in path.parts or name in OTHERS:
            continue
        raised = RAISED - {"WrongHeader"} if name in COMMANDS else RAISED
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{name}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
                given = [*node.args, *(k.value for k in node.keywords if k.arg == "reason")]
                if called in raised and not (given and getattr(given[0], "value", None) == 405):
                    yield from (
                        (where, text) for part in given if " " in (text := words(part)) and text != "7: 7"
                    )
            elif isinstance(node, ast.Assign):
                into = {getattr(target, "id", "") for target in node.targets}
                if into & NAMED and " " in words(node.value):
                    yield where, words(node.value).replace("{}", "7")


def words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(words(part) if isinstance(part, ast.Constant) else "7" for part in node.values)
    if isinstance(node, ast.BinOp):
        return "".join(words(part) or "7" for part in (node.left, node.right))
    if isinstance(node, ast.IfExp):
        return words(node.body)
    return ""


def test_the_reasons_are_found() -> None:
    found = {text for _where, text in reasons()}
    assert len(found) > 60
    assert {
        "event must have a name",
        "a call may have 7 kB",
        "7 is no number",
        "a quote is not closed",
    } <= found


@pytest.mark.parametrize(("text", "where"), sorted({text: where for where, text in reasons()}.items()))
def test_every_reason_is_told_in_korean(text: str, where: str) -> None:
    assert reason_words.is_known(text), f"{where}: profiles.reason_words does not know {text!r}"
    assert reason_words.told(text) == text
    with override("ko"):
        said = reason_words.told(text)
    assert any("가" <= letter <= "힣" for letter in said), said


@pytest.mark.parametrize(
    ("text", "korean"),
    [
        ("messageId is longer than 255 characters", "messageId: 255자를 넘어요"),
        ("a name or id is longer than 200 characters", "이름이나 ID가 200자를 넘어요"),
        ("traits: a name is longer than 200 characters", "traits: 이름이 200자를 넘어요"),
        ("'many' is no number", "'many': 숫자가 아니에요"),
        ("names nobody: email is empty", "누구인지 알 수 없어요. 비어 있는 열: email"),
        (
            "Expected `int | str | null`, got `bool` - at `$.userId`",
            "`$.userId`: `int | str | null`이어야 하는데 `bool`이 왔어요",
        ),
        ("no JSON: Input data was truncated", "JSON이 아니에요: 데이터가 도중에 끊겼어요"),
        ("database: no answer within 120 seconds", "데이터베이스: 120초 안에 답이 오지 않았어요"),
        ("database: Unknown column 'x'", "데이터베이스: Unknown column 'x'"),
        ("has 2 columns, the header has 3", "열이 2개예요. 머리글은 3개예요"),
    ],
)
def test_what_stands_in_it_stays(text: str, korean: str) -> None:
    with override("ko"):
        assert reason_words.told(text) == korean


def test_what_nobody_foresaw_stays_english_and_says_so() -> None:
    with override("ko"):
        assert reason_words.told("Access denied") == "Access denied"
        assert reason_words.marked("<b> denied") == '<span lang="en">&lt;b&gt; denied</span>'
        assert reason_words.marked("event must have a name") == "이벤트 이름이 없어요"
        assert reason_words.marked("") == ""
