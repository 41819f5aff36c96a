"""Which events a journey asks about at all: those it is entered by, waits for, and counts in its conditions."""

import unicodedata
from contextlib import suppress

from journeys.document import settings as codec
from journeys.engine.plan import PROFILE, Plan, PlanStep, PlanTrigger
from profiles.conditions import ConditionError, compile_condition
from profiles.conditions.leaves.segment import condition_of


def events(found: Plan) -> set[str]:
    """Their names, in both spellings of a composed letter."""
    names = found.wait_names() | found.rule_names() | {name for name, _way in found.event_triggers()}
    nodes: list[PlanStep | PlanTrigger] = [*found.steps.values(), *found.triggers.values()]
    for node in nodes:
        for _place, condition in codec.conditions(node.settings):
            names |= set(found.compiled(condition).events)
    for way in found.triggers.values():
        crossing = way.kind.segment(way.settings)
        inside = condition_of(found.workspace_id, crossing.segment) if crossing is not None else None
        if inside is not None:
            with suppress(ConditionError):
                names |= set(compile_condition(inside, found.workspace_id).events)
    names.discard(PROFILE)
    return names | {unicodedata.normalize(form, name) for form in ("NFC", "NFD") for name in names}
