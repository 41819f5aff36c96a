"""Who turns a message's content into what goes out. Content comes later in the order of the packages, so it registers:

    rendering.register(renderer)     # in ContentConfig.ready()

`renderer.render(messages, profiles)` gets a batch and answers in its order: for each message what it became (an object
whose `data` is {"subject", "preheader", "html", "text"} for e-mail, {"body"} for SMS) or, as a value, the exception
that says why it can't be. `profiles[message.profile_id]` is the person: her attributes and `id`. `variables` below
has what a template may use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext_noop

from channels import links
from channels.models import Message


class Rendered(Protocol):
    @property
    def data(self) -> Mapping[str, Any]: ...


class Renderer(Protocol):
    def render(
        self, messages: Sequence[Message], profiles: Mapping[int, dict[str, Any]]
    ) -> Sequence[Rendered | Exception]: ...


@dataclass(frozen=True)
class Ready:
    """Content that needs no rendering: a message that carries its own words (a test of a channel)."""

    data: Mapping[str, Any]


class NothingToSend(Exception):
    """The message names no content."""


_renderer: list[Renderer] = []


def register(renderer: Renderer) -> None:
    _renderer[:] = [renderer]


def variables(message: Message, person: Mapping[str, Any]) -> dict[str, Any]:
    """What every template may use of a message; content adds the workspace."""
    return {
        "person": dict(person),
        "entry": message.variables.get("entry") or {},
        "context": message.variables.get("context") or {},
        "unsubscribe_url": links.unsubscribe_url(message.public_id),
        "view_url": links.view_url(message.public_id),
    }


def render(messages: Sequence[Message], profiles: Mapping[int, dict[str, Any]]) -> list[Rendered | Exception]:
    """One answer a message, in order. A message without content version shows `variables["words"]` as they stand."""
    answers: dict[int, Rendered | Exception] = {}
    templated = []
    for message in messages:
        if message.content_version_id is not None and _renderer:
            templated.append(message)
        elif words := message.variables.get("words"):
            answers[message.pk] = Ready(words)
        else:
            answers[message.pk] = NothingToSend(gettext_noop("The message has no content."))
    if templated:
        found = _renderer[0].render(templated, profiles)
        answers |= {message.pk: answer for message, answer in zip(templated, found, strict=True)}
    return [answers[message.pk] for message in messages]
