"""What the log keeps of a pass: one visit a step, as JSON (models.passes)."""

from collections.abc import Sequence

import msgspec

from journeys.steps.outcomes import Json


def visit(
    step: str,
    outlet: str | None,
    why: list[Json] | None,
    message: Json | None,
    reason: str | None = None,
    *,
    goal: bool = False,
    leaves: Sequence[Json] = (),
    note: Json | None = None,
) -> str:
    """One visit of a route."""
    found: Json = {"s": step, "o": outlet}
    if why:
        places = {id(leaf): place for place, leaf in enumerate(leaves)}
        found["w"] = [
            [places[id(leaf["condition"])], leaf["value"], leaf["result"]]
            if id(leaf["condition"]) in places
            else {"c": leaf["condition"], "v": leaf["value"], "r": leaf["result"]}
            for leaf in why
        ]
    if message:
        found["m"] = message
    if note:
        found["n"] = note
    if reason:
        found["x"] = reason
    if goal:
        found["g"] = True
    return msgspec.json.encode(found).decode()


def started(trigger: str, why: list[Json] | None) -> str:
    found: Json = {"t": trigger}
    if why:
        found["w"] = [{"c": leaf["condition"], "v": leaf["value"], "r": leaf["result"]} for leaf in why]
    return msgspec.json.encode(found).decode()
