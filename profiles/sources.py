"""Where data comes from: a source is made, gets a new key, is renamed, switched off and on again."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from profiles.models import Pull, Source
from profiles.models.source import new_write_key
from workspaces import audit
from workspaces.actor import Actor

GRACE_HOURS = (0, 24, 7 * 24, 30 * 24)  # how long an old key may go on


def create(actor: Actor, name: str, kind: str, now: datetime) -> Source:
    with transaction.atomic():
        source = Source.objects.create(workspace=actor.workspace, name=name, kind=kind)
        if kind == "sql":
            Pull.objects.create(source=source)
        audit.record(actor, "source.created", source, at=now)
    return source


def rotate(actor: Actor, source: Source, now: datetime, hours: int = 0) -> None:
    """A new write key. The old one is good for so many hours more; the one before it dies now."""
    with transaction.atomic():
        fresh = Source.objects.select_for_update().get(pk=source.pk)
        fresh.previous_key = fresh.write_key if hours else None
        fresh.previous_key_until = now + timedelta(hours=hours) if hours else None
        fresh.write_key = new_write_key()
        fresh.save(update_fields=["write_key", "previous_key", "previous_key_until"])
        audit.record(actor, "source.key_changed", fresh, at=now)


def end_grace(actor: Actor, source: Source, now: datetime) -> None:
    """The old key is refused from now on."""
    with transaction.atomic():
        source.previous_key_until = now
        source.save(update_fields=["previous_key_until"])
        audit.record(actor, "source.revoked", source, at=now)


def reveal(actor: Actor, source: Source, now: datetime) -> str:
    """The write key in full; who asked is noted."""
    audit.record(actor, "source.revealed", source, at=now)
    return source.write_key


def rename(actor: Actor, source: Source, name: str, now: datetime) -> None:
    with transaction.atomic():
        source.name = name
        source.save(update_fields=["name"])
        audit.record(actor, "source.renamed", source, at=now)


def set_up(
    actor: Actor, source: Source, settings: dict[str, Any], secret: dict[str, Any] | None, now: datetime
) -> None:
    """What its connector needs to know. secret None: as it was."""
    with transaction.atomic():
        source.settings = source.settings | settings
        if secret is not None:
            source.secret = secret
        source.save(update_fields=["settings", "secret"])
        audit.record(actor, "source.changed", source, at=now)


def switch(actor: Actor, source: Source, on: bool, now: datetime) -> None:
    with transaction.atomic():
        source.is_active = on
        source.save(update_fields=["is_active"])
        audit.record(actor, "source.resumed" if on else "source.paused", source, at=now)
