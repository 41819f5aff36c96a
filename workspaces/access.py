"""The one door to a workspace's objects: scoped lookups. Strangers get 404, members who may not do it get 403.

Every view and API endpoint reads through here:

    journeys = scoped(request.actor, Journey)                          # all that she may view
    journey = get_or_404(request.actor, Journey, public_id, "change")  # 404 if she may not view it, 403 if only view
    require(request.actor, "people.import")                            # 403 without the ability
    if may(request.actor, journey, "publish"): ...

Models that roles.VERBS does not name (people, messages, ...) belong to the workspace as a whole: `scoped` gives the
workspace's rows, and what one may do with them is an ability (`require`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import Http404
from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user

from workspaces.actor import Actor
from workspaces.models import Team
from workspaces.roles import VERBS, permission_name

M = TypeVar("M", bound=models.Model)


def scoped(actor: Actor, model: type[M], verb: str = "view") -> models.QuerySet[M]:
    """The objects of the actor's workspace which she may `verb`. One query when evaluated."""
    rows = model._default_manager.filter(workspace_id=actor.workspace.pk)
    label = model._meta.label_lower
    if label not in VERBS:
        return rows
    if verb not in VERBS[label]:
        raise ValueError(f"{label} knows no {verb!r}")
    return get_objects_for_user(
        actor.user, permission_name(label, verb), klass=rows, with_superuser=False, accept_global_perms=False
    )


def get_or_404(
    actor: Actor, model: type[M], public_id: UUID | str, verb: str = "view", *, related: Iterable[str] = ()
) -> M:
    """The object of that public id. Http404 if she may not view it; PermissionDenied if she may not `verb` it.

    related: what to select with it.
    """
    rows = scoped(actor, model).select_related(*related) if related else scoped(actor, model)
    try:
        found = rows.get(public_id=public_id)
    except (ObjectDoesNotExist, ValidationError) as missing:
        raise Http404(f"No {model._meta.verbose_name} {public_id}") from missing
    if verb != "view" and not may(actor, found, verb):
        raise PermissionDenied(_("Your role may read this, not change it."))
    return found


def may(actor: Actor, obj: Any, verb: str) -> bool:
    """Whether she may do that to the object (her workspace's, and granted). One query."""
    return (
        bool(obj.workspace_id == actor.workspace.pk)
        and scoped(actor, type(obj), verb).filter(pk=obj.pk).exists()
    )


def verbs_on(actor: Actor, obj: Any) -> set[str]:
    """All that she may do to the object, for a page that offers several actions."""
    return {verb for verb in VERBS[obj._meta.label_lower] if may(actor, obj, verb)}


def require(actor: Actor, ability: str) -> None:
    """PermissionDenied (403) without the ability."""
    if not actor.can(ability):
        raise PermissionDenied(_("Your role doesn't include this."))


def own_teams(actor: Actor) -> list[Team]:
    """The teams to which she may give what she makes: every team for who may manage them, else her own."""
    if actor.can("team.manage"):
        return list(Team.objects.filter(workspace=actor.workspace))
    return actor.teams
