"""Statements that travel together, and the COMMIT that goes with the last of them."""

import signal
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from lib.fast_sql import fetch, packed, run, texts, together

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "insert into fast_sql_names values (%s)"
NAMES = (
    "select name, %(at)s::timestamptz from fast_sql_names where name = any(%(names)s::text[]) order by name"
)
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def seen_by_others(transactional_db):
    """The names that another connection sees."""
    beside = connection.copy()
    with beside.cursor() as cursor:
        cursor.execute("create table fast_sql_names (name text primary key)")

    def names():
        with beside.cursor() as cursor:
            cursor.execute("select name from fast_sql_names order by name")
            return [name for (name,) in cursor.fetchall()]

    yield names
    with beside.cursor() as cursor:
        cursor.execute("drop table fast_sql_names")
    beside.close()


@pytest.fixture(params=["together", "packed", "packed, prepared"])
def group(request, seen_by_others):
    """Both ways, the second also with statements that the connection knows."""
    if request.param == "packed, prepared":
        for name in "vwxyz":
            fetch(ADD, [name])
        fetch("delete from fast_sql_names", [])
    return together if request.param == "together" else packed


@pytest.fixture
def known(seen_by_others, monkeypatch):
    """NAMES is prepared, and from now on psycopg's cursors are out of reach."""
    for name in ("a", "b", "c"):
        fetch(ADD, [name])
        fetch(NAMES, {"names": "{}", "at": AT})

    def none(*_args):
        raise AssertionError("a cursor was asked for")

    monkeypatch.setattr(psycopg, "Cursor", none)


def test_commit_goes_with_the_last_statements(seen_by_others, group):
    done = []
    with transaction.atomic():
        transaction.on_commit(lambda: done.append(seen_by_others()))
        assert fetch("select 1", []) == [(1,)]
        with group(last=True):
            run(ADD, ["a"])
            run(ADD, ["b"])
        assert seen_by_others() == ["a", "b"]
        assert done == []
    assert done == [["a", "b"]]
    with transaction.atomic():  # and the connection is as it was
        fetch("insert into fast_sql_names values (%s) returning name", ["c"])
        assert seen_by_others() == ["a", "b"]
    assert seen_by_others() == ["a", "b", "c"]


def test_within_another_transaction_it_does_not(seen_by_others, group):
    with transaction.atomic():
        with transaction.atomic(), group(last=True):
            run(ADD, ["a"])
        with transaction.atomic(savepoint=False), group(last=True):
            run(ADD, ["b"])
        assert seen_by_others() == []
    assert seen_by_others() == ["a", "b"]


def test_nothing_is_committed_where_one_of_them_fails(seen_by_others, group):
    done = []
    with pytest.raises(DatabaseError, match="duplicate key"), transaction.atomic():
        transaction.on_commit(lambda: done.append("committed"))
        with group(last=True):
            run(ADD, ["a"])
            run(ADD, ["a"])
            run(ADD, ["b"])
    assert (seen_by_others(), done) == ([], [])


def test_a_commit_that_fails_is_an_error_and_nothing_is_left(seen_by_others, group):
    with connection.cursor() as cursor:
        cursor.execute(
            "create table fast_sql_more (name text references fast_sql_names deferrable initially deferred)"
        )
    try:
        with pytest.raises(DatabaseError, match="foreign key"), transaction.atomic(), group(last=True):
            run("insert into fast_sql_more values (%s)", ["nobody"])
            run(ADD, ["a"])
        assert seen_by_others() == []
        assert connection.get_autocommit()
        assert fetch("select count(*) from fast_sql_more", []) == [(0,)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop table fast_sql_more")


def test_what_is_prepared_is_asked_without_cursors(known):
    assert fetch(NAMES, {"names": texts(["a", "c"]), "at": AT}) == [("a", AT), ("c", AT)]
    with transaction.atomic(), packed():
        some = run(NAMES, {"at": AT, "names": "{b}"})
        none = run(NAMES, {"at": AT, "names": "{}"})
    assert (some.fetchall(), none.fetchall()) == ([("b", AT)], [])


def test_an_answer_is_not_read_before_it_was_asked():
    with packed():
        one = run("select 1", [])
        with pytest.raises(AssertionError):
            one.fetchall()
        assert fetch("select 2", []) == [(2,)]
    assert one.fetchall() == [(1,)]


def test_nothing_is_asked_where_the_block_fails(seen_by_others):
    with pytest.raises(ZeroDivisionError), packed():
        run(ADD, ["a"])
        raise ZeroDivisionError
    assert seen_by_others() == []
    with packed():
        run(ADD, ["b"])
    assert seen_by_others() == ["b"]


def test_after_an_error_or_a_rollback_the_connection_is_as_it_was(known, monkeypatch, seen_by_others):
    with pytest.raises(DatabaseError, match="malformed array"):
        fetch(NAMES, {"names": "no array", "at": AT})
    assert fetch(NAMES, {"names": "{a}", "at": AT}) == [("a", AT)]
    monkeypatch.undo()  # psycopg forgets after a rollback what it prepared
    for _turn in range(5):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            fetch(ADD, ["d"])
            raise ZeroDivisionError
        assert fetch(NAMES, {"names": "{a,d}", "at": AT}) == [("a", AT)]


def test_one_that_is_interrupted_costs_the_connection_alone():
    for _turn in range(4):
        fetch("select pg_sleep(%s::float)", [0.0])

    def interrupt(*_args):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError), transaction.atomic():
            fetch("select pg_sleep(%s::float)", [30.0])
    finally:
        signal.signal(signal.SIGALRM, before)
    connection.close_if_unusable_or_obsolete()
    assert fetch("select 1", []) == [(1,)]


def test_texts_of_every_look_arrive_as_they_are():
    odd = ['a "b"', "c\\d", "{e,f}", "", "NULL", " ", "가나"]
    assert fetch("select unnest(%s::text[])", [texts(odd)]) == [(text,) for text in odd]
    with pytest.raises(DatabaseError):
        fetch("select unnest(%s::text[])", [texts(["\0"])])
