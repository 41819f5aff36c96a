"""The leaves of a condition as they stand in the document, read without knowing what they mean."""

from collections.abc import Iterator
from typing import Any


def leaves(condition: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(JSON pointer, leaf) of everything that looks like one."""
    open_ = [(pointer, condition)]
    while open_:
        at, node = open_.pop()
        if not isinstance(node, dict):
            continue
        inner = [
            (f"{at}/{how}/{i}", part) for how in ("all", "any") for i, part in enumerate(_parts(node, how))
        ]
        if "not" in node:
            inner.append((f"{at}/not", node["not"]))
        if inner:
            open_ += reversed(inner)
        elif not {"all", "any"} & set(node):
            yield at, node


def _parts(node: dict[str, Any], how: str) -> list[Any]:
    parts = node.get(how)
    return parts if isinstance(parts, list) else []
