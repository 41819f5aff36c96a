"""A query against a real MariaDB: what is new only, every type of column, and everything that such a server does."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lib import clock
from profiles import pulls
from profiles.connectors import sql
from profiles.models import Event, Profile, Pull, Source
from tests.factories.workspaces import make_user
from tests.providers import mariadb
from tests.providers.certificates import Authority
from tests.providers.mariadb import MariaDB
from workspaces.actor import actor_of
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)
QUERY = "select id, member, total, paid_at from orders where note is null or note not like '50%'"
MAPPING = {
    "kind": "events", "event": "order_paid", "time": {"format": "iso", "zone": "Asia/Seoul"},
    "columns": [
        {"column": "id", "to": "property", "name": "order_id"},
        {"column": "member", "to": "user_id"},
        {"column": "total", "to": "property", "name": "total", "type": "number"},
        {"column": "paid_at", "to": "time"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[MariaDB]:
    try:
        mariadb.program()
    except mariadb.Missing as missing:
        pytest.skip(str(missing))
    authority.server("localhost")
    with MariaDB(tmp_path_factory.mktemp("mariadb") / "home", authority.folder / "server.pem") as running:
        running.run(
            "create table orders (id bigint primary key, member varchar(40), total decimal(12,2), paid_at datetime(6), "
            "note varchar(40))"
        )
        yield running


@pytest.fixture
def fill(server: MariaDB) -> Callable[..., None]:
    def rows(first: int, last: int, member: str = "m{n}") -> None:
        server.run(
            "insert into orders values (%s, %s, %s, now(6) - interval 1 day, null)",
            many=[(n, member.format(n=n % 7), n * 1.5) for n in range(first, last + 1)],
        )

    server.run("truncate orders")
    return rows


@pytest.fixture
def place(server: MariaDB) -> Callable[..., sql.Place]:
    def at(**changes: Any) -> sql.Place:
        values = {
            "engine": "mysql", "host": "127.0.0.1", "port": server.port, "database": "shop", "user": "reader",
            "password": server.PASSWORD,
        }  # fmt: skip
        return sql.Place(**values | changes)

    return at


@pytest.fixture
def orders(workspace: Workspace, server: MariaDB) -> Source:
    actor = actor_of(make_user(workspace, "admin"))
    source = Source.objects.create(workspace=workspace, name="Orders", kind="sql")
    settings = {
        "engine": "mysql", "host": "127.0.0.1", "port": server.port, "database": "shop", "user": "reader",
        "tls": "prefer", "query": QUERY, "cursor": "id",
    }  # fmt: skip
    pulls.configure(actor, source, settings, server.PASSWORD, clock.now())
    source.settings["mapping"] = MAPPING
    source.save()
    pulls.switch(actor, source, 60, clock.now())
    return source


def due(source: Source, seconds: float = pulls.TURN) -> Pull:
    Pull.objects.filter(source=source).update(due_at=clock.now())
    assert pulls.work(clock.now, seconds)
    return Pull.objects.get(source=source)


def every(
    place: sql.Place, query: str, cursor: str = "", after: Any = None, **more: Any
) -> list[dict[str, Any]]:
    with sql.rows(place, query, cursor, after, **more) as (_columns, rows):
        return list(rows)


def running(server: MariaDB) -> list[str]:
    found = server.run("select info from information_schema.processlist where user in ('reader', 'owner')")
    return [str(info) for (info,) in found]


def test_only_what_is_new_is_fetched(orders: Source, fill: Any) -> None:
    fill(1, 2500)
    pull = due(orders)
    assert (pull.error, pull.taken, pull.last_rows, pull.cursor) == ("", 2500, 2500, 2500)
    assert (due(orders).last_rows, due(orders).taken) == (0, 2500)
    fill(2501, 2505)
    pull = due(orders)
    assert (pull.taken, pull.last_rows, pull.cursor) == (2505, 5, 2505)
    assert Event.objects.count() == 2505
    event = Event.objects.get(properties__order_id=3)
    assert event.properties == {"order_id": 3, "total": 4.5}
    assert Profile.objects.count() == 7


def test_a_time_with_microseconds_is_a_cursor_too(orders: Source, fill: Any) -> None:
    orders.settings |= {"cursor": "paid_at"}
    orders.save()
    fill(1, 3)
    first = due(orders)
    assert (first.taken, first.last_rows) == (3, 3)
    assert isinstance(first.cursor, str)
    fill(4, 5)
    assert [due(orders).last_rows, due(orders).last_rows] == [2, 0]


def test_every_type_of_column(place: Any, server: MariaDB) -> None:
    server.run(
        "create or replace table odd (id bigint unsigned, flag bit(1), flags bit(12), tiny tinyint(1), "
        "price decimal(30,4), whole decimal(18,0), share double, at datetime(3), day date, hour time(2), born year, "
        "stamp timestamp null, doc json, raw blob, fixed binary(3), words longtext, letter char(3), "
        "choice enum('a','b'), many set('x','y'), spot point, none varchar(9))"
    )
    server.run("set @@global.sql_mode = ''")  # zero dates are what old tables hold
    server.run(
        "insert into odd values (18446744073709551615, 1, b'100000000001', 1, 123.4500, 123456789012345678, 0.1, "
        "'2026-01-31 23:59:59.125', '2026-02-28', '-26:03:04.5', 2026, '2026-01-01 00:00:00', "
        """'{"a": ["서연", null]}', x'00ff', 'abc', '이름 👩‍👩‍👧 %s ''"\\\\', 'é', 'b', 'x,y', point(1,2), null), """
        "(2, 0, 0, 0, -0.5, 0, -1e300, 0, 0, 0, 0, 0, '[]', '', '', '', '', '', '', null, null)"
    )
    first, second = every(place(), "select * from odd")
    assert first == {
        "id": 18446744073709551615, "flag": 1, "flags": 2049, "tiny": 1, "price": 123.45,
        "whole": 123456789012345678, "share": 0.1, "at": "2026-01-31T23:59:59.125000", "day": "2026-02-28",
        "hour": "-26:03:04.500000", "born": 2026, "stamp": first["stamp"], "doc": '{"a": ["서연", null]}', "raw": None,
        "fixed": None, "words": "이름 👩‍👩‍👧 %s '\"\\", "letter": "é", "choice": "b", "many": "x,y", "spot": None,
        "none": None,
    }  # fmt: skip
    assert (second["at"], second["day"], second["stamp"], second["hour"]) == (None, None, None, "00:00:00")
    assert (second["share"], second["words"], second["flag"]) == (-1e300, "", 0)


def test_flags_become_yes_and_no(orders: Source, server: MariaDB) -> None:
    server.run(
        "create or replace table members (id int, name varchar(20), vip bit(1), news tinyint(1), odd int)"
    )
    server.run(
        "insert into members values (1, '서연 🌸', 1, 0, 1), (2, '민재', 0, 1, 7), (3, '하준', null, null, 0)"
    )
    columns = [
        {"column": "id", "to": "user_id"},
        {"column": "name", "to": "attribute", "name": "first_name"},
        *({"column": c, "to": "attribute", "name": c, "type": "yes_no"} for c in ("vip", "news", "odd")),
    ]
    mapping = {"kind": "people", "columns": columns}
    orders.settings |= {"query": "select * from members", "cursor": "", "mapping": mapping}
    orders.save()
    pull = due(orders)
    assert (pull.error, pull.rejected) == ("", 1)  # 7 is neither yes nor no
    assert dict(Profile.objects.values_list("external_id", "attributes")) == {
        "1": {"first_name": "서연 🌸", "vip": True, "news": False, "odd": True},
        "3": {"first_name": "하준", "odd": False},
    }


def test_names_with_odd_letters(place: Any, server: MariaDB) -> None:
    server.run("create or replace table `odd%name` (`a ``b%s` int, `값` varchar(9))", database="shop")
    server.run("insert into `odd%name` values (1, '100%'), (2, '%s')")
    query = "select * from `odd%name` where `값` like '%' -- all of them"
    for after, expected in ((None, [1, 2]), (1, [2])):
        assert [row["a `b%s"] for row in every(place(), query, "a `b%s", after)] == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "s3cret-guess"}, "Access denied for user 'reader'"),
        ({"user": "nobody", "password": "s3cret-guess"}, "Access denied"),
        ({"database": "nowhere"}, "Access denied for user 'reader'@'%' to database 'nowhere'"),
    ],
)
def test_whom_the_server_does_not_let_in(place: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(sql.Failed, match=words) as failed:
        every(place(**changes), "select 1 as one")
    assert "s3cret-guess" not in str(failed.value)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select 1; drop table orders", "one statement only"),
        ("delete from orders returning id", "SQL syntax"),
        ("select * from orders into outfile '/tmp/gilmok-should-not-be'", "SQL syntax"),
        ("select nothing from orders", "Unknown column 'nothing'"),
        ("select id, id from orders", "Duplicate column name 'id'"),
        ("select take_one() as id", "READ ONLY transaction"),
    ],
)
def test_a_query_can_only_read(place: Any, fill: Any, server: MariaDB, query: str, words: str) -> None:
    fill(1, 3)
    server.run(
        "create or replace function take_one() returns int begin delete from orders limit 1; return 1; end"
    )
    with pytest.raises(sql.Failed, match=words):
        every(place(user="owner"), query)
    assert server.run("select count(*) from orders") == ((3,),)
    assert not Path("/tmp/gilmok-should-not-be").exists()


def test_a_query_that_takes_too_long_is_ended_there_too(place: Any, server: MariaDB) -> None:
    began = time.monotonic()
    with pytest.raises(sql.Failed, match=r"no answer within 0\.5 seconds"):
        every(place(), "select sleep(30) as id", patience=0.5)
    assert time.monotonic() - began < 20
    end = time.monotonic() + 30
    while any("sleep" in info for info in running(server)):
        assert time.monotonic() < end, "it goes on in the database"
        time.sleep(0.05)


def test_a_long_answer_is_read_in_pieces_and_left_where_we_stop(place: Any, server: MariaDB) -> None:
    began = time.monotonic()
    with sql.rows(place(), "select seq as id from seq_1_to_200000000", "", None, None, 5) as (_columns, rows):
        assert [next(rows)["id"] for _ in range(2500)] == list(range(1, 2501))
    assert time.monotonic() - began < 20
    end = time.monotonic() + 30
    while running(server):
        assert time.monotonic() < end, "the database goes on sending"
        time.sleep(0.05)


def test_a_turn_ends_and_the_next_goes_on(orders: Source, fill: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulls, "CHUNK", 100)
    fill(1, 1000)
    taken = [due(orders, seconds=0).taken for _ in range(3)]
    assert taken == [100, 200, 300]
    assert due(orders).taken == 1000
    assert Event.objects.count() == 1000


def test_a_connection_that_breaks_in_the_middle_costs_nothing(
    orders: Source, fill: Any, server: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulls, "CHUNK", 1000)
    monkeypatch.setattr(sql, "FETCHED", 100)
    # More than fits into the socket's buffers, so that the server still is at it.
    orders.settings |= {"query": QUERY.replace("paid_at", "paid_at, repeat('x', 2000) as padding", 1)}
    orders.save()
    fill(1, 6_000)
    real = pulls._Lease.save

    def save(self: Any, **fields: Any) -> None:
        real(self, **fields)
        for (thread,) in server.run("select id from information_schema.processlist where user = 'reader'"):
            server.run("kill %s", thread)

    monkeypatch.setattr(pulls._Lease, "save", save)
    pull = due(orders)
    assert "Lost connection" in pull.error or "killed" in pull.error
    assert 1000 <= pull.taken < 6_000
    assert pull.failures == 1
    assert pull.due_at and pull.due_at > clock.now() + timedelta(seconds=50)
    monkeypatch.setattr(pulls._Lease, "save", real)
    pull = due(orders)
    assert (pull.error, pull.failures, pull.taken, pull.cursor) == ("", 0, 6_000, 6_000)
    assert Event.objects.count() == 6_000


def test_a_server_that_goes_away_and_comes_back(orders: Source, fill: Any, server: MariaDB) -> None:
    fill(1, 5)
    assert due(orders).taken == 5
    port = server.port
    orders.settings |= {"port": 1}
    orders.save()
    pull = due(orders)
    assert "refused" in pull.error
    orders.settings |= {"port": port}
    orders.save()
    fill(6, 8)
    pull = due(orders)
    assert (pull.error, pull.taken) == ("", 8)


def cipher(place: sql.Place) -> str:
    (row,) = every(
        place,
        "select variable_value as v from information_schema.session_status where variable_name = 'Ssl_cipher'",
    )
    return str(row["v"])


def test_the_way_is_encrypted_where_the_server_can(
    place: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cipher(place())
    assert cipher(place(tls="require"))
    with pytest.raises(sql.Failed, match="certificate verify failed"):
        cipher(place(tls="verify", host="localhost"))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    assert cipher(place(tls="verify", host="localhost"))
    with pytest.raises(sql.Failed, match=r"certificate verify failed.*127\.0\.0\.1"):
        cipher(place(tls="verify"))


def test_two_read_at_once(place: Any, fill: Any) -> None:
    fill(1, 3000)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(every(place(), QUERY, "id")))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3000, 3000, 3000]
