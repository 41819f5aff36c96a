import pytest

from journeys.models import Journey
from tests.factories.workspaces import make_actor, make_user, make_workspace, team
from workspaces.access import may
from workspaces.models import Membership
from workspaces.roles import (
    ABILITIES,
    ROLES,
    VERBS,
    forget,
    grant,
    grant_all,
    sync_membership,
    sync_workspace,
)

pytestmark = pytest.mark.django_db

# role: what it may do to a journey of its own team, of another team, of no team
JOURNEY_TABLE = {
    "owner": ("view change delete publish", "view change delete publish", "view change delete publish"),
    "admin": ("view change delete publish", "view change delete publish", "view change delete publish"),
    "marketer": ("view change delete", "view", "view change delete"),
    "editor": ("view", "view", "view"),
    "approver": ("view publish", "view", "view publish"),
    "analyst": ("view", "view", "view"),
    "viewer": ("view", "view", "view"),
}


def journey_of(workspace, slug=None):
    journey = Journey.objects.create(
        workspace=workspace, team=team(workspace, slug) if slug else None, name="J"
    )
    grant(journey)
    return journey


def verbs(actor, obj):
    return " ".join(verb for verb in VERBS["journeys.journey"] if may(actor, obj, verb))


@pytest.mark.parametrize("role", ROLES)
def test_role_reaches_journeys_as_its_row_says(role):
    workspace = make_workspace()
    own, other, shared = (journey_of(workspace, slug) for slug in ("email", "mobile", None))
    actor = make_actor(workspace, role, ("email",))
    assert (verbs(actor, own), verbs(actor, other), verbs(actor, shared)) == JOURNEY_TABLE[role]


def test_approver_without_a_team_publishes_every_teams_journeys():
    workspace = make_workspace()
    actor = make_actor(workspace, "approver")
    assert verbs(actor, journey_of(workspace, "mobile")) == "view publish"


def test_marketer_without_a_team_changes_only_what_is_nobodys():
    workspace = make_workspace()
    actor = make_actor(workspace, "marketer")
    assert verbs(actor, journey_of(workspace, "email")) == "view"
    assert verbs(actor, journey_of(workspace)) == "view change delete"


def test_no_role_may_what_no_verb_names():
    for role in ROLES.values():
        assert set(role.reach) == set(VERBS)
        assert role.abilities <= set(ABILITIES)
        for label, reach in role.reach.items():
            assert reach.all <= reach.own <= set(VERBS[label])


def test_grant_again_moves_the_object_to_its_new_team():
    workspace = make_workspace()
    journey, actor = journey_of(workspace, "email"), make_actor(workspace, "marketer", ("email",))
    journey.team = team(workspace, "mobile")
    journey.save()
    grant(journey)
    assert verbs(actor, journey) == "view"


def test_forget_takes_the_rows_of_that_object_alone():
    workspace = make_workspace()
    gone, kept = journey_of(workspace, "email"), journey_of(workspace, "email")
    actor = make_actor(workspace, "marketer", ("email",))
    forget(gone)
    assert (verbs(actor, gone), verbs(actor, kept)) == ("", "view change delete")


def test_grant_all_takes_as_many_queries_for_three_as_for_one(django_assert_num_queries):
    workspace = make_workspace()
    journeys = [Journey.objects.create(workspace=workspace, team=None, name=str(n)) for n in range(4)]
    grant(journeys[0])
    for batch in (journeys[:1], journeys[1:]):
        with django_assert_num_queries(7):
            grant_all(batch)


def test_a_new_role_replaces_the_old_groups_and_leaves_other_workspaces_alone():
    here, there = make_workspace(), make_workspace()
    user = make_user(here, "marketer", ("email",))
    sync_membership(Membership.objects.create(workspace=there, user=user, role="viewer"))
    membership = Membership.objects.get(user=user, workspace=here)
    membership.role = "editor"
    sync_membership(membership)
    assert sorted(user.groups.values_list("name", flat=True)) == sorted(
        [f"w{here.pk}/*/editor", f"w{here.pk}/email/editor", f"w{there.pk}/*/viewer"]
    )


def test_a_new_team_reaches_the_approver_of_every_team():
    workspace = make_workspace(teams=())
    actor = make_actor(workspace, "approver")
    workspace.teams.create(slug="late", name="Late")
    sync_workspace(workspace)
    assert verbs(actor, journey_of(workspace, "late")) == "view publish"
