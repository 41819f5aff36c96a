"""A problem as a value, and what the checks ask of the kinds and of the world."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol

from journeys.document.settings import Fault
from journeys.document.shape import Document, Step, Trigger, escape

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """`step` is the key of the step or trigger, `field` a path in its settings ("branches/0/when"); both null for
    the journey as a whole (then `field` may be "name" or a path in "policy"). `fix`: {"label", "patch"}, a JSON merge
    patch (RFC 7396) of the document that mends it, or {"label", "url"}, where it can be mended."""

    severity: Severity
    code: str
    message: str
    step: str | None = None
    field: str | None = None
    fix: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "severity": self.severity,
            "code": self.code,
            "step": self.step,
            "field": self.field,
            "message": self.message,
            "fix": self.fix,
        }


class OutletLike(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...


class StepLike(Protocol):
    """What the checks ask of a step kind."""

    def parse(self, settings: dict[str, Any]) -> Any: ...
    def outlets(self, settings: Any) -> Iterable[OutletLike]: ...
    def problems(self, step: Step, settings: Any, context: Any) -> Iterable[Problem]: ...
    def minute_long(self, settings: Any) -> bool: ...
    def pauses(self, settings: Any) -> bool: ...
    def may_end(self, settings: Any) -> bool: ...
    def least_stay(self, settings: Any, outlet: str) -> timedelta: ...
    def context_keys(self, settings: Any) -> Iterable[str]: ...
    def rivals(self, settings: Any) -> list[list[Any]]: ...


class TriggerLike(Protocol):
    def parse(self, settings: dict[str, Any]) -> Any: ...
    def problems(self, trigger: Trigger, settings: Any, context: Any) -> Iterable[Problem]: ...


class Context(Protocol):
    """What the checks need to know of the world: the kinds, the workspace's contents, the language."""

    workspace_id: int | None
    gettext: Callable[[str], str]

    def step_kind(self, kind: str) -> StepLike | None: ...
    def trigger_kind(self, kind: str) -> TriggerLike | None: ...
    def medium_of(self, content: str) -> str | None: ...
    def secret_hosts(self) -> Mapping[str, str]: ...
    def condition_faults(self, condition: dict[str, Any]) -> list[tuple[str, str]]: ...


def faults(
    found: Iterable[Fault], context: Context, step: str | None, code: str = "bad_setting"
) -> list[Problem]:
    """Settings that can't be read, as problems."""
    return [
        Problem(
            "error",
            code,
            context.gettext(fault.template) % fault.params
            if fault.params
            else context.gettext(fault.template),
            step,
            fault.pointer.lstrip("/") or None,
        )
        for fault in found
    ]


def pointer(problem: Problem, document: Document) -> str:
    """The JSON pointer of a problem's place in the document."""
    if problem.step is None:
        return f"/{problem.field}" if problem.field else ""
    if problem.step in document.triggers:
        base = f"/triggers/{escape(problem.step)}"
    else:
        base = f"/steps/{escape(problem.step)}" + ("/settings" if problem.field else "")
    return f"{base}/{problem.field}" if problem.field else base
