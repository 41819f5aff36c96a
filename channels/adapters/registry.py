"""The adapters by kind: `adapters.get("smtp")`. One file of this package a kind."""

from typing import Any

from channels.adapters.base import Adapter
from channels.media import Medium
from lib.registry import Registry

adapters: Registry[Adapter[Any]] = Registry("channels.adapters")


def of_medium(medium: Medium) -> list[Adapter[Any]]:
    return [adapter for adapter in adapters if adapter.medium is medium]


def offered() -> list[Medium]:
    """The media that something can be sent by, in their order: what forms and lists show."""
    had = {adapter.medium for adapter in adapters}
    return [medium for medium in Medium if medium in had]
