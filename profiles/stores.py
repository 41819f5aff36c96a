"""The workspace's stores: made, changed, deleted, and pasted as CSV. Conditions name a store by its slug."""

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from profiles.models import Store
from workspaces import audit
from workspaces.actor import Actor

MOST = 5000
MOST_TEXT = 1_000_000
HEADS = {
    "name": "name", "store": "name", "title": "name", "이름": "name", "매장": "name", "매장명": "name", "지점": "name",
    "lat": "latitude", "latitude": "latitude", "위도": "latitude", "y": "latitude",
    "lon": "longitude", "lng": "longitude", "long": "longitude", "longitude": "longitude", "경도": "longitude",
    "x": "longitude",
    "address": "address", "주소": "address",
}  # fmt: skip
ORDER = ("name", "latitude", "longitude", "address")


@dataclass(slots=True)
class Pasted:
    """`problems`: [(line, sentence)]; nothing is kept while there are any."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    added: int = 0
    changed: int = 0


def slug_for(workspace_id: int, name: str) -> str:
    """A short name that no other store has; "store" alone means any."""
    base = slugify(name, allow_unicode=True)[:50] or "store"
    rows = Store.objects.filter(workspace=workspace_id, slug__startswith=base)
    return _free(base, {"store", *rows.values_list("slug", flat=True)})


@transaction.atomic
def create(actor: Actor, values: dict[str, Any], now: datetime) -> Store:
    store = Store.objects.create(
        workspace=actor.workspace, slug=slug_for(actor.workspace.pk, values["name"]), created_at=now, **values
    )
    audit.record(actor, "store.created", store, at=now)
    return store


@transaction.atomic
def change(actor: Actor, store: Store, values: dict[str, Any], now: datetime) -> None:
    changed = [name for name, value in values.items() if getattr(store, name) != value]
    for name in changed:
        setattr(store, name, values[name])
    if changed:
        store.save(update_fields=changed)
        audit.record(actor, "store.changed", store, {"fields": changed}, at=now)


@transaction.atomic
def delete(actor: Actor, store: Store, now: datetime) -> None:
    audit.record(actor, "store.deleted", store, at=now)
    store.delete()


def read(text: str) -> Pasted:
    """CSV, or cells copied from a sheet. With a head line, or in the order name, latitude, longitude, address."""
    found = Pasted()
    text = text.lstrip("\ufeff").replace("\0", "")
    first = text.partition("\n")[0]
    mark = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=mark))
    except csv.Error:
        found.problems.append((1, _("This can't be read as CSV.")))
        return found
    columns: tuple[str, ...] = ORDER
    for number, cells in enumerate(lines, 1):
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        heads = [HEADS.get(cell.lower(), "") for cell in cells]
        if not found.rows and not found.problems and {"name", "latitude", "longitude"} <= set(heads):
            columns = tuple(heads)
            continue
        row = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
        if problem := _problem(row):
            found.problems.append((number, problem))
        else:
            found.rows.append(
                row | {"latitude": float(row["latitude"]), "longitude": float(row["longitude"])}
            )
    if len(found.rows) > MOST:
        found.problems.append((MOST + 1, _("A workspace can have %(most)s stores.") % {"most": MOST}))
    return found


def _problem(row: dict[str, str]) -> str:
    if not row.get("name"):
        return _("The name is missing.")
    if len(row["name"]) > 120 or len(row.get("address", "")) > 300:
        return _("A name has at most 120 characters, an address 300.")
    for name, most in (("latitude", 90), ("longitude", 180)):
        try:
            value = float(row.get(name, ""))
        except ValueError:
            value = 999
        if not abs(value) <= most:
            return (
                _("The latitude must be a number from -90 to 90.")
                if name == "latitude"
                else _("The longitude must be a number from -180 to 180.")
            )
    return ""


@transaction.atomic
def paste(actor: Actor, text: str, now: datetime) -> Pasted:
    """Adds the stores; one of a name that is there already gets the new place."""
    found = read(text)
    if found.problems or not found.rows:
        return found
    known = {
        store.name: store for store in Store.objects.select_for_update().filter(workspace=actor.workspace)
    }
    if len(known.keys() | {row["name"] for row in found.rows}) > MOST:
        found.problems.append((1, _("A workspace can have %(most)s stores.") % {"most": MOST}))
        return found
    taken = {store.slug for store in known.values()} | {"store"}
    new: dict[str, Store] = {}
    changed: dict[int, Store] = {}
    for row in found.rows:
        store = known.get(row["name"]) or new.get(row["name"])
        if store is None:
            slug = _free(slugify(row["name"], allow_unicode=True)[:50] or "store", taken)
            taken.add(slug)
            new[row["name"]] = Store(workspace=actor.workspace, slug=slug, created_at=now, **row)
            continue
        for name, value in row.items():
            setattr(store, name, value)
        if store.pk:
            changed[store.pk] = store
    Store.objects.bulk_create(new.values(), batch_size=1000)
    Store.objects.bulk_update(changed.values(), ["latitude", "longitude", "address"], batch_size=1000)
    found.added, found.changed = len(new), len(changed)
    audit.record(
        actor, "stores.imported", actor.workspace, {"added": found.added, "changed": found.changed}, at=now
    )
    return found


def _free(base: str, taken: set[str]) -> str:
    slug, n = base, 2
    while slug in taken:
        slug, n = f"{base}-{n}", n + 1
    return slug
