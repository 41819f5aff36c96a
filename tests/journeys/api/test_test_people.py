"""Customers drawn at random for a test."""

import pytest

from journeys import test_people
from profiles.models import Profile
from tests.factories.channels import make_person
from tests.factories.workspaces import make_user, make_workspace
from workspaces.actor import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return actor_of(make_user(make_workspace(), "marketer"))


def test_living_people_of_this_workspace_alone(actor):
    here = [make_person(actor.workspace, first_name=f"P{n}") for n in range(12)]
    other = make_workspace("Other")
    for _ in range(12):
        make_person(other)
    Profile.objects.filter(pk=here[0].pk).update(merged_into=here[1])
    Profile.objects.filter(pk=here[2].pk).update(erased_at="2026-01-01T00:00:00Z")
    living = {person.pk for person in here} - {here[0].pk, here[2].pk}

    assert {person.pk for person in test_people.some(actor, 50)} == living
    drawn = [frozenset(person.pk for person in test_people.some(actor, 3)) for _ in range(30)]
    assert all(len(one) == 3 and one <= living for one in drawn)
    assert len(set(drawn)) > 1


def test_nobody_is_nobody(actor):
    assert test_people.some(actor, 10) == []


def test_one_statement_finds_them(actor, django_assert_max_num_queries):
    for _ in range(60):
        make_person(actor.workspace)
    with django_assert_max_num_queries(4):
        assert len(test_people.some(actor, 10)) <= 10
