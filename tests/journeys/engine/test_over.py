"""The last enrolments of a person that are over."""

from datetime import timedelta

import pytest

from journeys.engine import over
from journeys.models import Finished
from tests.journeys.engine.story import T0

pytestmark = pytest.mark.django_db

HER, ANOTHER = 7, 8


def ended(number, day, profile_id=HER, journey_id=1):
    at = T0 + timedelta(days=day)
    Finished.objects.create(
        enrolment_id=number, workspace_id=1, journey_id=journey_id, version_id=1, profile_id=profile_id,
        trigger="t", step="x", seq=1, entered_at=T0, ended_at=at, reason="completed",
    )  # fmt: skip


def ids(rows):
    return [row.enrolment_id for row in rows]


def test_the_last_ones_whatever_the_order_in_which_they_came():
    for number, day in ((1, 3), (2, 9), (3, 1), (4, 7)):
        ended(number, day)
    ended(5, 30, profile_id=ANOTHER)
    assert ids(over.last(HER, 2)) == [2, 4]
    assert ids(over.last(HER, 4)) == [2, 4, 1, 3]


def test_all_where_there_are_fewer():
    ended(1, 3)
    ended(2, 9)
    assert ids(over.last(HER, 20)) == [2, 1]
    assert ids(over.last(ANOTHER, 20)) == []


def test_of_one_journey():
    ended(1, 3)
    ended(2, 9, journey_id=2)
    assert ids(over.last(HER, 1, journey_id=1)) == [1]


def test_no_more_than_asked_for_where_many_end_at_once():
    for number in (1, 2, 3):
        ended(number, 3)
    assert len(over.last(HER, 2)) == 2
