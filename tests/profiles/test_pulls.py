"""A query against the company's database: the tests' own PostgreSQL plays it, with a table and a reader of its own."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from lib import clock
from profiles import pulls
from profiles.connectors import sql
from profiles.importing import suggest
from profiles.models import Event, Profile, Pull, Source
from tests.factories.workspaces import make_user
from workspaces.actor import actor_of
from workspaces.models import AuditEntry, Workspace

pytestmark = pytest.mark.django_db(transaction=True)
QUERY = "select id, member, total, paid_at from shop_orders where note is distinct from '50% off'"


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Any]:
    """Another database connection that fills a table of theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create table shop_orders (id int primary key, member text, total numeric, paid_at timestamptz, note text)"
        )
    yield fill
    with connection.cursor() as cursor:
        cursor.execute("drop table shop_orders")


def fill(first: int, last: int, member: str = "m{n}") -> None:
    with connection.cursor() as cursor:
        for n in range(first, last + 1):
            cursor.execute(
                "insert into shop_orders values (%s, %s, %s, now() - interval '1 day', null)",
                [n, member.format(n=n % 7), n * 1.5],
            )


@pytest.fixture
def actor(workspace: Workspace) -> Any:
    return actor_of(make_user(workspace, "admin"))


@pytest.fixture
def orders(workspace: Workspace, actor: Any, shop: Any) -> Source:
    source = Source.objects.create(workspace=workspace, name="Orders", kind="sql")
    pulls.configure(actor, source, where(), database()["PASSWORD"], clock.now())
    source.settings["mapping"] = {
        "kind": "events", "event": "order_paid", "time": {"format": "iso", "zone": "UTC"},
        "columns": [
            {"column": "id", "to": "property", "name": "order_id"},
            {"column": "member", "to": "user_id"},
            {"column": "total", "to": "property", "name": "total", "type": "number"},
            {"column": "paid_at", "to": "time"},
        ],
    }  # fmt: skip
    source.save()
    pulls.switch(actor, source, 60, clock.now())
    return source


def database() -> dict[str, Any]:
    return connection.settings_dict


def where(**changes: Any) -> dict[str, Any]:
    found = database()
    return {
        "engine": "postgresql", "host": found["HOST"] or "127.0.0.1", "port": int(found["PORT"] or 5432),
        "database": found["NAME"], "user": found["USER"], "tls": "prefer", "query": QUERY, "cursor": "id",
    } | changes  # fmt: skip


def due(source: Source) -> Pull:
    Pull.objects.filter(source=source).update(due_at=clock.now())
    assert pulls.work(clock.now)
    return Pull.objects.get(source=source)


def test_only_what_is_new_is_fetched(orders: Source, shop: Any) -> None:
    shop(1, 30)
    pull = due(orders)
    assert (pull.taken, pull.last_rows, pull.cursor, pull.error) == (30, 30, 30, "")
    assert pull.due_at and pull.due_at > clock.now() + timedelta(minutes=59)
    assert not pulls.work(clock.now)
    pull = due(orders)
    assert (pull.taken, pull.last_rows) == (30, 0)
    shop(31, 35)
    pull = due(orders)
    assert (pull.taken, pull.last_rows, pull.cursor) == (35, 5, 35)
    assert Event.objects.count() == 35
    assert Event.objects.get(properties__order_id=3).properties == {"order_id": 3, "total": 4.5}


def test_a_killed_worker_goes_on_at_the_last_chunk(
    orders: Source, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls, "CHUNK", 10)
    shop(1, 55)
    real, count = pulls._Lease.save, 0

    def save(self: Any, **fields: Any) -> None:
        nonlocal count
        count += 1
        real(self, **fields)
        if count == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(pulls._Lease, "save", save)
    with pytest.raises(KeyboardInterrupt):
        pulls.work(clock.now)
    pull = Pull.objects.get()
    assert (pull.cursor, Event.objects.count()) == (20, 20)
    assert not pulls.work(clock.now)  # the dead one's lease still holds
    Pull.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    pull = due(orders)
    assert (pull.cursor, pull.taken, Event.objects.count()) == (55, 55, 55)


def test_rows_with_the_same_cursor_value_stay_together(
    orders: Source, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls, "CHUNK", 4)
    orders.settings |= {
        "query": "select id, member, total, paid_at, id / 10 as batch from shop_orders",
        "cursor": "batch",
    }
    orders.save()
    shop(1, 29)
    seen: list[Any] = []
    real = pulls._Lease.save

    def save(self: Any, **fields: Any) -> None:
        seen.append((fields["cursor"], fields["last_rows"]))
        real(self, **fields)

    monkeypatch.setattr(pulls._Lease, "save", save)
    due(orders)
    assert seen == [(0, 9), (1, 19), (2, 29)]


