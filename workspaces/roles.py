"""Roles: one table says what each may do; groups and guardian's object permissions follow from it.

An object under permissions (a journey, a content item, a channel account, a segment) belongs to one team or to none.
For each role the table says which verbs it has on the objects of the member's own teams and on those of the others.
An object without a team is everyone's own.

Groups are named `w<workspace id>/<team slug or *>/<role>`. A member is in `*` and in one group a team of hers.
`grant` writes the rows of one object (the action that makes it, or moves it to another team, calls it);
`sync_membership` puts a member into her groups (whoever changes a role or teams calls it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermission

from workspaces.models import Membership, Team, Workspace

# The verbs that exist, by model. "view", "change" and "delete" are Django's own; the others stand in Meta.permissions.
VERBS: dict[str, tuple[str, ...]] = {
    "journeys.journey": ("view", "change", "delete", "publish"),
    "content.item": ("view", "change", "delete", "approve"),
    "channels.account": ("view", "use", "change"),
    "profiles.segment": ("view", "change"),
}

# What a role may do in the workspace as a whole.
ABILITIES: dict[str, str | Promise] = {
    "people.view": _("See people and what they did"),
    "people.view_contact": _("See e-mail addresses and phone numbers in full"),
    "people.view_sensitive": _("See sensitive attributes in full"),
    "data.edit": _("Describe data, compute attributes, list stores"),
    "people.import": _("Bring people and events in"),
    "sources.view": _("See where data comes from, and watch it arrive"),
    "sources.manage": _("Set up sources and see their write keys"),
    "people.note": _("Write notes about people"),
    "people.change": _("Change and erase people"),
    "people.export": _("Hand out everything that is kept of a person"),
    "privacy.manage": _("Set up topics, consents and how long data is kept"),
    "segments.view": _("See segments and how many are in them"),
    "segments.edit": _("Make segments, and change those of her teams"),
    "journeys.create": _("Create journeys"),
    "content.create": _("Create content"),
    "channels.manage": _("Set up channels"),
    "team.manage": _("Change members and their roles"),
    "keys.manage": _("Make and revoke API keys"),
    "audit.view": _("Read the audit log"),
    "health.view": _("See how the engine is doing, and whom it set aside"),
}


@dataclass(frozen=True)
class Reach:
    """The verbs on objects of one's own teams, and on everyone's."""

    own: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Role:
    key: str
    label: str | Promise
    description: str | Promise
    reach: dict[str, Reach]
    abilities: frozenset[str]
    every_team_without_one: bool = False  # a member without a team counts as one of every team


def _reach(own: str = "", everywhere: str = "view") -> Reach:
    return Reach(frozenset(own.split()) | frozenset(everywhere.split()), frozenset(everywhere.split()))


_EVERYTHING = {label: _reach(everywhere=" ".join(verbs)) for label, verbs in VERBS.items()}

ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        Role(
            "owner",
            _("Owner"),
            _("May do everything, in every team"),
            _EVERYTHING,
            frozenset(ABILITIES),
        ),
        Role(
            "admin",
            _("Administrator"),
            _("May do everything, in every team"),
            _EVERYTHING,
            frozenset(ABILITIES),
        ),
        Role(
            "marketer",
            _("Marketer"),
            _("Builds the journeys and contents of her teams, reads the rest"),
            {
                "journeys.journey": _reach("change delete"),
                "content.item": _reach("change delete"),
                "channels.account": _reach("use"),
                "profiles.segment": _reach("change"),
            },
            frozenset(
                {
                    "people.view",
                    "people.note",
                    "segments.view",
                    "segments.edit",
                    "people.view_contact",
                    "data.edit",
                    "people.import",
                    "sources.view",
                    "journeys.create",
                    "content.create",
                }
            ),
        ),
        Role(
            "editor",
            _("Editor"),
            _("Writes the contents of her teams, reads the rest"),
            {
                "journeys.journey": _reach(),
                "content.item": _reach("change delete"),
                "channels.account": _reach(),
                "profiles.segment": _reach(),
            },
            frozenset({"people.view", "people.note", "segments.view", "content.create"}),
        ),
        Role(
            "approver",
            _("Approver"),
            _("Publishes, pauses and stops the journeys of her teams (without a team: all), reads the rest"),
            {
                "journeys.journey": _reach("publish"),
                "content.item": _reach("approve"),
                "channels.account": _reach("use"),
                "profiles.segment": _reach(),
            },
            frozenset(
                {
                    "people.view",
                    "people.note",
                    "people.view_contact",
                    "segments.view",
                    "audit.view",
                    "health.view",
                }
            ),
            every_team_without_one=True,
        ),
        Role(
            "analyst",
            _("Analyst"),
            _("Reads everything; contact details stay hidden"),
            {label: _reach() for label in VERBS},
            frozenset({"people.view", "segments.view", "sources.view"}),
        ),
        Role(
            "viewer",
            _("Viewer"),
            _("Reads everything; contact details stay hidden"),
            {label: _reach() for label in VERBS},
            frozenset({"people.view", "segments.view"}),
        ),
    )
}


def group_name(workspace_id: int, team: str, role: str) -> str:
    """`team` is a slug, or "*"."""
    return f"w{workspace_id}/{team}/{role}"


def verbs(role: str, label: str, *, own: bool) -> frozenset[str]:
    """What the role may do to a model ("journeys.journey"), in her own teams or anywhere. Unknown roles: nothing."""
    known = ROLES.get(role)
    reach = known.reach.get(label, Reach()) if known else Reach()
    return reach.own if own else reach.all


def sync_membership(membership: Membership) -> None:
    """Put the member into exactly the groups of her role and teams. Call after any change of either."""
    workspace_id = membership.workspace_id
    role = ROLES.get(membership.role)
    slugs = list(membership.teams.values_list("slug", flat=True))
    if role and role.every_team_without_one and not slugs:
        slugs = list(Team.objects.filter(workspace_id=workspace_id).values_list("slug", flat=True))
    names = [group_name(workspace_id, slug, membership.role) for slug in ["*", *slugs]] if role else []
    with transaction.atomic():
        Group.objects.bulk_create([Group(name=name) for name in names], ignore_conflicts=True)
        others = membership.user.groups.exclude(name__startswith=f"w{workspace_id}/")
        membership.user.groups.set([*others, *Group.objects.filter(name__in=names)])


def sync_workspace(workspace: Workspace) -> None:
    """Every member anew: after a team came or went."""
    for membership in workspace.memberships.select_related("user"):
        sync_membership(membership)


def grant(obj: models.Model) -> None:
    """Write the object's permission rows from its workspace and team, in place of those it had.

    Call it in the transaction that creates the object or gives it to another team.
    """
    grant_all([obj])


def grant_all(objects: Iterable[Any]) -> None:
    """`grant` for many objects of one model: four statements in all (imports, sample data)."""
    objects = list(objects)
    if not objects:
        return
    label = objects[0]._meta.label_lower
    content_type = ContentType.objects.get_for_model(objects[0])
    permissions = {
        permission.codename.partition("_")[0]: permission
        for permission in Permission.objects.filter(content_type=content_type)
    }
    wanted: list[tuple[str, str, Any]] = []  # group name, verb, object
    for obj in objects:
        for role in ROLES:
            everywhere = verbs(role, label, own=obj.team_id is None)
            wanted += [(group_name(obj.workspace_id, "*", role), verb, obj) for verb in everywhere]
            if obj.team_id is not None:
                more = verbs(role, label, own=True) - everywhere
                wanted += [(group_name(obj.workspace_id, obj.team.slug, role), verb, obj) for verb in more]
    names = {name for name, _verb, _obj in wanted}
    with transaction.atomic():
        Group.objects.bulk_create([Group(name=name) for name in sorted(names)], ignore_conflicts=True)
        groups = {group.name: group for group in Group.objects.filter(name__in=names)}
        forget_all(objects)
        GroupObjectPermission.objects.bulk_create(
            [
                GroupObjectPermission(
                    group=groups[name],
                    permission=permissions[verb],
                    content_type=content_type,
                    object_pk=str(obj.pk),
                )
                for name, verb, obj in wanted
            ],
            batch_size=2000,
        )


def forget(obj: models.Model) -> None:
    """Take the object's permission rows away, before it is deleted."""
    forget_all([obj])


def forget_all(objects: list[Any]) -> None:
    content_type = ContentType.objects.get_for_model(objects[0])
    GroupObjectPermission.objects.filter(
        content_type=content_type, object_pk__in=[str(obj.pk) for obj in objects]
    ).delete()


@cache
def permission_name(label: str, verb: str) -> str:
    """("journeys.journey", "publish") -> "journeys.publish_journey"."""
    app, model = label.split(".")
    return f"{app}.{verb}_{model}"
