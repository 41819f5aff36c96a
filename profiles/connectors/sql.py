"""A query against a database of the company's, PostgreSQL or MySQL: by the clock, only what came since the last time.

The query is read in a read-only transaction with a time limit and in chunks, never whole. Its cursor column (an id or a
time that only grows) says how far we are: `select * from (query) where cursor > last order by cursor`.

The limit is for each answer of the database, not for reading all of it: PostgreSQL is asked for chunk after chunk, and
from MySQL, which sends what it has, the next rows must come within it; else the query is ended there, too.
"""

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
from django.utils.translation import gettext_lazy as _
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions
from pymysql.cursors import SSCursor

from lib import http
from profiles.connectors.base import Connector
from profiles.connectors.registry import connectors

TIMEOUT = 15  # seconds to connect
STATEMENT = 120  # seconds that an answer may take
WHOLE = 3600  # seconds that MySQL may send rows of one query, which is as long as we need to store them
PAUSE = 600  # seconds that we may leave rows unread
FETCHED = 1000
PORTS = {"postgresql": 5432, "mysql": 3306}
MOST_TEXT = 20_000


@connectors.register
class Sql(Connector):
    kind, label, icon = "sql", _("Database"), "database"
    description = _("A query against PostgreSQL or MySQL, again and again")
    template = "profiles/sources/sql.html"
    order = 20


class Failed(Exception):
    """The database, or the way to it, says no; the text is for whoever set it up and holds no password."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is. engine: postgresql or mysql; tls: prefer, require or verify."""

    engine: str
    host: str
    port: int
    database: str
    user: str
    password: str
    tls: str = "prefer"


@contextmanager
def rows(
    place: Place,
    query: str,
    cursor_column: str,
    after: Any,
    limit: int | None = None,
    patience: float = STATEMENT,
) -> Iterator[tuple[list[str], Iterator[dict[str, Any]]]]:
    """(columns, rows), the rows as JSON values, in the order of the cursor column. `patience`: seconds that an answer
    may take. Raises Failed."""
    connected = _postgresql if place.engine == "postgresql" else _mysql
    try:
        with connected(place, patience) as (cursor, quoted):
            text, values = _statement(query, quoted(cursor_column) if cursor_column else "", after, limit)
            try:
                cursor.execute(text, values)
                names = [column[0] for column in cursor.description or ()]
                yield names, _read(cursor, names)
            finally:
                with suppress(psycopg.Error, pymysql.Error, OSError):
                    cursor.close()
    except (psycopg.Error, pymysql.Error, OSError, UnicodeError) as error:
        raise Failed(_said(error, place)) from None


def as_cursor(value: Any) -> Any:
    """How a value of the cursor column is kept; None: it can't order anything."""
    return value if isinstance(value, int | float | str) and not isinstance(value, bool) else None


