"""Making, changing and removing computed attributes. Their names stand in the catalogue at once."""

import re
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from profiles.computed.definitions import SETTLE, forget
from profiles.computed.kinds import KINDS, UNITS
from profiles.conditions import comparing
from profiles.models import ComputedAttribute, KnownName
from profiles.places import ATTRIBUTE
from profiles.standard import TEXTS
from workspaces import audit
from workspaces.actor import Actor

MOST = 200  # of a workspace
MOST_TESTS = 10
MOST_DAYS = 1100
RESERVED = frozenset({*TEXTS, ATTRIBUTE, "id", "external_id", "address", "created_at", "consents"})
_NAME = re.compile(r"[^\W\d]\w{0,59}")
COUNTED = ("kind", "event", "property", "where", "window_days", "unit")


class Unfit(ValueError):
    """`problems`: {field: sentence}."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems


def problems(
    workspace_id: int, given: dict[str, Any], row: ComputedAttribute | None = None
) -> dict[str, str]:
    """What is wrong with it, by field."""
    found: dict[str, str] = {}
    name, kind = str(given.get("name") or ""), KINDS.get(str(given.get("kind")))
    if row is None:
        if not _NAME.fullmatch(name):
            found["name"] = _("A name is letters, digits and _, up to 60, beginning with a letter.")
        elif name in RESERVED or _taken(workspace_id, name):
            found["name"] = _("There is an attribute of this name already.")
    if kind is None:
        found["kind"] = _("Choose what to compute.")
        return found
    event, prop = given.get("event"), given.get("property") or ""
    if not isinstance(event, str) or not event.strip() or len(event) > 200 or "\0" in event:
        found["event"] = _("Choose an event.")
    if kind.property and (not isinstance(prop, str) or not prop.strip() or len(prop) > 200 or "\0" in prop):
        found["property"] = _("Choose a property.")
    days = given.get("window_days")
    whole = isinstance(days, int) and not isinstance(days, bool)
    if days is not None and kind.window and not (whole and 1 <= days <= MOST_DAYS):
        found["window_days"] = _("Give a number of days from 1 to %(most)s.") % {"most": MOST_DAYS}
    if given.get("unit", "day") not in UNITS:
        found["unit"] = _("Days or weeks.")
    if trouble := _tests(given.get("where") or []):
        found["where"] = trouble
    return found


def _tests(tests: Any) -> str:
    if not isinstance(tests, list) or len(tests) > MOST_TESTS:
        return _("At most %(most)s conditions are possible.") % {"most": MOST_TESTS}
    for test in tests:
        name = test.get("property") if isinstance(test, dict) else None
        if not isinstance(name, str) or not name or "\0" in str(test):
            return _("Choose a property.")
        if test.get("op") in comparing.WITHIN:
            # What an event was would depend on when it is looked at.
            return _("A property can't be compared with today here.")
        for _at, message in comparing.faults(test):
            return message
    return ""


def _taken(workspace_id: int, name: str) -> bool:
    known = KnownName.objects.filter(workspace=workspace_id, kind="attribute", event="", name=name)
    return known.exists() or ComputedAttribute.objects.filter(workspace=workspace_id, name=name).exists()


def create(actor: Actor, given: dict[str, Any], now: datetime) -> ComputedAttribute:
    """Raises Unfit."""
    workspace = actor.workspace
    if found := problems(workspace.pk, given):
        raise Unfit(found)
    if ComputedAttribute.objects.filter(workspace=workspace).count() >= MOST:
        raise Unfit({"name": _("A workspace can have %(most)s computed attributes.") % {"most": MOST}})
    try:
        with transaction.atomic():
            row = ComputedAttribute.objects.create(
                workspace=workspace, name=given["name"], description=given.get("description") or "",
                zone=workspace.time_zone, fill_after=now + SETTLE, created_at=now, updated_at=now, **_clean(given),
            )  # fmt: skip
            KnownName.objects.create(
                workspace=workspace, kind="attribute", name=row.name, type=type_of(row), first_seen=now,
                computed=True, description=row.description,
            )  # fmt: skip
            audit.record(actor, "computed.created", row, at=now)
            transaction.on_commit(forget)
    except IntegrityError as error:  # somebody, or some source, was faster
        raise Unfit({"name": _("There is an attribute of this name already.")}) from error
    return row


@transaction.atomic
def change(actor: Actor, row: ComputedAttribute, given: dict[str, Any], now: datetime) -> None:
    """The name stays: conditions and contents use it. Everyone is counted anew where what is counted changes."""
    row = ComputedAttribute.objects.select_for_update().get(pk=row.pk)
    merged = {field: getattr(row, field) for field in (*COUNTED, "name", "description")} | given
    if row.state == "removing":
        raise Unfit({"name": _("This attribute is being removed.")})
    if found := problems(row.workspace_id, merged, row):
        raise Unfit(found)
    values = _clean(merged)
    counted = [field for field in COUNTED if getattr(row, field) != values[field]]
    for field in counted:
        setattr(row, field, values[field])
    row.description = merged.get("description") or ""
    row.version, row.updated_at = row.version + 1, now
    if counted:
        row.revision, row.state, row.zone = row.revision + 1, "filling", actor.workspace.time_zone
        row.cursor = row.done = row.last_person = 0
        row.fill_after = now + SETTLE
    row.save()
    known = KnownName.objects.filter(workspace=row.workspace_id, kind="attribute", event="", name=row.name)
    known.update(description=row.description, type=type_of(row), computed=True)
    audit.record(actor, "computed.changed", row, {"fields": counted}, at=now)
    transaction.on_commit(forget)


@transaction.atomic
def remove(actor: Actor, row: ComputedAttribute, now: datetime) -> None:
    """The clock takes it from everybody, then it is gone."""
    ComputedAttribute.objects.filter(pk=row.pk).update(
        state="removing", cursor=0, done=0, last_person=0, fill_after=now + SETTLE
    )
    audit.record(actor, "computed.deleted", row, at=now)
    transaction.on_commit(forget)


def _clean(given: dict[str, Any]) -> dict[str, Any]:
    kind = KINDS[given["kind"]]
    return {
        "kind": kind.key,
        "event": given["event"].strip(),
        "property": (given.get("property") or "").strip() if kind.property else "",
        "where": given.get("where") or [],
        "window_days": given.get("window_days") if kind.window else None,
        "unit": given.get("unit") or "day" if kind.key == "streak" else "day",
    }


def type_of(row: ComputedAttribute) -> str:
    """As the catalogue calls it: that of the property, where its values are passed on."""
    told = KINDS[row.kind].type
    if told:
        return told
    known = KnownName.objects.filter(
        workspace=row.workspace_id, kind="property", event=row.event, name=row.property
    )
    return known.values_list("type", flat=True).first() or "text"
