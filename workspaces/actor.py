"""Who acts: a user in a workspace, by her membership. On every request as `request.actor` (None: nobody signed in)."""

from dataclasses import dataclass
from functools import cached_property

from workspaces.models import Membership, Team, User, Workspace
from workspaces.roles import ROLES, Role


@dataclass(frozen=True)
class Actor:
    """Made from a membership; the page, the API and actions take it as the one who acts."""

    membership: Membership

    @property
    def user(self) -> User:
        return self.membership.user

    @property
    def workspace(self) -> Workspace:
        return self.membership.workspace

    @property
    def role(self) -> Role:
        return ROLES[self.membership.role]

    @cached_property
    def teams(self) -> list[Team]:
        """Her own teams."""
        return list(self.membership.teams.all())

    def can(self, ability: str) -> bool:
        """A workspace-level right: a key of workspaces.roles.ABILITIES, as "people.import"."""
        return ability in self.role.abilities


def actor_of(user: User) -> Actor | None:
    """The user's actor in her workspace (the first she joined), or None when she is in none, or her role is unknown."""
    membership = (
        Membership.objects.filter(user=user, role__in=ROLES)
        .select_related("user", "workspace")
        .order_by("id")
        .first()
    )
    return Actor(membership) if membership else None
