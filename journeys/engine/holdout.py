"""The hold-out: a share of those who enter walks the journey as everybody does and gets none of its messages, so that
what the messages bring about can be told. Who is in it follows from the person and the journey alone: she stays in it
across steps, versions and entries, and in another journey chance decides anew."""

from typing import TYPE_CHECKING

from journeys.engine.plan import Plan
from journeys.steps.chance import fraction
from journeys.steps.visits import Visits

if TYPE_CHECKING:
    from journeys.engine.world import Store

DRAW, IN, OUT = "$holdout", "in", "out"  # among a simulation's draws


def rows(plan: Plan, store: "Store", visits: Visits) -> set[int]:
    """The visits of those who are held out."""
    share = plan.rules.policy.holdout
    if not share:
        return set()
    drawn = store.draws.get(DRAW)
    if drawn in (IN, OUT):
        return set(range(len(visits))) if drawn == IN else set()
    known = store.public_ids(visits.profile_ids)
    return {
        row
        for row, profile_id in enumerate(visits.profile_ids)
        if fraction(known[profile_id], "holdout", plan.holdout_of) < share
    }
