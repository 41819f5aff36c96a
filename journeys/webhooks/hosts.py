"""Which hosts may be called now. Each has a few calls at once; one that hangs gets fewer, then a pause that grows, so
that its calls never take the places of others. Kept by each process for itself: it is about its own places."""

import threading
import time
from collections import Counter
from dataclasses import dataclass

AT_ONCE = 10  # calls of one host
SUSPICIOUS = 3  # so many in a row that did not work: one at a time from now on
LONGEST_PAUSE = 60.0  # seconds
KEPT = 10_000


@dataclass(slots=True)
class Trouble:
    count: int = 0
    until: float = 0.0


class Hosts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trouble: dict[str, Trouble] = {}
        self._flying: Counter[str] = Counter()

    def shut(self) -> list[str]:
        """Not to be called for now."""
        now = time.monotonic()
        with self._lock:
            return [host for host, trouble in self._trouble.items() if trouble.until > now]

    def slow(self) -> list[str]:
        """To be called one at a time."""
        with self._lock:
            return [host for host, trouble in self._trouble.items() if trouble.count >= SUSPICIOUS]

    def take(self, host: str) -> bool:
        """A place for one more call, if there is one. Give it back."""
        now = time.monotonic()
        with self._lock:
            trouble = self._trouble.get(host)
            if trouble is not None and trouble.until > now:
                return False
            most = 1 if trouble is not None and trouble.count >= SUSPICIOUS else AT_ONCE
            if self._flying[host] >= most:
                return False
            self._flying[host] += 1
            return True

    def give_back(self, host: str, *, strained: bool) -> None:
        with self._lock:
            self._flying[host] -= 1
            if self._flying[host] <= 0:
                del self._flying[host]
            if not strained:
                self._trouble.pop(host, None)
                return
            trouble = self._trouble.setdefault(host, Trouble())
            trouble.count += 1
            if trouble.count >= SUSPICIOUS:
                trouble.until = time.monotonic() + min(LONGEST_PAUSE, 2.0 ** (trouble.count - SUSPICIOUS))
            while len(self._trouble) > KEPT:
                self._trouble.pop(next(iter(self._trouble)))