def test_bad_rows_are_left_out_and_the_rest_goes_in(orders: Source, shop: Any) -> None:
    shop(1, 3)
    shop(4, 4, member=" ")
    pull = due(orders)
    assert (pull.taken, pull.rejected, pull.cursor) == (3, 1, 4)


def test_failures_are_shown_and_pauses_grow(orders: Source, shop: Any, actor: Any) -> None:
    orders.settings |= {"query": "select nothing from nowhere"}
    orders.save()
    pauses = []
    for _ in range(3):
        pull = due(orders)
        assert pull.due_at
        pauses.append(round((pull.due_at - clock.now()).total_seconds() / 60))
    assert pauses == [1, 5, 15]
    assert 'relation "nowhere" does not exist' in pull.error
    pulls.configure(actor, orders, where(), None, clock.now())
    pull = due(orders)
    assert (pull.error, pull.failures) == ("", 0)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select 1; drop table shop_orders", "one statement only"),
        ("delete from shop_orders returning id", "syntax error"),
        ("select nextval('profiles_event_id_seq') as id", "read-only transaction"),
        ("select count(*) as id from pg_sleep(30)", "statement timeout"),
    ],
)
def test_a_query_can_only_read_and_not_for_ever(
    orders: Source, shop: Any, query: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls, "LOOKED", 1)
    orders.settings |= {"query": query}
    with pytest.raises(sql.Failed, match=words):
        pulls.look(orders)


def test_hosts_inside_the_network_are_refused(orders: Source, settings: Any) -> None:
    settings.HTTP_ALLOWED_HOSTS = []
    with pytest.raises(sql.Failed, match="an address inside the network"):
        pulls.look(orders)
    orders.settings |= {"host": "/var/run/postgresql"}
    with pytest.raises(sql.Failed):
        pulls.look(orders)


def test_the_password_is_encrypted_and_never_said(orders: Source) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select secret, settings::text from profiles_source where id = %s", [orders.pk])
        secret, kept = cursor.fetchone()
    assert database()["PASSWORD"] not in secret
    assert "password" not in kept
    wrong = sql.Place(
        **{k: v for k, v in where().items() if k not in ("query", "cursor")}, password="s3cret-guess"
    )
    try:
        with sql.rows(wrong, "select 1 as one", "", None) as (_columns, _rows):
            pass
    except sql.Failed as failed:
        assert "s3cret-guess" not in str(failed)


def test_a_preview_shows_columns_and_rows(orders: Source, shop: Any) -> None:
    shop(1, 20)
    preview = pulls.look(orders)
    assert preview.columns == ["id", "member", "total", "paid_at"]
    assert len(preview.rows) == pulls.SHOWN
    assert preview.rows[0] | {"paid_at": ""} == {"id": 1, "member": "m1", "total": 1.5, "paid_at": ""}
    assert suggest.mapping(preview.columns, preview.rows, "UTC")["kind"] in ("people", "events")


def test_switched_off_it_is_left_alone(orders: Source, shop: Any, actor: Any) -> None:
    shop(1, 3)
    pulls.switch(actor, orders, None, clock.now())
    assert not pulls.work(clock.now)
    assert not Profile.objects.exists()
    assert AuditEntry.objects.filter(action="source.paused").count() == 1


def test_mysql_that_hangs_or_is_not_there_fails_in_words(orders: Source) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    orders.settings |= {"engine": "mysql", "port": port, "host": "127.0.0.1"}
    with pytest.raises(sql.Failed, match="refused"):
        pulls.look(orders)


def test_percent_signs_and_comments_in_a_query(orders: Source, shop: Any) -> None:
    shop(1, 2)
    place = pulls.place(orders)
    query = "select id, '100%' as share from shop_orders where note is null or note like '%x%' -- all of them"
    for after in (None, 1):
        with sql.rows(place, query, "id", after) as (_columns, rows):
            assert {row["share"] for row in rows} == {"100%"}
    with psycopg.connect(
        host=place.host, port=place.port, dbname=place.database, user=place.user, password=place.password
    ) as left:
        found = left.execute(
            "select count(*) from pg_stat_activity "
            "where application_name = 'gilmok' and datname = current_database()"
        ).fetchone()
    assert found == (0,)
