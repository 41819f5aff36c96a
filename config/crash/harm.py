"""What a crash test does to the plant, in an order and at moments that the seed decides."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from config.crash import check
from config.crash.plant import Plant


@dataclass(frozen=True, slots=True)
class Harm:
    """How often what happens, spread over `seconds`. Publishers and beats die beside the workers."""

    kills: int
    flushes: int
    restarts: int
    seconds: float

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
    """Does all of it; between the deeds the counts are compared with the lists behind them. Returns the faults."""
    deeds, faults, began = harm.deeds(chance), list[str](), time.monotonic()
    for number, deed in enumerate(deeds):
        wanted = began + harm.seconds * (number + chance.random()) / len(deeds)
        while time.monotonic() < wanted:
            plant.tend()
            time.sleep(min(0.1, max(0.0, wanted - time.monotonic())))
        doing = time.monotonic()
        what = _do(plant, deed, chance)
        began += time.monotonic() - doing  # the next ones keep their distance
        say(f"{time.monotonic() - began:6.1f} s  {number + 1}/{len(deeds)}  {what}")
        if number % 5 == 0:
            faults += check.counts_equal_lists(plant)
    return faults


def _do(plant: Plant, deed: str, chance: random.Random) -> str:
    if deed == "worker":
        return f"killed {plant.kill_worker(chance)}"
    if deed == "publisher":
        return f"killed {plant.kill(plant.publishers, chance)}"
    if deed == "beat":
        return f"killed {plant.kill(plant.beats, chance)}"
    if deed == "flush":
        plant.empty_broker()
        return "emptied the broker"
    plant.postgres.restart(immediate=deed == "immediate")
    return "restarted the database" + (", which had no time to stop" if deed == "immediate" else "")
