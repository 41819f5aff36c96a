"""The step kinds: `steps.get("wait")`, `list(steps)`."""

from typing import Any

from journeys.steps.base import StepKind
from lib.registry import Registry

steps: Registry[StepKind[Any]] = Registry("journeys.steps")
get = steps.get


def all() -> list[StepKind[Any]]:  # noqa: A001 - reads as registry.all()
    """In the palette's order."""
    return list(steps)
