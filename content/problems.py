"""What may be wrong with a content, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Problem:
    """severity: "error" (it can't be sent) or "warning"; `line` counts from 1 within the field."""

    severity: str
    code: str
    message: str
    field: str = ""
    line: int | None = None
    locale: str = ""

    def within(self, locale: str) -> Problem:
        return replace(self, locale=locale)

    def as_json(self) -> dict[str, Any]:
        return {
            "severity": self.severity,
            "code": self.code,
            "locale": self.locale or None,
            "field": self.field or None,
            "line": self.line,
            "message": self.message,
        }
