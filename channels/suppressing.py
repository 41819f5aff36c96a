"""Addresses that must not be written to: by hand, from a list, and taken off it again. Each with an audit entry, which
says how many and by which channel, never which address."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from channels.media import Medium
from channels.models import Suppression
from channels.receivers import HIDDEN
from profiles import standard
from workspaces import audit
from workspaces.actor import Actor

BY_HAND = "by_hand"
LONGEST_REASON = 24
MOST_ROWS = 500_000
MOST_REJECTS = 100
_ADDRESS = ("address", "email", "email address", "phone", "number", "이메일", "전화번호", "주소")
_REASON = ("reason", "사유", "이유")


@dataclass(slots=True)
class Result:
    """rejects: (line, what stood there, why), the first hundred of `refused`."""

    added: int = 0
    known: int = 0
    refused: int = 0
    rejects: list[tuple[int, str, str]] = field(default_factory=list)


def read(actor: Actor, medium: Medium, text: str) -> str:
    """The address as it is compared, or ValueError with the reason."""
    address = text.strip()
    if medium is Medium.EMAIL:
        address = address.lower()
    elif medium is Medium.SMS:
        address = standard.phone(address, standard.region_of(actor.workspace.default_locale))
    if not address or not medium.accepts(address):
        raise ValueError(_("This is no address of that channel."))
    return address


def add(actor: Actor, medium: Medium, address: str, reason: str, now: datetime) -> bool:
    """False: it was closed already."""
    rows = [(read(actor, medium, address), reason)]
    with transaction.atomic():
        added = _insert(actor, medium, rows, now)
        audit.record(
            actor, "suppression.created", actor.workspace, {"medium": medium.value, "count": added}, at=now
        )
    return bool(added)


def import_csv(actor: Actor, medium: Medium, data: bytes, now: datetime) -> Result:
    """A column of addresses and maybe one of reasons, with or without a head; UTF-8, UTF-16 or EUC-KR."""
    result, rows, seen = Result(), [], set()
    for line, address, reason in _lines(_text(data)):
        if line > MOST_ROWS:
            result.refused += 1
            result.rejects.append((line, "", _("A file may have %(n)s lines.") % {"n": MOST_ROWS}))
            break
        try:
            found = read(actor, medium, address)
        except ValueError as error:
            result.refused += 1
            if len(result.rejects) < MOST_REJECTS:
                result.rejects.append((line, address[:80], str(error)))
            continue
        if found not in seen:
            seen.add(found)
            rows.append((found, reason or BY_HAND))
    with transaction.atomic():
        for start in range(0, len(rows), 5000):
            result.added += _insert(actor, medium, rows[start : start + 5000], now)
        result.known = len(rows) - result.added
        detail = {"medium": medium.value, "count": result.added, "refused": result.refused}
        audit.record(actor, "suppressions.imported", actor.workspace, detail, at=now)
    return result


@transaction.atomic
def remove(actor: Actor, row: Suppression, now: datetime) -> None:
    """The address may be written to again, where consent allows it."""
    row.delete()
    detail = {"medium": row.medium, "reason": row.reason}
    audit.record(actor, "suppression.deleted", actor.workspace, detail, at=now)


def search(actor: Actor, text: str, medium: str = "") -> Iterable[Suppression]:
    """Newest first. A text is the whole address: lists of people are not read out letter by letter."""
    rows = Suppression.objects.filter(workspace=actor.workspace).exclude(address__startswith=HIDDEN)
    if medium:
        rows = rows.filter(medium=medium)
    if text := text.strip():
        region = standard.region_of(actor.workspace.default_locale)
        rows = rows.filter(address__in={text, text.lower(), standard.phone(text, region)})
    return rows.order_by("-pk")


def _insert(actor: Actor, medium: Medium, rows: list[tuple[str, str]], now: datetime) -> int:
    before = Suppression.objects.filter(
        workspace=actor.workspace, medium=medium.value, address__in=[address for address, _reason in rows]
    ).count()
    Suppression.objects.bulk_create(
        [
            Suppression(
                workspace=actor.workspace,
                medium=medium.value,
                address=address,
                reason=reason[:LONGEST_REASON],
                at=now,
            )
            for address, reason in rows
        ],
        ignore_conflicts=True,
    )
    return len(rows) - before


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp949", "replace")


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    place, why = 0, 1
    for line, cells in enumerate(csv.reader(io.StringIO(text.replace("\0", ""), newline="")), 1):
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        if line == 1 and (head := [cell.lower() for cell in cells]) and set(head) & {*_ADDRESS, *_REASON}:
            place = next((at for at, name in enumerate(head) if name in _ADDRESS), 0)
            why = next((at for at, name in enumerate(head) if name in _REASON), -1)
            continue
        reason = cells[why] if 0 <= why < len(cells) else ""
        yield line, cells[place] if place < len(cells) else "", reason
