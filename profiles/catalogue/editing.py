"""What people say of a name: description, owner, personal-data class; and that a change of type is meant so."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from profiles import data_classes
from profiles.models import KnownName
from workspaces import audit
from workspaces.actor import Actor

FIELDS = ("description", "team", "data_class")


@transaction.atomic
def change(actor: Actor, name: KnownName, values: dict[str, Any], now: datetime) -> None:
    """values: of FIELDS, those that change; `accept_type` True: its types are as they should be."""
    changed = [field for field in FIELDS if field in values and getattr(name, field) != values[field]]
    detail = {field: str(values[field] or "") for field in changed if field != "description"}
    for field in changed:
        setattr(name, field, values[field])
    if values.get("accept_type") and name.changed_at:
        name.changed_at = None
        changed.append("changed_at")
    if "data_class" in changed and effective(name) != data_classes.NONE:
        name.examples = []
        changed.append("examples")
    if changed:
        name.save(update_fields=changed)
        audit.record(actor, "name.changed", name, detail | {"kind": name.kind}, at=now)


def effective(name: KnownName) -> str:
    """The class that counts: as somebody said, else as the name suggests. An event has none."""
    if name.kind == "event":
        return data_classes.NONE
    return name.data_class or data_classes.suggested(name.name)


def revision(name: KnownName) -> str:
    team = name.team_id or 0
    words = f"{name.description}\0{name.data_class}\0{team}\0{name.changed_at or ''}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def forget_values(workspace_id: int, values: list[Any]) -> None:
    """Examples that are an erased person's."""
    short = [
        value for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)
    ]
    if not short:
        return
    found = Q()
    for value in short[:200]:
        found |= Q(examples__contains=[value])
    for name in KnownName.objects.filter(found, workspace=workspace_id, kind="attribute"):
        name.examples = [each for each in name.examples if each not in short]
        name.save(update_fields=["examples"])
