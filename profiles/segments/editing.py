"""Making and changing segments. With its condition a segment, and those that are made of it, are filled anew."""

import uuid
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext as _

from profiles.conditions import Compiled, ConditionError, compile_condition
from profiles.membership import index as indexes
from profiles.models import Segment, SegmentMoment
from profiles.segments.used_in import Use, uses
from workspaces import audit
from workspaces.access import own_teams
from workspaces.actor import Actor
from workspaces.models import Team, Workspace
from workspaces.roles import grant

MOST_NAME, MOST_SLUG = 120, 50


class Conflict(Exception):
    """Somebody else saved meanwhile; `version` is the one that stands."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class InUse(Exception):
    def __init__(self, uses: list[Use]) -> None:
        super().__init__(", ".join(use.title for use in uses))
        self.uses = uses


def check(condition: Any, workspace: Workspace, own: Segment | None = None, pointer: str = "") -> Compiled:
    """ConditionError for what can't be read, means nothing outside a journey, or would make it a part of itself."""
    compiled = compile_condition(condition, workspace.pk, pointer)
    if outside := [leaf.pointer for leaf in compiled.outside_audience()]:
        raise ConditionError([(at, _("This only means something inside a journey.")) for at in outside])
    known = indexes.index(workspace.pk)
    if own is not None and known is not None:
        by_name = {name: one for one in known.segments.values() for name in (one.slug, str(one.public_id))}
        for leaf in compiled.leaf_nodes:
            if leaf.kind.key != "segment" or (named := by_name.get(leaf.raw["segment"])) is None:
                continue
            if named.id == own.pk or own.pk in named.inner:
                words = {"name": named.name, "own": own.name}
                text = _("“%(own)s” can't be a part of itself.") % words
                if named.id != own.pk:
                    text = _("“%(name)s” is made of “%(own)s”, so it can't be a part of it.") % words
                raise ConditionError([(f"{leaf.pointer}/segment", text)])
    return compiled


@transaction.atomic
def create(
    actor: Actor,
    *,
    name: str,
    now: datetime,
    kind: str = Segment.RULES,
    slug: str = "",
    condition: Any = None,
    description: str = "",
    team: str = "",
) -> Segment:
    """ValidationError by field, ConditionError for the condition. `team`: the slug of one of hers; "": everyone's."""
    owner = team_of(actor, team)
    if kind == Segment.RULES:
        check(condition, actor.workspace, pointer="/condition")
    segment = Segment(
        workspace=actor.workspace,
        team=owner,
        name=_name(name),
        description=description.strip()[:500],
        kind=kind,
        condition=condition if kind == Segment.RULES else {},
        created_at=now,
        changed_at=now,
        changed_by=actor.user,
        stale_since=now if kind == Segment.RULES else None,
    )
    segment.slug = slug or _free_slug(actor.workspace, segment.name)
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError as error:
        raise ValidationError({"slug": _("There is a segment of this name already.")}) from error
    grant(segment)
    audit.record(actor, "segment.created", segment, {"kind": kind}, at=now)
    return segment


@transaction.atomic
def change(
    actor: Actor,
    segment: Segment,
    version: int,
    now: datetime,
    *,
    name: str | None = None,
    description: str | None = None,
    condition: Any = None,
    team: str | None = None,
) -> Segment:
    """What is given, if the segment still stands at `version`; else Conflict and nothing changes."""
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = _name(name)
    if description is not None:
        values["description"] = description.strip()[:500]
    if condition is not None and not segment.is_list:
        check(condition, actor.workspace, segment, "/condition")
        values["condition"] = condition
    stored = Segment.objects.filter(pk=segment.pk).values("name", "description", "condition")
    before: dict[str, Any] = dict(stored.get())
    changed = {key: value for key, value in values.items() if before.get(key) != value}
    if team is not None and team != (segment.team.slug if segment.team else ""):
        changed["team"] = team_of(actor, team)
    if not changed and segment.version == version:
        return segment
    done = Segment.objects.filter(pk=segment.pk, version=version, archived_at=None).update(
        **changed, version=F("version") + 1, changed_at=now, changed_by=actor.user
    )
    segment.refresh_from_db()
    if not done:
        raise Conflict(segment.version)
    if "condition" in changed:
        make_stale(segment, now)
        segment.refresh_from_db()
    detail = {"changed": sorted(changed)} | ({"before": before["name"]} if "name" in changed else {})
    if "team" in changed:
        grant(segment)
        detail["team"] = segment.team.slug if segment.team else ""
    audit.record(actor, "segment.changed", segment, detail, at=now)
    return segment


