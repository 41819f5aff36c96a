"""Changing a member's role and teams."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from workspaces import audit
from workspaces.actor import Actor
from workspaces.models import Membership, Team
from workspaces.roles import ROLES, sync_membership


class MemberRefused(Exception):
    """The change would leave the workspace without an owner, or is the owner's alone to make. str() says which."""


def change(actor: Actor, membership: Membership, role: str, teams: Iterable[Team], *, at: datetime) -> bool:
    """Give the member that role and those teams; False when nothing differs. Writes the audit entry."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role")
    teams = list(teams)
    with transaction.atomic():
        # The owners' rows are locked, so that two who step down at once can't leave none.
        owners = list(
            Membership.objects.select_for_update()
            .filter(workspace=membership.workspace, role="owner")
            .order_by("id")
        )
        before = membership.role, sorted(membership.teams.values_list("slug", flat=True))
        after = role, sorted(team.slug for team in teams)
        if before == after:
            return False
        if "owner" in (role, membership.role) and role != membership.role and actor.role.key != "owner":
            raise MemberRefused(_("Only an owner may make or unmake owners."))
        if membership.role == "owner" and role != "owner" and len(owners) == 1:
            raise MemberRefused(_("A workspace needs an owner. Make somebody else owner first."))
        Membership.objects.filter(pk=membership.pk).update(role=role)
        membership.role = role
        membership.teams.set(teams)
        sync_membership(membership)
        detail = {"role": [before[0], after[0]], "teams": [before[1], after[1]]}
        audit.record(actor, "member.changed", membership.user, detail, at=at)
    return True
