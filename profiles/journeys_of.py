"""Where a person stands in which journeys, as JSON: asked here, answered by the package above that knows."""

from collections.abc import Callable
from typing import Any

from profiles.masking import Show
from profiles.models import Profile
from workspaces.actor import Actor

Answer = Callable[[Actor, Profile, Show], list[dict[str, Any]]]
_answers: list[Answer] = []


def register(answer: Answer) -> None:
    if answer not in _answers:
        _answers.append(answer)


def read(actor: Actor, profile: Profile, show: Show) -> list[dict[str, Any]]:
    """`show`: what the reader may see of her."""
    return [entry for answer in _answers for entry in answer(actor, profile, show)]
