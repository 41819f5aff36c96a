"""Kinds that the product knows: step kinds, triggers, channels, condition leaves. One file a kind.

    steps: Registry[StepKind] = Registry("journeys.steps")

    @steps.register
    class Wait(StepKind): kind = "wait"

    steps.get("wait"); steps.get("unheard_of") is None; list(steps)

The modules of the package are imported at the first look, in alphabetical order; `order` on a kind, if there is one,
decides the order of iteration, the name of the kind breaks ties.
"""

import importlib
import pkgutil
import threading
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Kind(Protocol):
    @property
    def kind(self) -> str: ...


K = TypeVar("K", bound=Kind)


class Registry(Generic[K]):
    def __init__(self, package: str) -> None:
        self.package = package
        self._kinds: dict[str, K] = {}
        self._discovered = False
        self._lock = threading.RLock()  # the importing thread registers while it discovers

    def register(self, cls: type[K]) -> type[K]:
        """Class decorator: one instance of the class stands for the kind."""
        kind = cls()
        if kind.kind in self._kinds and type(self._kinds[kind.kind]) is not cls:
            raise ValueError(f"{self.package}: two kinds are called {kind.kind!r}")
        self._kinds[kind.kind] = kind
        return cls

    def get(self, kind: str) -> K | None:
        self._discover()
        return self._kinds.get(kind)

    def __contains__(self, kind: object) -> bool:
        self._discover()
        return kind in self._kinds

    def __iter__(self) -> Iterator[K]:
        self._discover()
        return iter(sorted(self._kinds.values(), key=lambda kind: (getattr(kind, "order", 100), kind.kind)))

    def __len__(self) -> int:
        self._discover()
        return len(self._kinds)

    def _discover(self) -> None:
        if self._discovered:
            return
        with self._lock:
            if self._discovered:
                return
            package = importlib.import_module(self.package)
            for module in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
                importlib.import_module(f"{self.package}.{module}")
            self._discovered = True
