"""Stretches of numbers or of time, and what is left of one when others are taken from it."""

from dataclasses import dataclass
from typing import Any

MOST_HOLES = 200


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers ("n") or moments ("aware", "naive") from `low` to `high`; None is without end."""

    scale: str
    low: Any = None
    high: Any = None
    low_in: bool = True
    high_in: bool = True

    def holds(self, value: Any) -> bool:
        above = self.low is None or value > self.low or (self.low_in and value == self.low)
        return above and (self.high is None or value < self.high or (self.high_in and value == self.high))

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return bool(self.low > self.high or (self.low == self.high and not (self.low_in and self.high_in)))

    def cut(self, other: "Span") -> "Span":
        low, low_in = max(
            ((s.low, s.low_in) for s in (self, other) if s.low is not None),
            key=lambda edge: (edge[0], not edge[1]),
            default=(None, True),
        )
        high, high_in = min(
            ((s.high, s.high_in) for s in (self, other) if s.high is not None),
            key=lambda edge: (edge[0], edge[1]),
            default=(None, True),
        )
        return Span(self.scale, low, high, low_in, high_in)

    def without(self, other: "Span") -> "list[Span]":
        parts = []
        if other.low is not None:
            parts.append(self.cut(Span(self.scale, None, other.low, True, not other.low_in)))
        if other.high is not None:
            parts.append(self.cut(Span(self.scale, other.high, None, not other.high_in, True)))
        return [part for part in parts if not part.empty]


def overlapping(spans: list[Span], holes: list[Span]) -> bool:
    """Whether some value lies in all of the spans and in none of the holes."""
    for scale in {span.scale for span in spans}:
        mine = [span for span in spans if span.scale == scale]
        whole = mine[0]
        for span in mine[1:]:
            whole = whole.cut(span)
        parts = [] if whole.empty else [whole]
        for hole in holes[:MOST_HOLES]:
            if hole.scale == scale:
                parts = [left for part in parts for left in part.without(hole)]
        if not parts:
            return False
    return True
