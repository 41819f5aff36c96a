"""Garbage collection for long-lived processes that handle thousands of rows at once."""

import gc


def settle() -> None:
    """Once, after start-up: what is loaded now stays, and the cycle collector, which would walk every row of a batch
    over and over (a third of the engine's Python time), looks seldom. Rows form no cycles; counting frees them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
