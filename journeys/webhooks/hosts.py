"""Which hosts may be called now, and how often at once. Kept by each process for itself: it is about its own places.

A host that has answered gets many calls at once, a new one few. One that does not keep up is new again, then gets one
at a time and a pause that grows. Half of the places are for hosts that answer, so those that hang hold up nobody else.
"""

import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass

MOST = 10  # calls at once of a host that has answered
FEW = 2  # of one that is new
SUSPICIOUS = 3  # so many in a row that did not work: one at a time from now on
LONGEST_PAUSE = 60.0  # seconds
KEPT = 5_000


@dataclass(slots=True)
class Trouble:
    count: int = 0
    until: float = 0.0


class Hosts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trouble: OrderedDict[str, Trouble] = OrderedDict()
        self._proven: OrderedDict[str, None] = OrderedDict()
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

    def proven(self) -> list[str]:
        """Those that answer."""
        with self._lock:
            return list(self._proven)

    def take(self, host: str) -> bool:
        """A place for one more call, if there is one. Give it back."""
        now = time.monotonic()
        with self._lock:
            trouble = self._trouble.get(host)
            if trouble is not None and trouble.until > now:
                return False
            suspicious = trouble is not None and trouble.count >= SUSPICIOUS
            if self._flying[host] >= (1 if suspicious else MOST if host in self._proven else FEW):
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
                self._proven[host] = None
                self._proven.move_to_end(host)
            else:
                self._proven.pop(host, None)
                trouble = self._trouble.setdefault(host, Trouble())
                trouble.count += 1
                if trouble.count >= SUSPICIOUS:
                    trouble.until = time.monotonic() + min(LONGEST_PAUSE, 2.0 ** (trouble.count - SUSPICIOUS))
            for kept in (self._trouble, self._proven):
                while len(kept) > KEPT:
                    kept.popitem(last=False)
