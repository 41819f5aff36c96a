"""Whose messages these are. Journeys stand above channels, so they say it themselves: `origins.register(...)`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Origin:
    """The journey of a message, as the world knows it. `url`: its page."""

    id: UUID
    name: str
    url: str


class Origins(Protocol):
    def find(self, workspace_id: int, public_id: UUID) -> int | None:
        """The journey_id of messages of the journey with that public id."""

    def describe(self, journey_ids: Collection[int]) -> Mapping[int, Origin]: ...


class _Nobody:
    def find(self, workspace_id: int, public_id: UUID) -> int | None:
        return None

    def describe(self, journey_ids: Collection[int]) -> Mapping[int, Origin]:
        return {}


_registered: list[Origins] = [_Nobody()]


def register(origins: Origins) -> None:
    _registered[:] = [origins]


def find(workspace_id: int, public_id: UUID) -> int | None:
    return _registered[0].find(workspace_id, public_id)


def describe(journey_ids: Collection[int | None]) -> Mapping[int, Origin]:
    wanted = {journey_id for journey_id in journey_ids if journey_id is not None}
    return _registered[0].describe(wanted) if wanted else {}
