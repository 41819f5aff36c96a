"""A workspace and its members, as tests need them."""

from itertools import count

from workspaces.actor import Actor, actor_of
from workspaces.models import Membership, Team, User, Workspace
from workspaces.roles import sync_membership

PASSWORD = "a-long-password-7"
_numbers = count(1)


def make_workspace(
    name: str = "", *, teams: tuple[str, ...] = ("email", "mobile"), zone: str = "Asia/Seoul"
) -> Workspace:
    """A workspace with teams whose slug is also their hue."""
    number = next(_numbers)
    workspace = Workspace.objects.create(
        name=name or f"Workspace {number}", slug=f"workspace-{number}", time_zone=zone
    )
    for slug in teams:
        Team.objects.create(workspace=workspace, slug=slug, name=slug.capitalize(), hue=slug)
    return workspace


def make_user(
    workspace: Workspace | None = None, role: str = "marketer", teams: tuple[str, ...] = (), **fields: str
) -> User:
    """A user with PASSWORD; a member with that role and those teams when a workspace is given."""
    number = next(_numbers)
    user = User.objects.create_user(
        fields.pop("email", f"user{number}@example.com"),
        PASSWORD,
        name=fields.pop("name", f"User {number}"),
        **fields,
    )
    if workspace:
        membership = Membership.objects.create(workspace=workspace, user=user, role=role)
        membership.teams.set(Team.objects.filter(workspace=workspace, slug__in=teams))
        sync_membership(membership)
    return user


def make_actor(workspace: Workspace, role: str = "marketer", teams: tuple[str, ...] = ()) -> Actor:
    actor = actor_of(make_user(workspace, role, teams))
    assert actor
    return actor


def team(workspace: Workspace, slug: str) -> Team:
    return Team.objects.get(workspace=workspace, slug=slug)
