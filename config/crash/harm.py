"""What a crash test does to the plant, in an order and at moments that the seed decides."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from config.crash import check
from config.crash.plant import Plant

PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Harm:
    """How often what happens; on average at least `gap` seconds lie between two deeds. Publishers and beats die beside
    the workers."""

    kills: int
    flushes: int
    restarts: int
    gap: float

    def deeds(self, chance: random.Random) -> list[str]:
        beside = ["publisher"] * (self.kills // 8) + ["beat"] * (self.kills // 16)
        whole = ["worker"] * self.kills + ["flush"] * self.flushes + beside
        chance.shuffle(whole)
        for turn in range(self.restarts):  # spread, the immediate ones first
            whole.insert(
                len(whole) * (2 * turn + 1) // (2 * self.restarts),
                "immediate" if turn % 2 == 0 else "restart",
            )
        return whole


def do(plant: Plant, harm: Harm, chance: random.Random, say: Callable[[str], None]) -> list[str]:
    """Does all of it, spread over the work: a busy machine makes the test longer, not milder. Between the deeds the
    counts are compared with the lists behind them. Returns the faults."""
    deeds, faults, began = harm.deeds(chance), list[str](), time.monotonic()
    for number, deed in enumerate(deeds):
        _wait(plant, plant.work * (number + chance.random()) / len(deeds), harm, chance)
        what = _do(plant, deed, chance)
        done = f"{100 * plant.progress() / plant.work:3.0f} % done"
        say(f"{time.monotonic() - began:6.1f} s  {done}  {number + 1}/{len(deeds)}  {what}")
        if number % 5 == 0:
            faults += check.counts_equal_lists(plant)
    return faults


def _wait(plant: Plant, wanted: float, harm: Harm, chance: random.Random) -> None:
    """Until so much is done and some worker is up again; where nothing moves, not for ever."""
    gap = chance.uniform(0, 2 * harm.gap)
    began = time.monotonic()
    while (past := time.monotonic() - began) < PATIENCE:
        plant.tend()
        if past >= gap and plant.up() and plant.progress() >= wanted:
            return
        time.sleep(0.1)


def _do(plant: Plant, deed: str, chance: random.Random) -> str:
    if deed == "worker":
        return f"killed {plant.kill_worker(chance)}"
    if deed == "publisher":
        return f"killed {plant.kill(plant.publishers, chance)}"
    if deed == "beat":
        return f"killed {plant.kill(plant.beats, chance)}"
    if deed == "flush":
        plant.broker.empty()
        return "emptied the broker"
    plant.postgres.restart(immediate=deed == "immediate")
    return "restarted the database" + (", which had no time to stop" if deed == "immediate" else "")
