"""Who changed what: one entry an action, written in the action's own transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lib import clock
from workspaces.actor import Actor
from workspaces.models import AuditEntry


def record(
    actor: Actor,
    action: str,
    obj: Any,
    detail: Mapping[str, Any] | None = None,
    *,
    at: datetime | None = None,
) -> AuditEntry:
    """Note that `actor` did `action` ("journey.published": noun, dot, past verb) to `obj`.

    detail: what a reader may want to know, JSON; never secrets or personal data of customers.
    """
    return AuditEntry.objects.create(
        workspace=actor.workspace,
        user=actor.user,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(getattr(obj, "public_id", obj.pk)),
        object_label=str(obj)[:200],
        detail=dict(detail or {}),
        at=at or clock.now(),
    )
