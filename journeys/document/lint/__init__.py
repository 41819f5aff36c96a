"""What the drawing alone tells: roads that lead nowhere or round and round, stays that are too long, answers that are
asked for too early. Each file a kind of rule; each rule reads a `Roads` and gives problems.

A rule warns only of what is certain. Work is linear in the size of the document, but for searches behind a step, which
share one limit (roads.MOST_LOOKS): past it they say nothing more.
"""

from collections.abc import Iterator

from journeys.document.lint import needing, waiting, ways
from journeys.document.policy import Policy
from journeys.document.problem import Context, Problem
from journeys.document.roads import Roads


def find(roads: Roads, policy: Policy | None, context: Context) -> Iterator[Problem]:
    """`policy` null: it can't be read, which is a problem of its own."""
    yield from ways.problems(roads, policy, context)
    yield from waiting.problems(roads, policy, context)
    yield from needing.problems(roads, policy, context)
