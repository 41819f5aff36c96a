"""Where data comes from: a source is made, gets a new key, is switched off and on again."""

from datetime import datetime

from django.db import transaction

from profiles.models import Source
from profiles.models.source import new_write_key
from workspaces import audit
from workspaces.actor import Actor


def create(actor: Actor, name: str, kind: str, now: datetime) -> Source:
    with transaction.atomic():
        source = Source.objects.create(workspace=actor.workspace, name=name, kind=kind)
        audit.record(actor, "source.created", source, at=now)
    return source


def rotate(actor: Actor, source: Source, now: datetime) -> None:
    """A new write key; what still sends with the old one is refused from now on."""
    with transaction.atomic():
        source.write_key = new_write_key()
        source.save(update_fields=["write_key"])
        audit.record(actor, "source.changed", source, at=now)


def switch(actor: Actor, source: Source, on: bool, now: datetime) -> None:
    with transaction.atomic():
        source.is_active = on
        source.save(update_fields=["is_active"])
        audit.record(actor, "source.resumed" if on else "source.paused", source, at=now)
