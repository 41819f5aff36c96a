"""Notes: what colleagues write down about a person, for whoever looks at her next.

They stand in her timeline, are part of her export and go with her erasure. The audit log says who wrote, changed and
removed one, never what it said.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.dispatch import receiver
from django.http import Http404
from django.utils.translation import gettext as _

from profiles import masking, signals
from profiles.models import Note, Profile
from profiles.timeline import Entry
from workspaces import audit
from workspaces.access import require
from workspaces.actor import Actor

LONGEST = 2000
_MOVE = """
update profiles_note n set profile_id = m.target
from unnest(%s::bigint[], %s::bigint[]) as m(merged, target) where n.profile_id = m.merged
"""


class Unfit(ValueError):
    """A text that is none."""


def add(actor: Actor, profile: Profile, text: str, now: datetime) -> Note:
    require(actor, "people.note")
    with transaction.atomic():
        note = Note.objects.create(
            workspace=actor.workspace,
            profile=profile,
            author=actor.user,
            text=clean(text),
            created_at=now,
        )
        audit.record(actor, "person.note_added", profile, at=now)
    return note


def change(actor: Actor, note: Note, text: str, now: datetime) -> None:
    require_own(actor, note)
    note.text, note.edited_at = clean(text), now
    with transaction.atomic():
        note.save(update_fields=["text", "edited_at"])
        audit.record(actor, "person.note_changed", note.profile, at=now)


def remove(actor: Actor, note: Note, now: datetime) -> None:
    require_own(actor, note)
    with transaction.atomic():
        audit.record(actor, "person.note_removed", note.profile, at=now)
        note.delete()


def find(profile: Profile, public_id: Any) -> Note:
    note = Note.objects.filter(profile=profile, public_id=public_id).select_related("profile").first()
    if note is None:
        raise Http404("No such note")
    return note


def of(profile: Profile) -> Sequence[Note]:
    """Newest first."""
    rows = Note.objects.filter(profile=profile).select_related("author")
    return list(rows.order_by("-created_at", "-pk"))


def may_change(actor: Actor, author_id: int | None) -> bool:
    """Whoever wrote it, and those who may change people."""
    return actor.can("people.change") or (actor.can("people.note") and author_id == actor.user.pk)


def clean(text: str) -> str:
    """Raises Unfit with what to do."""
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise Unfit(_("Write something first."))
    if "\0" in said:
        raise Unfit(_("Text may not hold NUL characters."))
    if len(said) > LONGEST:
        raise Unfit(_("A note has at most %(most)s characters.") % {"most": LONGEST})
    return said


def entries(profile: Profile, before: datetime | None, limit: int, mask: masking.Show) -> Iterable[Entry]:
    """Their part of the timeline: addresses that stand in a note are masked like everywhere else."""
    rows = Note.objects.filter(profile=profile).select_related("author")
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    redact = masking.redactor(profile.attributes, mask)
    found = []
    for note in rows.order_by("-created_at", "-pk")[:limit]:
        who = note.author.name if note.author else _("Somebody who is gone")
        found.append(
            Entry(
                at=note.created_at,
                kind="note",
                tone="data",
                icon="sticky-note",
                title=_("Note by %(name)s") % {"name": who},
                text=_("changed afterwards") if note.edited_at else "",
                quote=redact(str(mask("", note.text))),
                note=note,
            )
        )
    return found


def require_own(actor: Actor, note: Note) -> None:
    if not may_change(actor, note.author_id):
        raise PermissionDenied(_("Only who wrote a note, or an administrator, may change it."))


@receiver(signals.profiles_merged, dispatch_uid="notes.merged")
def move(sender: Any, pairs: Sequence[tuple[int, int]], **_rest: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [[pair[0] for pair in pairs], [pair[1] for pair in pairs]])


@receiver(signals.profiles_joining, dispatch_uid="notes.joining")
def hers(sender: Any, profile_ids: Sequence[int], **_rest: Any) -> dict[int, dict[str, list[int]]]:
    found: dict[int, dict[str, list[int]]] = {}
    for person, note in Note.objects.filter(profile_id__in=profile_ids).values_list("profile_id", "pk"):
        found.setdefault(person, {}).setdefault("notes", []).append(note)
    return found


@receiver(signals.profiles_split, dispatch_uid="notes.split")
def give_back(sender: Any, holder: int, former: int, moved: dict[str, list[int]], **_rest: Any) -> None:
    if ids := moved.get("notes"):
        Note.objects.filter(pk__in=ids, profile_id=holder).update(profile_id=former)
