import pytest

from journeys import counts
from tests.factories.journeys import NOW, make_journey

pytestmark = pytest.mark.django_db


def test_every_step_of_the_live_version_has_numbers():
    live = counts.of_journey(make_journey(live=True).pk, NOW)
    nobody = {"entered": 0, "inside": 0, "completed": 0, "outlets": {}}
    assert live["steps"] == {"w1": nobody, "x1": nobody}
    assert live["totals"] == {"entered": 0, "inside": 0, "ended": 0, "goal": 0}


def test_draft_has_no_numbers():
    assert counts.of_journey(make_journey().pk, NOW)["steps"] == {}
