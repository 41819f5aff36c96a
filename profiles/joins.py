"""The log of a person's joins, as people read it, and the undo of a wrong one."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from profiles import announcements, computed, parting, wording
from profiles.join_log import MERGED
from profiles.models import Identity, Join, Profile, Source
from workspaces import audit
from workspaces.actor import Actor

MOST = 100


class CannotUndo(ValueError):
    """The reason, for whoever asked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One join. kind, value: the name that both were seen with; `former`: who it was until then; how: "merged" (two
    profiles became one) or "named" (an anonymous one became the user)."""

    id: int
    at: datetime
    source: str
    kind: str
    value: str
    message_id: str
    former: str
    how: str
    undone_at: datetime | None
    undone_by: str
    can_undo: bool


def of(profile: Profile) -> list[Entry]:
    """Newest first, with those of the people who were merged into her. Three statements."""
    people = [profile.pk, *Profile.objects.filter(merged_into=profile.pk).values_list("pk", flat=True)]
    rows = list(
        Join.objects.filter(person__in=people).select_related("former", "undone_by").order_by("-pk")[:MOST]
    )
    ids = {row.source_id for row in rows if row.source_id}
    sources = dict(Source.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        Entry(
            id=row.pk,
            at=row.at,
            source=sources.get(row.source_id or 0, ""),
            kind=row.kind,
            value=row.value,
            message_id=row.message_id or "",
            former=_label(row),
            how=row.how,
            undone_at=row.undone_at,
            undone_by=str(row.undone_by or ""),
            can_undo=row.undone_at is None,
        )
        for row in rows
    ]


def undo(actor: Actor, profile: Profile, join_id: int, now: datetime) -> Profile:
    """Parts the two again; returns the one who was split off. CannotUndo with the reason."""
    with transaction.atomic(), connection.cursor() as cursor:
        join = Join.objects.filter(workspace=actor.workspace, pk=join_id).first()
        if join is None:
            raise CannotUndo(_("There is no such join."))
        # In the order of their ids, as calls lock people.
        wanted = {pk for pk in (profile.pk, join.person_id, join.former_id) if pk is not None}
        rows = {
            row.pk: row for row in Profile.objects.filter(pk__in=wanted).order_by("pk").select_for_update()
        }
        join.refresh_from_db()
        holder, person = rows[profile.pk], rows[join.person_id]
        if join.undone_at is not None:
            raise CannotUndo(_("This join was undone already."))
        if holder.erased_at or holder.merged_into_id or (person.merged_into_id or person.pk) != holder.pk:
            raise CannotUndo(_("Meanwhile she is somebody else. Reload the page."))
        former = rows[join.former_id] if join.former_id else _made(join, now)
        if join.how == MERGED:
            _revive(join, holder, former, now)
        parting.split(cursor, join, holder.pk, former.pk, now)
        join.undone_by = actor.user
        join.save(update_fields=["undone_by"])
        computed.recompute(cursor, join.workspace_id, [holder.pk, former.pk], now)
        audit.record(actor, "person.parted", holder, at=now)
        _announce(cursor, join.workspace_id, [holder.pk, former.pk], now)
    former.refresh_from_db()
    return former


def _made(join: Join, now: datetime) -> Profile:
    """The anonymous one whose row became the user's."""
    return Profile.objects.create(
        workspace_id=join.workspace_id, created_at=join.before["created_at"], updated_at=now
    )


def _revive(join: Join, holder: Profile, former: Profile, now: datetime) -> None:
    user = join.before["user"]
    former.merged_into = None
    if user is not None:
        Identity.objects.filter(
            workspace=join.workspace_id, kind="user_id", value=user, profile=holder
        ).delete()
        if not Profile.objects.filter(workspace=join.workspace_id, external_id=user).exists():
            former.external_id = user
    former.updated_at = now
    former.save(update_fields=["merged_into", "external_id", "updated_at"])


def _announce(cursor: object, workspace_id: int, changed: list[int], now: datetime) -> None:
    told, minded = None, announcements.minds(workspace_id, set(), changed=True)
    if minded is not False:
        told, _ids = announcements.number(cursor, workspace_id, now, changed=changed)  # type: ignore[arg-type]
    announcements.announce(told, workspace_id, [], changed, minded)


def _label(row: Join) -> str:
    """By whom or what the former was known, without addresses."""
    before = row.before
    name = Profile(attributes=before.get("attributes", {})).name
    if before.get("user"):
        return str(before["user"])
    if name:
        return name
    kinds = [kind for _pk, kind, _value in before.get("names", [])]
    return _("Anonymous visitor") if not kinds or "anonymous_id" in kinds else wording.sentence_case(kinds[0])
