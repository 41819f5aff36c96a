import pytest

from journeys.webhooks import pump
from journeys.webhooks.hosts import Hosts
from tests.journeys.engine.story import T0, Story
from tests.providers.hooks import hooks_server


@pytest.fixture
def story(db):
    return Story()


@pytest.fixture
def hooks(settings):
    with hooks_server() as running:
        settings.HTTP_ALLOWED_HOSTS = [running.host]
        yield running


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """What a process remembers of hosts and templates is not the next test's."""
    monkeypatch.setattr(pump, "hosts", Hosts())
    pump._slow.clear()


@pytest.fixture
def call(monkeypatch):
    """Makes the calls that are due at a moment of the story."""

    def work(at=T0, seconds=20):
        return pump.work(lambda: at, seconds)

    return work
