import pytest

from tests.journeys.engine.story import Story


@pytest.fixture
def story(db):
    return Story()
