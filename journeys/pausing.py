"""Pausing freezes a journey: nobody moves, nothing is sent, events are remembered. Resuming continues once."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from journeys.engine import freeze, schedules
from journeys.models import Journey
from journeys.publishing import WrongState
from workspaces import audit
from workspaces.actor import Actor


@transaction.atomic
def pause(actor: Actor, journey: Journey, *, now: datetime) -> int:
    """Returns how many people stand still now."""
    journey = Journey.objects.select_for_update().get(pk=journey.pk)
    if journey.state != "live":
        raise WrongState(_("Only a live journey can be paused."))
    journey.state, journey.paused_at = "paused", now
    journey.save(update_fields=["state", "paused_at"])
    count = freeze.freeze(journey.pk, now)
    schedules.disarm(journey)
    audit.record(actor, "journey.paused", journey, {"inside": count}, at=now)
    return count


@transaction.atomic
def resume(actor: Actor, journey: Journey, *, now: datetime) -> int:
    """Returns how many people go on."""
    journey = Journey.objects.select_for_update(of=("self",)).select_related("live").get(pk=journey.pk)
    if journey.state != "paused" or journey.live is None:
        raise WrongState(_("Only a paused journey can be resumed."))
    journey.state, journey.paused_at = "live", None
    journey.save(update_fields=["state", "paused_at"])
    count = freeze.thaw(journey.pk, now)
    schedules.arm(journey, journey.live, now)
    audit.record(actor, "journey.resumed", journey, {"inside": count}, at=now)
    return count