def team_of(actor: Actor, slug: str) -> Team | None:
    """One of hers, or none; ValidationError for others."""
    if not slug:
        return None
    found = next((team for team in own_teams(actor) if team.slug == slug), None)
    if found is None:
        raise ValidationError({"team": _("You have no team “%(slug)s”.") % {"slug": slug[:60]}})
    return found


def _team_of_copy(actor: Actor, segment: Segment) -> str:
    """The same team where she belongs to it, else her own."""
    mine = [team.slug for team in own_teams(actor)]
    if segment.team is None or segment.team.slug in mine:
        return segment.team.slug if segment.team else ""
    return next(iter(mine), "")


def make_stale(segment: Segment, now: datetime) -> None:
    """It, and what is made of it, is filled anew; whoever crosses by that is news to the journeys it starts."""
    known = indexes.index(segment.workspace_id)
    concerned = [one.id for one in indexes.dependents(known, segment.pk)] if known is not None else []
    rows = Segment.objects.filter(pk__in=[segment.pk, *concerned], kind=Segment.RULES)
    rows.filter(stale_since=None).update(quiet=False)
    rows.update(stale_since=now)


@transaction.atomic
def copy(actor: Actor, segment: Segment, now: datetime) -> Segment:
    name = _("%(name)s (copy)") % {"name": segment.name[: MOST_NAME - 12]}
    twin = create(
        actor,
        name=name,
        now=now,
        kind=segment.kind,
        condition=segment.condition,
        description=segment.description,
        team=_team_of_copy(actor, segment),
    )
    if segment.is_list:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into profiles_segmentmember (segment_id, profile_id, since) "
                "select %s, profile_id, %s from profiles_segmentmember where segment_id = %s",
                [twin.pk, now, segment.pk],
            )
            Segment.objects.filter(pk=twin.pk).update(size=cursor.rowcount)
    return twin


@transaction.atomic
def archive(actor: Actor, segment: Segment, now: datetime) -> None:
    """Put away: no longer listed or offered. InUse while something needs it."""
    Segment.objects.select_for_update().get(pk=segment.pk)
    if found := uses(actor).get(segment.pk):
        raise InUse(found)
    Segment.objects.filter(pk=segment.pk).update(
        archived_at=now, changed_at=now, changed_by=actor.user, version=F("version") + 1
    )
    SegmentMoment.objects.filter(segment=segment).delete()
    audit.record(actor, "segment.archived", segment, at=now)


@transaction.atomic
def restore(actor: Actor, segment: Segment, now: datetime) -> None:
    """Back again, and filled anew."""
    Segment.objects.filter(pk=segment.pk).update(
        archived_at=None,
        changed_at=now,
        changed_by=actor.user,
        version=F("version") + 1,
        stale_since=None if segment.is_list else now,
        quiet=True,
    )
    audit.record(actor, "segment.restored", segment, at=now)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": _("Give it a name.")})
    if len(name) > MOST_NAME or "\0" in name:
        raise ValidationError({"name": _("This name is too long.")})
    return name


def _free_slug(workspace: Workspace, name: str) -> str:
    """From the name; Korean ones have no Latin letters, and get a number of their own."""
    base = slugify(name)[: MOST_SLUG - 5].strip("-") or f"segment-{uuid.uuid4().hex[:6]}"
    taken = set(
        Segment.objects.filter(workspace=workspace, slug__startswith=base).values_list("slug", flat=True)
    )
    return next(one for n in range(1, 10_000) if (one := base if n == 1 else f"{base}-{n}") not in taken)
