"""Starting a journey for a person by hand, by its API trigger."""

from datetime import datetime
from typing import Any

from journeys.engine import enrol, plan
from journeys.engine.plan import PlanTrigger
from journeys.models import Journey
from profiles.models import Profile
from workspaces import audit
from workspaces.access import scoped
from workspaces.actor import Actor

MOST = 200


def startable(actor: Actor) -> list[Journey]:
    """The live journeys that the actor may start people in."""
    rows = scoped(actor, Journey, "change").filter(state="live", live__isnull=False).order_by("name", "pk")
    journeys = list(rows[:MOST])
    plan.load([journey.live_id for journey in journeys if journey.live_id])
    return [journey for journey in journeys if way_in(journey) is not None]


def start(
    actor: Actor, journey: Journey, profile: Profile, payload: dict[str, Any] | None = None, *, now: datetime
) -> bool:
    """Whether she entered: not if the journey can't be started by hand, or may not be entered by her now. `payload`
    fits the trigger's schema (`handed`)."""
    way = way_in(journey)
    if way is None or journey.live_id is None or journey.state != "live":
        return False
    entry = payload or {}
    if way.kind.payload_faults(way.settings, entry):
        return False
    entered = enrol.enrol(journey.live_id, way.trigger.key, [profile.pk], [entry], now)
    if entered:
        audit.record(actor, "journey.person_started", journey, {"person": str(profile.public_id)}, at=now)
    return bool(entered)


def handed(journey: Journey) -> dict[str, Any]:
    """The schema of what is to be handed over; empty for nothing."""
    way = way_in(journey)
    return dict(getattr(way.settings, "schema", None) or {}) if way else {}


def way_in(journey: Journey) -> PlanTrigger | None:
    if journey.live_id is None:
        return None
    ways = plan.load([journey.live_id])[journey.live_id].triggers.values()
    return next((way for way in ways if way.kind.by_api and way.trigger.next), None)
