import psycopg
import pytest

from lib import prepared
from tests.journeys.engine.story import Story


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