def _read(cursor: Any, names: list[str]) -> Iterator[dict[str, Any]]:
    while True:
        found = cursor.fetchmany(FETCHED)
        if not found:
            return
        for row in found:
            yield {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _statement(query: str, column: str, after: Any, limit: int | None) -> tuple[str, list[Any] | None]:
    text = query.strip().rstrip(";").strip()
    if ";" in re.sub(r"'(?:[^']|'')*'", "", text):
        raise Failed("one statement only, without a semicolon")
    values: list[Any] = []
    # A line comment at its end must not swallow the bracket.
    text = "select * from (\n" + text.replace("%", "%%") + "\n) as gilmok"
    column = column.replace("%", "%%")
    if column and after is not None:
        text += f" where {column} > %s"
        values.append(after)
    if column:
        text += f" order by {column}"
    if limit is not None:
        text += f" limit {int(limit)}"
    # Given none, drivers leave the text alone: the percent signs were doubled for nothing.
    return (text, values) if values else (text.replace("%%", "%"), None)


@contextmanager
def _postgresql(place: Place, patience: float) -> Iterator[tuple[Any, Callable[[str], str]]]:
    """A cursor, and how the name of a column is written."""
    address = http.addresses(place.host, place.port, TIMEOUT)[0]
    with psycopg.connect(
        host=place.host, hostaddr=address, port=place.port, dbname=place.database, user=place.user,
        password=place.password, connect_timeout=TIMEOUT, application_name="gilmok",
        sslmode={"verify": "verify-full"}.get(place.tls, place.tls),
        sslrootcert="system" if place.tls == "verify" else None,
        options=f"-c statement_timeout={int(patience * 1000)} -c idle_in_transaction_session_timeout={PAUSE * 1000}",
    ) as connection:  # fmt: skip
        connection.read_only = True
        cursor = connection.cursor(name="gilmok")
        cursor.itersize = FETCHED
        yield cursor, lambda name: psycopg.sql.Identifier(name).as_string(connection)
        connection.rollback()


@contextmanager
def _mysql(place: Place, patience: float) -> Iterator[tuple[Any, Callable[[str], str]]]:
    connection = _mysql_connection(place, patience)
    try:
        with connection.cursor() as cursor:
            # MariaDB has the limit by another name and in another unit.
            if "MariaDB" in connection.get_server_info():
                cursor.execute("set session max_statement_time = %s", [WHOLE])
            else:
                cursor.execute("set session max_execution_time = %s", [WHOLE * 1000])
            cursor.execute("set session net_write_timeout = %s", [PAUSE])
            cursor.execute("start transaction read only")
        try:
            yield connection.cursor(_Stream), lambda name: "`" + name.replace("`", "``") + "`"
        except pymysql.OperationalError as error:
            if isinstance(error.__context__, TimeoutError):
                _end(place, connection.thread_id())
                raise Failed(f"no answer within {patience:g} seconds") from None
            raise
    finally:
        with suppress(pymysql.Error, OSError):
            connection._force_close()


def _mysql_connection(place: Place, patience: float) -> Any:
    socket = http.connected(place.host, place.port, TIMEOUT)
    context = None  # encrypted where the server can
    if place.tls != "prefer":
        context = ssl.create_default_context()
        if place.tls == "require":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = pymysql.connect(
        host=place.host, port=place.port, user=place.user, password=place.password, database=place.database,
        charset="utf8mb4", connect_timeout=TIMEOUT, read_timeout=patience, write_timeout=TIMEOUT, ssl=context,
        local_infile=False, defer_connect=True, conv=CONVERTERS,
    )  # fmt: skip
    connection.connect(socket)
    return connection


class _Stream(SSCursor):
    """Rows as they come. What nobody wants is not read to its end: the connection is cut instead."""

    def close(self) -> None:
        if self._result is not None:
            self._result.unbuffered_active = False
        self.connection = None  # type: ignore[assignment]


def _end(place: Place, thread: int) -> None:
    """A query that nobody waits for any more goes on until it has rows to send, if it isn't told to end."""
    with suppress(pymysql.Error, OSError):
        connection = _mysql_connection(place, TIMEOUT)
        with connection, connection.cursor() as cursor:
            cursor.execute("kill query %s", [thread])


def _bits(given: bytes) -> int:
    return int.from_bytes(given, "big")


def _dated(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """0000-00-00 is MySQL's word for no date."""
    return lambda given: None if given.startswith("0000-00-00") else convert(given)


CONVERTERS: dict[Any, Any] = {
    **conversions,
    FIELD_TYPE.BIT: _bits,
    **{
        kind: _dated(conversions[kind])
        for kind in (FIELD_TYPE.DATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP)
    },
}


def _plain(value: Any) -> Any:
    """As JSON would have it."""
    if value is None or isinstance(value, bool | int | dict | list):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):  # how MySQL's driver has times of day, and spans of up to 838 hours
        return _clock(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return None
    return str(value)[:MOST_TEXT]


def _clock(span: timedelta) -> str:
    seconds, fraction = divmod(abs(span) // timedelta(microseconds=1), 10**6)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return ("-" if span < timedelta() else "") + text + (f".{fraction:06}" if fraction else "")


def _said(error: BaseException, place: Place) -> str:
    if isinstance(error, http.Refused):
        return str(error)
    text = str(error.args[-1] if isinstance(error, pymysql.Error) and error.args else error)
    text = text.splitlines()[0] if text else type(error).__name__
    return (text.replace(place.password, "•••") if place.password else text)[:500]
