"""The kinds of leaves, by the key that tells them. channels adds `message` and the media of `reachable`."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

_KINDS: dict[str, Any] = {}
_loaded = False


def register(kind: Any) -> Any:
    """Class decorator; one instance serves all."""
    found = kind()
    if found.key in _KINDS and type(_KINDS[found.key]) is not kind:
        raise ValueError(f"the leaf {found.key!r} is registered twice")
    _KINDS[found.key] = found
    return kind


def all_kinds() -> dict[str, Any]:
    global _loaded
    if not _loaded:
        from profiles.conditions import leaves

        for module in iter_modules(leaves.__path__):
            import_module(f"profiles.conditions.leaves.{module.name}")
        _loaded = True
    return _KINDS


def kinds_of(tree: dict[str, Any]) -> list[Any]:
    return [kind for key, kind in all_kinds().items() if key in tree]


def kind_of(tree: dict[str, Any]) -> Any:
    """The kind of a leaf, or None. `where` of an event leaf may name a "property": not a key of its own."""
    return next(iter(kinds_of(tree)), None)
