"""Changing a journey's draft. A draft always saves, whatever is wrong with it; publishing is what refuses."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from journeys import testing
from journeys.document.shape import blank
from journeys.models import Journey, Version
from workspaces import audit, roles
from workspaces.actor import Actor
from workspaces.models import Team


class Stale(Exception):
    """Someone saved in between. `revision` is the one that stands now."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"the draft is at revision {revision}")
        self.revision = revision


@transaction.atomic
def create_journey(
    actor: Actor, *, name: str, team: Team | None, now: datetime, document: dict[str, Any] | None = None
) -> Journey:
    """A new draft, empty or from `document`, owned by `team`."""
    name = name.strip()[:160] or _("Untitled journey")
    draft = {**document, "name": name} if document else blank(name, actor.workspace.time_zone)
    journey = Journey.objects.create(
        workspace=actor.workspace,
        team=team,
        name=name,
        draft=draft,
        created_at=now,
        created_by=actor.user,
        updated_at=now,
        updated_by=actor.user,
    )
    roles.grant(journey)
    audit.record(actor, "journey.created", journey, at=now)
    return journey


@transaction.atomic
def save_draft(
    actor: Actor, journey: Journey, document: dict[str, Any], *, revision: int, now: datetime
) -> Journey:
    """Stores `document` as the draft if it still stands at `revision`; else Stale and nothing changes."""
    name = str(document.get("name") or "").strip()[:160] or journey.name
    changed = Journey.objects.filter(pk=journey.pk, revision=revision).update(
        draft=document, name=name, revision=F("revision") + 1, updated_at=now, updated_by=actor.user
    )
    journey.refresh_from_db()
    if not changed:
        raise Stale(journey.revision)
    return journey


@transaction.atomic
def restore(actor: Actor, journey: Journey, version: Version, *, revision: int, now: datetime) -> Journey:
    """The version's document becomes the draft; what is live stays as it is. Raises Stale."""
    journey = save_draft(actor, journey, version.document, revision=revision, now=now)
    audit.record(actor, "journey.restored", journey, {"version": version.number}, at=now)
    return journey


@transaction.atomic
def change_team(actor: Actor, journey: Journey, team: Team | None, *, now: datetime) -> None:
    before = journey.team.slug if journey.team else None
    journey.team = team
    journey.save(update_fields=["team"])
    roles.grant(journey)
    audit.record(
        actor, "journey.team_changed", journey, {"from": before, "to": team.slug if team else None}, at=now
    )


@transaction.atomic
def duplicate(actor: Actor, journey: Journey, *, now: datetime) -> Journey:
    """A copy as a new draft, its tests too. Step keys stay: versions of the copy are compared among themselves only."""
    name = _("%(name)s (copy)") % {"name": journey.name}
    made = create_journey(actor, name=name, team=journey.team, now=now, document=dict(journey.draft))
    testing.copy(journey, made, now=now)
    return made


@transaction.atomic
def delete_draft(actor: Actor, journey: Journey, *, now: datetime) -> None:
    """Deletes a journey that never was live; one that was is archived, since its log and messages stay."""
    audit.record(actor, "journey.deleted" if journey.live_id is None else "journey.archived", journey, at=now)
    if journey.live_id is None:
        roles.forget(journey)
        journey.delete()
        return
    journey.state = "archived"
    journey.save(update_fields=["state"])
