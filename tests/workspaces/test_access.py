from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from journeys.models import Journey
from profiles.models import Profile
from tests.factories.workspaces import make_actor, make_user, make_workspace, team
from workspaces.access import get_or_404, may, own_teams, require, scoped
from workspaces.actor import actor_of
from workspaces.roles import grant

pytestmark = pytest.mark.django_db


def journey_of(workspace, slug="email"):
    journey = Journey.objects.create(workspace=workspace, team=team(workspace, slug), name="J")
    grant(journey)
    return journey


def test_stranger_finds_nothing():
    journey, stranger = journey_of(make_workspace()), make_actor(make_workspace(), "owner", ("email",))
    assert list(scoped(stranger, Journey)) == []
    assert not may(stranger, journey, "view")
    with pytest.raises(Http404):
        get_or_404(stranger, Journey, journey.public_id)


@pytest.mark.parametrize("role", ["viewer", "analyst", "editor"])
def test_reader_gets_403_for_a_change(role):
    workspace = make_workspace()
    journey, reader = journey_of(workspace), make_actor(workspace, role, ("email",))
    assert get_or_404(reader, Journey, journey.public_id) == journey
    with pytest.raises(PermissionDenied):
        get_or_404(reader, Journey, journey.public_id, "change")


def test_an_object_nobody_was_granted_is_nobodys():
    workspace = make_workspace()
    journey = Journey.objects.create(workspace=workspace, name="J")
    with pytest.raises(Http404):
        get_or_404(make_actor(workspace, "owner"), Journey, journey.public_id)


@pytest.mark.parametrize("name", [uuid4(), "no-uuid", ""])
def test_unknown_id_is_404(name):
    with pytest.raises(Http404):
        get_or_404(make_actor(make_workspace()), Journey, name)


def test_superuser_is_a_stranger_like_any_other():
    journey_of(make_workspace())
    user = make_user(make_workspace(), "viewer")
    user.is_superuser = True
    user.save()
    assert list(scoped(actor_of(user), Journey)) == []


def test_what_no_team_owns_belongs_to_the_workspace():
    here, there = make_workspace(), make_workspace()
    profile = Profile.objects.create(workspace=here)
    assert get_or_404(make_actor(here, "viewer"), Profile, profile.public_id) == profile
    assert list(scoped(make_actor(there), Profile)) == []


def test_unknown_verb_is_a_mistake_in_the_code():
    with pytest.raises(ValueError, match="knows no 'pubish'"):
        scoped(make_actor(make_workspace()), Journey, "pubish")


def test_scoped_list_is_one_query(django_assert_num_queries):
    workspace = make_workspace()
    journeys = [journey_of(workspace) for _ in range(3)]
    actor = make_actor(workspace, "marketer", ("email",))
    with django_assert_num_queries(1):
        assert sorted(journey.pk for journey in scoped(actor, Journey, "change")) == [j.pk for j in journeys]


def test_require_refuses_what_the_role_lacks():
    workspace = make_workspace()
    require(make_actor(workspace, "marketer"), "people.import")
    with pytest.raises(PermissionDenied):
        require(make_actor(workspace, "viewer"), "people.import")


def test_own_teams_are_all_for_who_manages_them():
    workspace = make_workspace()
    assert [t.slug for t in own_teams(make_actor(workspace, "marketer", ("mobile",)))] == ["mobile"]
    assert [t.slug for t in own_teams(make_actor(workspace, "admin"))] == ["email", "mobile"]


def test_user_with_an_unknown_role_acts_nowhere():
    assert actor_of(make_user(make_workspace(), "guest")) is None
