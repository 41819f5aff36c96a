"""Statements over thousands of rows, and few statements over and over: what Django's cursor does value by value psycopg
does in C, and the server parses and plans each once a connection (`prepare_threshold` in the settings)."""

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq import PipelineStatus, TransactionStatus

from lib import prepared
from lib.binary_arrays import Bigints

MANY = 50  # ids


class Rows(Protocol):
    def fetchall(self) -> list[Any]: ...


class Answer:
    """What a statement of `packed` brings back."""

    __slots__ = ("params", "rows", "sql")

    def __init__(self, sql: str, params: Any) -> None:
        self.sql, self.params = sql, params
        self.rows: list[Any] | None = None

    def fetchall(self) -> list[Any]:
        assert self.rows is not None, "read before it was asked"
        return self.rows


_here = threading.local()  # `waiting`: what the innermost `packed` of this thread has gathered


def fetch(sql: str, params: Any) -> list[Any]:
    """Rows in PostgreSQL's binary format: Django's cursor reads times by a slow path of its own."""
    answer = Answer(sql, params)
    _ask(_database(), [answer])
    return answer.fetchall()


def run(sql: str, params: Any) -> Rows:
    """The same where the answer, if any, is read later. Within `together` and `packed` it is only on its way when this
    returns, and read at the end of that."""
    waiting: list[Answer] | None = getattr(_here, "waiting", None)
    if waiting is not None:
        answer = Answer(sql, params)
        waiting.append(answer)
        return answer
    database = _database()
    _note(database, sql)
    cursor = psycopg.Cursor(database.connection)
    with database.wrap_database_errors:
        cursor.execute(sql, params, binary=True)
    return cursor


def binary(sql: str, params: Any) -> Any:
    """The answer as libpq has it, in binary, for those who read many values at once."""
    database = _database()
    _note(database, sql)
    cursor = psycopg.Cursor(database.connection)
    with database.wrap_database_errors:
        return cursor.execute(sql, params, binary=True).pgresult


@contextmanager
def together(*, last: bool = False) -> Iterator[None]:
    """The statements of `run` within it travel without waiting for each other; errors show at its end at the latest.

    `last`: nothing of the transaction comes after them. COMMIT goes with them where the transaction is not nested in
    another; `atomic` then finds it committed, and does what is left to be done after a commit."""
    database = _database()
    with database.wrap_database_errors, database.connection.pipeline():
        yield
        if last and _outermost(database):
            psycopg.Cursor(database.connection).execute("commit", prepare=False)


@contextmanager
def packed(*, last: bool = False) -> Iterator[None]:
    """`together` for few rows, where the way costs more than the work: the statements leave in one packet at its end,
    after whatever other cursors do within it."""
    before, _here.waiting = getattr(_here, "waiting", None), []
    try:
        yield
        waiting = _here.waiting
    finally:
        _here.waiting = before
    if waiting or last:
        database = _database()
        _ask(database, waiting, commit=last and _outermost(database))


def _ask(database: Any, asked: Sequence[Answer], *, commit: bool = False) -> None:
    _note(database, *(one.sql for one in asked))
    server = database.connection
    with database.wrap_database_errors:
        alone = server.pgconn.pipeline_status == PipelineStatus.OFF
        bound = prepared.bind(server, [(one.sql, one.params) for one in asked]) if alone else None
        if bound is None:
            _unprepared(server, asked, commit)
            return
        with server.lock:
            found = prepared.exchange(server, bound, begin=_begins(server), commit=commit)
    for one, rows in zip(asked, found, strict=True):
        one.rows = rows


def _unprepared(server: Any, asked: Sequence[Answer], commit: bool) -> None:
    if not commit and len(asked) == 1 and not _begins(server):
        cursors = [psycopg.Cursor(server).execute(asked[0].sql, asked[0].params, binary=True)]
    else:
        with server.pipeline():  # BEGIN travels with the first statement of a transaction
            cursors = [psycopg.Cursor(server).execute(one.sql, one.params, binary=True) for one in asked]
            if commit:
                psycopg.Cursor(server).execute("commit", prepare=False)
    for one, cursor in zip(asked, cursors, strict=True):
        one.rows = cursor.fetchall() if cursor.description else []


def _begins(server: Any) -> bool:
    """Whether the next statement opens a transaction."""
    return bool(not server.autocommit and server.pgconn.transaction_status == TransactionStatus.IDLE)


def _outermost(database: Any) -> bool:
    """Whether the transaction may be committed here, at its end."""
    return bool(
        database.in_atomic_block
        and database.commit_on_exit
        and not database.savepoint_ids
        and not database.needs_rollback
    )


def _note(database: Any, *statements: str) -> None:
    if database.queries_logged:  # this way passes by Django's own log
        database.queries_log += [{"sql": sql, "time": "0"} for sql in statements]


def _database() -> Any:
    """Looked up once a statement: Django's `connection` is looked up anew at each of its attributes."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        database.ensure_connection()
    return database


def array(ids: Iterable[int]) -> str:
    """Numbers as an array literal: one text is sent many times faster than a list."""
    return "{" + ",".join(map(str, ids)) + "}"


def bigints(ids: Sequence[int]) -> Bigints | str:
    """A parameter of type bigint[]: many in binary, which neither side spells out, few as text."""
    return Bigints(ids) if len(ids) > MANY else array(ids)


_QUOTED = re.compile(r'["\\]')


def texts(values: Iterable[str]) -> str:
    """The same of texts."""
    quoted = (_QUOTED.sub(r"\\\g<0>", value) for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"
