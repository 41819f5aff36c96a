"""Mends of a draft, as JSON merge patches (RFC 7396): what the canvas applies as one edit when somebody asks for it."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from journeys.document.shape import Document

Fix = dict[str, Any]
Link = tuple[str, str]  # step and outlet; of a trigger "next"


def fix(label: str, patch: dict[str, Any]) -> Fix:
    return {"label": label, "patch": patch}


def lead(document: Document, links: Iterable[Link], target: str | None) -> dict[str, Any]:
    """The roads from these ways out lead to `target`, or nowhere."""
    patch: dict[str, Any] = {}
    for key, outlet in links:
        if key in document.triggers:
            patch.setdefault("triggers", {})[key] = {"next": target}
        else:
            patch.setdefault("steps", {}).setdefault(key, {}).setdefault("next", {})[outlet] = target
    return patch


def without_step(document: Document, key: str) -> dict[str, Any]:
    """The step goes, and the roads to it; what it led to keeps its other roads."""
    links = [
        (other.key, outlet)
        for other in document.steps.values()
        for outlet, target in other.next.items()
        if target == key and other.key != key
    ]
    links += [(trigger.key, "next") for trigger in document.triggers.values() if trigger.next == key]
    patch = lead(document, links, None)
    patch.setdefault("steps", {})[key] = None
    if isinstance(document.raw.get("layout"), dict) and key in document.raw["layout"]:
        patch["layout"] = {key: None}
    return patch


def with_wait(document: Document, links: Iterable[Link], target: str, length: str) -> dict[str, Any]:
    """A wait on the roads from these ways out to `target`."""
    key = fresh_key(document, "w")
    patch = lead(document, links, key)
    patch.setdefault("steps", {})[key] = {
        "kind": "wait",
        "settings": {"for": length},
        "next": {"next": target},
    }
    return patch


def with_end(document: Document, link: Link) -> dict[str, Any]:
    """The road from this way out leads to an end of its own."""
    key = fresh_key(document, "e")
    patch = lead(document, [link], key)
    patch.setdefault("steps", {})[key] = {"kind": "end", "settings": {"outcome": "done"}, "next": {}}
    return patch


def setting(document: Document, key: str | None, place: str, value: Any) -> dict[str, Any]:
    """Sets what stands at a problem's place (step or trigger, field); lists on the way are given whole, as a merge
    patch must."""
    if key is None:
        base: list[str] = []
    elif key in document.triggers:
        base = ["triggers", key]
    else:
        base = ["steps", key, "settings"]
    path = [part.replace("~1", "/").replace("~0", "~") for part in place.split("/")]
    return _set(document.raw, [*base, *path], value)


def _set(there: Any, path: list[str], value: Any) -> dict[str, Any]:
    head, *rest = path
    inner = there.get(head) if isinstance(there, dict) else None
    if not rest:
        return {head: value}
    if isinstance(inner, list):
        whole = deepcopy(inner)
        _put(whole, rest, value)
        return {head: whole}
    return {head: _set(inner, rest, value)}


def _put(inside: Any, path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inside = inside[int(part)] if isinstance(inside, list) else inside[part]
    last = path[-1]
    if isinstance(inside, list):
        inside[int(last)] = value
    else:
        inside[last] = value


def fresh_key(document: Document, letter: str) -> str:
    number = 1
    while f"{letter}{number}" in document.steps or f"{letter}{number}" in document.triggers:
        number = number + 1 if number > len(document.steps) else len(document.steps) + 1
    return f"{letter}{number}"
