"""Statements that travel together, and the COMMIT that goes with the last of them."""

import pytest
from django.db import DatabaseError, connection, transaction

from lib.fast_sql import fetch, run, together

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "insert into fast_sql_names values (%s)"


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


def test_commit_goes_with_the_last_statements(seen_by_others):
    done = []
    with transaction.atomic():
        transaction.on_commit(lambda: done.append(seen_by_others()))
        assert fetch("select 1", []) == [(1,)]
        with together(last=True):
            run(ADD, ["a"])
            run(ADD, ["b"])
        assert seen_by_others() == ["a", "b"]
        assert done == []
    assert done == [["a", "b"]]
    with transaction.atomic():  # and the connection is as it was
        fetch("insert into fast_sql_names values (%s) returning name", ["c"])
        assert seen_by_others() == ["a", "b"]
    assert seen_by_others() == ["a", "b", "c"]


def test_within_another_transaction_it_does_not(seen_by_others):
    with transaction.atomic():
        with transaction.atomic(), together(last=True):
            run(ADD, ["a"])
        with transaction.atomic(savepoint=False), together(last=True):
            run(ADD, ["b"])
        assert seen_by_others() == []
    assert seen_by_others() == ["a", "b"]


def test_nothing_is_committed_where_one_of_them_fails(seen_by_others):
    done = []
    with pytest.raises(DatabaseError, match="duplicate key"), transaction.atomic():
        transaction.on_commit(lambda: done.append("committed"))
        with together(last=True):
            run(ADD, ["a"])
            run(ADD, ["a"])
            run(ADD, ["b"])
    assert (seen_by_others(), done) == ([], [])


def test_a_commit_that_fails_is_an_error_and_nothing_is_left(seen_by_others):
    with connection.cursor() as cursor:
        cursor.execute(
            "create table fast_sql_more (name text references fast_sql_names deferrable initially deferred)"
        )
    try:
        with pytest.raises(DatabaseError, match="foreign key"), transaction.atomic(), together(last=True):
            run("insert into fast_sql_more values (%s)", ["nobody"])
            run(ADD, ["a"])
        assert seen_by_others() == []
        assert connection.get_autocommit()
        assert fetch("select count(*) from fast_sql_more", []) == [(0,)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop table fast_sql_more")
