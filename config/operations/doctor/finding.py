from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` says what was looked at, `text` how it is, `mend` what to do (empty when it is well)."""

    name: str
    state: State
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    run: Callable[[datetime], Iterator[Finding]]
    needs_database: bool = False


def ok(name: str, text: str) -> Finding:
    return Finding(name, "ok", text)


def warn(name: str, text: str, mend: str) -> Finding:
    return Finding(name, "warn", text, mend)


def fail(name: str, text: str, mend: str) -> Finding:
    return Finding(name, "fail", text, mend)
