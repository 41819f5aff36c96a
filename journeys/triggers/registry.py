"""The ways in: `triggers.get("event")`, `list(triggers)`."""

from typing import Any

from journeys.triggers.base import TriggerKind
from lib.registry import Registry

triggers: Registry[TriggerKind[Any]] = Registry("journeys.triggers")
get = triggers.get


def all() -> list[TriggerKind[Any]]:  # noqa: A001 - reads as registry.all()
    """In the palette's order."""
    return list(triggers)
