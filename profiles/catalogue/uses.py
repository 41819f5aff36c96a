"""Who uses a name: journeys, segments, computed attributes, contents. Packages above say so for theirs.

uses.register(provider)          # provider(actor) -> Iterable[Use], of what she may see
uses.read(actor)                 # {(kind, event, name): [Use]}
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workspaces.actor import Actor

Key = tuple[str, str, str]  # kind (event, property, attribute), event, name
AGGREGATES = ("sum", "average", "max", "min")


@dataclass(frozen=True, slots=True)
class Use:
    """`what`: journey, segment, computed or content. `key`: what it uses."""

    key: Key
    what: str
    title: str
    url: str = ""


Provider = Callable[[Actor], Iterable[Use]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def read(actor: Actor) -> dict[Key, list[Use]]:
    found: dict[Key, list[Use]] = defaultdict(list)
    for provider in _providers:
        for use in provider(actor):
            if use not in found[use.key]:
                found[use.key].append(use)
    return found


def names_in(tree: Any) -> Iterator[Key]:
    """Every event, property and attribute that conditions, triggers and steps name, as they are written in JSON."""
    open_ = [tree]
    while open_:
        node = open_.pop()
        if isinstance(node, list):
            open_ += node
        if not isinstance(node, dict):
            continue
        open_ += node.values()
        event, attribute = node.get("event"), node.get("attribute")
        if isinstance(attribute, str) and attribute:
            root, _dot, rest = attribute.partition(".")
            if root in ("entry", "context") and rest:
                continue
            yield "attribute", "", root
        if isinstance(event, str) and event:
            yield "event", "", event
            tests = node.get("where") or []
            for test in tests if isinstance(tests, list) else [tests]:
                name = test.get("property") if isinstance(test, dict) else None
                if isinstance(name, str) and name:
                    yield "property", event, name.partition(".")[0]
            for figure in (*AGGREGATES, "property"):
                if isinstance(name := node.get(figure), str) and name:
                    yield "property", event, name.partition(".")[0]
