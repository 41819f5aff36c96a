"""Whose messages these are. Journeys stand above channels, so they say it themselves: `origins.register(...)`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from channels.models import Message
from profiles.masking import Show


@dataclass(frozen=True)
class Origin:
    """The journey of a message, as the world knows it. `url`: its page."""

    id: UUID
    name: str
    url: str


@dataclass(frozen=True)
class Reason:
    """A step on the way to a message, and what decided there."""

    title: str
    text: str
    at: datetime | None


class Origins(Protocol):
    def find(self, workspace_id: int, public_id: UUID) -> int | None:
        """The journey_id of messages of the journey with that public id."""

    def describe(self, journey_ids: Collection[int]) -> Mapping[int, Origin]: ...

    def why(self, messages: Collection[Message], show: Show) -> Mapping[int, Sequence[Reason]]:
        """By message: how its person came to it, as the reader may see it; the way in first."""


class _Nobody:
    def find(self, workspace_id: int, public_id: UUID) -> int | None:
        return None

    def describe(self, journey_ids: Collection[int]) -> Mapping[int, Origin]:
        return {}

    def why(self, messages: Collection[Message], show: Show) -> Mapping[int, Sequence[Reason]]:
        return {}


_registered: list[Origins] = [_Nobody()]


def register(origins: Origins) -> None:
    _registered[:] = [origins]


def find(workspace_id: int, public_id: UUID) -> int | None:
    return _registered[0].find(workspace_id, public_id)


def describe(journey_ids: Collection[int | None]) -> Mapping[int, Origin]:
    wanted = {journey_id for journey_id in journey_ids if journey_id is not None}
    return _registered[0].describe(wanted) if wanted else {}


def why(messages: Collection[Message], show: Show) -> Mapping[int, Sequence[Reason]]:
    mine = [message for message in messages if message.enrolment_id]
    return _registered[0].why(mine, show) if mine else {}
