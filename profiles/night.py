"""Consent to the night: advertising by text, push and messengers between 21:00 and 08:00 needs a yes of its own.

Korean law (정보통신망법 제50조) asks for it; a workspace switches it on. It is said as a channel of its own, beside
the others and with the same proof and history: {"consents": {"night": "granted"}}. Mail is exempt, and so is what is
shown where somebody is already (in-app), and what needs no consent at all.
"""

from datetime import datetime, time, tzinfo

from django.db import transaction

from lib.localtime import window_end
from workspaces import audit
from workspaces.actor import Actor
from workspaces.models import Workspace

MEDIUM = "night"  # in consents
FROM, TO = time(21), time(8)  # by the person's clock
HELD = frozenset({"sms", "push", "social"})  # the media it is about
REASON = "night_consent"  # of a message that waits for the morning


def over(moment: datetime, where: tzinfo) -> datetime:
    """When the night is over there; by day the moment itself."""
    return window_end(moment, where, FROM, TO)


@transaction.atomic
def switch(actor: Actor, on: bool, now: datetime) -> bool:
    """Whether that changed anything."""
    rows = Workspace.objects.filter(pk=actor.workspace.pk).exclude(night_consent=on)
    changed = bool(rows.update(night_consent=on))
    if changed:
        audit.record(actor, "privacy.changed", actor.workspace, {"privacy": "night", "on": on}, at=now)
    return changed
