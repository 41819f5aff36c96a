"""Computed attributes: figures over what people did, which everything reads as it reads any attribute.

A batch of events brings the figures of its people up to date in its own transaction, after the events are stored and
with the people locked (`updating`): so they are right under parallel batches, a journey that hears of an event finds
them counted, and nothing is told twice. ComputedState says which events a figure counts, from `since` to `upto`;
what is new in the table and what is late in the batch is added, what left the window is taken away. Without a row
(a person who was never looked at, another revision, a merge) the same statement counts everything.

The clock does the rest (`filling`): going through everyone when a figure is made or changed, and looking again at those
whose window, or streak, runs out.
"""

from profiles.computed.definitions import Definition, forget, names, of_workspace
from profiles.computed.filling import refill
from profiles.computed.passing import next_look, pass_time
from profiles.computed.updating import Watch, count_one, recompute, watch

__all__ = [
    "Definition",
    "Watch",
    "count_one",
    "forget",
    "names",
    "next_look",
    "of_workspace",
    "pass_time",
    "recompute",
    "refill",
    "watch",
]
