"""The list of sources, one source, its keys."""

from datetime import timedelta
from typing import Any

import pytest

from lib import clock
from profiles import record_event, source_notes, write_keys
from profiles.call import Call
from profiles.connectors.registry import connectors
from profiles.models import Pull, Source
from tests.profiles.test_pages import signed_in, text
from workspaces.models import AuditEntry, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_notes() -> Any:
    source_notes.forget()
    yield
    source_notes.forget()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_needs_the_same_queries_for_any_number(
    workspace: Workspace, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        Source.objects.create(workspace=workspace, name=f"Shop {number}")
    client = signed_in(workspace, "admin")
    client.get("/people/sources/")
    with django_assert_num_queries(7):
        page = text(client.get("/people/sources/"))
    assert page.count("<tr data-href") == count


def test_the_list_tells_what_comes_how_much_and_how_fresh(workspace: Workspace, source: Source) -> None:
    client = signed_in(workspace, "analyst")
    assert "Nothing yet" in text(client.get("/people/sources/"))
    now = clock.now()
    calls = [Call("track", now, user_id="u1", event="order_placed") for _ in range(3)]
    record_event.record(workspace.pk, source.pk, calls, now)
    source_notes.flush(now)
    page = text(client.get("/people/sources/"))
    assert "order_placed" in page
    assert "Receiving" in page
    source_notes.refused(
        source.pk, workspace.pk, "event must have a name", b'{"email": "anna@example.com"}', now
    )
    source_notes.flush(now)
    assert "Refused calls" in text(client.get("/people/sources/"))
    one = text(client.get(f"/people/sources/{source.pk}/"))
    assert "event must have a name" in one
    assert "anna@example.com" not in one


def test_a_new_source_needs_a_name_and_a_kind(workspace: Workspace) -> None:
    client = signed_in(workspace, "admin")
    assert client.post("/people/sources/", {"name": "", "kind": "store"}).status_code == 422
    assert client.post("/people/sources/", {"name": "x", "kind": "odd"}).status_code == 422
    assert not Source.objects.exists()


def test_an_empty_list_says_what_to_do(workspace: Workspace) -> None:
    page = text(signed_in(workspace, "admin").get("/people/sources/"))
    assert "No sources yet" in page
    assert "New source" in page


@pytest.mark.parametrize("kind", ["web", *(connector.kind for connector in connectors)])
def test_a_source_of_each_kind_has_its_page(workspace: Workspace, kind: str) -> None:
    client = signed_in(workspace, "admin")
    made = client.post("/people/sources/", {"name": "New", "kind": kind})
    source = Source.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/people/sources/{source.pk}/")
    assert Pull.objects.exists() == (kind == "sql")
    page = client.get(f"/people/sources/{source.pk}/")
    assert page.status_code == 200
    assert source.write_key not in text(page)


def test_a_key_is_shown_when_asked_and_that_is_noted(workspace: Workspace, source: Source) -> None:
    client = signed_in(workspace, "admin")
    assert source.write_key not in text(client.get(f"/people/sources/{source.pk}/"))
    assert source.write_key in text(client.post(f"/people/sources/{source.pk}/key/shown/"))
    assert AuditEntry.objects.get(object_id=str(source.pk)).action == "source.revealed"
    watcher = signed_in(workspace, "analyst")
    assert watcher.post(f"/people/sources/{source.pk}/key/shown/").status_code == 403


def test_a_rotated_key_is_good_for_a_while(workspace: Workspace, source: Source) -> None:
    client, old = signed_in(workspace, "admin"), source.write_key
    client.post(f"/people/sources/{source.pk}/key/", {"hours": "24"})
    source.refresh_from_db()
    assert source.write_key != old
    assert source.previous_key_until
    assert abs(source.previous_key_until - clock.now() - timedelta(hours=24)) < timedelta(minutes=1)
    for key in (old, source.write_key):
        found = write_keys.find(key)
        assert found and found.source_id == source.pk
    assert "The old key still works" in text(client.get(f"/people/sources/{source.pk}/"))
    client.post(f"/people/sources/{source.pk}/key/old/")
    assert write_keys.find(old) is None
    client.post(f"/people/sources/{source.pk}/key/", {"hours": "0"})
    assert write_keys.find(source.write_key) is None


def test_renamed_and_switched_off_and_on(workspace: Workspace, source: Source) -> None:
    client = signed_in(workspace, "admin")
    client.post(f"/people/sources/{source.pk}/name/", {"name": "Till"})
    assert client.post(f"/people/sources/{source.pk}/name/", {"name": ""}).status_code == 422
    client.post(f"/people/sources/{source.pk}/pause/")
    source.refresh_from_db()
    assert (source.name, source.is_active) == ("Till", False)
    assert write_keys.find(source.write_key) is None
    client.post(f"/people/sources/{source.pk}/pause/", {"on": "1"})
    assert write_keys.find(source.write_key)


def test_a_database_is_tried_before_it_is_asked_again_and_again(workspace: Workspace) -> None:
    client = signed_in(workspace, "admin")
    source = Source.objects.create(workspace=workspace, name="Orders", kind="sql")
    url = f"/people/sources/{source.pk}/database/"
    assert client.post(url, {}).status_code == 422
    given = {
        "engine": "postgresql", "host": "127.0.0.1", "port": "9", "database": "shop", "user": "reader",
        "password": "s3cret", "tls": "prefer", "query": "select 1 as id", "cursor": "id",
    }  # fmt: skip
    answer = client.post(url, given)
    assert answer.status_code == 422
    assert "refused" in text(answer)
    assert "s3cret" not in text(answer)
    source.refresh_from_db()
    assert source.secret == {"password": "s3cret"}
