import psycopg
import pytest

from journeys.engine import advance
from lib import prepared
from tests.journeys.engine.story import Story


@pytest.fixture(autouse=True)
def looks_from_the_start(monkeypatch):
    """Where this process begins to look for who is due is not what another test has left."""
    monkeypatch.setattr(advance, "_mark", advance.Mark())


@pytest.fixture
def story(db):
    return Story()


@pytest.fixture
def statements(monkeypatch):
    """Every statement the database gets, Django's and the engine's own."""
    seen = []
    monkeypatch.setattr(prepared, "bind", lambda *_given: None)  # what is prepared passes by the cursors
    for name in ("execute", "copy"):
        real = getattr(psycopg.Cursor, name)

        def spy(self, query, *args, _real=real, **kwargs):
            seen.append(str(query))
            return _real(self, query, *args, **kwargs)

        monkeypatch.setattr(psycopg.Cursor, name, spy)
    return seen
