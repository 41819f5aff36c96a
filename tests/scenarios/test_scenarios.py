import pytest

from journeys.engine import simulate
from tests.scenarios import world

SCENARIOS = world.scenarios()
pytestmark = pytest.mark.django_db(transaction=False)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[s["name"] for s in SCENARIOS])
def test_simulated(scenario):
    workspace = world.new_workspace()
    world.set_up(scenario, workspace)
    answer = simulate.simulate(
        scenario["document"],
        workspace,
        person=scenario["person"],
        start=world.moment(scenario["start"]),
        until=world.moment(scenario["until"]),
        events=scenario["events"],
        draws=scenario["draws"],
    )
    assert answer["warnings"] == []
    world.check(scenario["expect"], answer)


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if not s["draws"]], ids=lambda s: s["name"])
def test_on_real_rows(scenario):
    world.check(scenario["expect"], world.play(scenario, world.new_workspace()))
