"""Statements over thousands of rows, and few statements over and over: what Django's cursor does value by value psycopg
does in C, and the server parses and plans each once a connection (`prepare_threshold` in the settings)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import TransactionStatus


def fetch(sql: str, params: Any) -> list[Any]:
    """Rows in PostgreSQL's binary format: Django's cursor reads times by a slow path of its own."""
    database = _begin(sql)
    server = database.connection
    with database.wrap_database_errors:
        cursor = psycopg.Cursor(server)
        if not server.autocommit and server.pgconn.transaction_status == TransactionStatus.IDLE:
            with server.pipeline():  # BEGIN travels with the first statement of a transaction
                cursor.execute(sql, params, binary=True)
        else:
            cursor.execute(sql, params, binary=True)
        return cursor.fetchall()


def run(sql: str, params: Any) -> "psycopg.Cursor[Any]":
    """The same where the answer, if any, is read later. Within `together` it is only on its way when this returns, and
    best read at the end of that."""
    database = _begin(sql)
    cursor = psycopg.Cursor(database.connection)
    with database.wrap_database_errors:
        cursor.execute(sql, params, binary=True)
    return cursor


@contextmanager
def together(*, last: bool = False) -> Iterator[None]:
    """The statements of `run` within it travel without waiting for each other; errors show at its end at the latest.

    `last`: nothing of the transaction comes after them. COMMIT goes with them where the transaction is not nested in
    another; `atomic` then finds it committed, and does what is left to be done after a commit."""
    database = _database()
    with database.wrap_database_errors, database.connection.pipeline():
        yield
        outermost = database.in_atomic_block and database.commit_on_exit and not database.savepoint_ids
        if last and outermost and not database.needs_rollback:
            psycopg.Cursor(database.connection).execute("commit", prepare=False)


def _begin(sql: str) -> Any:
    database = _database()
    if database.queries_logged:  # this way passes by Django's own log
        database.queries_log.append({"sql": sql, "time": "0"})
    return database


def _database() -> Any:
    """Looked up once a statement: Django's `connection` is looked up anew at each of its attributes."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        database.ensure_connection()
    return database


def array(ids: Iterable[int]) -> str:
    """Numbers as an array literal: one text is sent many times faster than a list."""
    return "{" + ",".join(map(str, ids)) + "}"
