"""A query against a database of the company's, PostgreSQL or MySQL: by the clock, only what came since the last time.

The query is read in a read-only transaction with a time limit and in chunks, never whole. Its cursor column (an id or a
time that only grows) says how far we are: `select * from (query) where cursor > last order by cursor`.
"""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
from django.utils.translation import gettext_lazy as _
from pymysql.cursors import SSCursor

from lib import http
from profiles.connectors.base import Connector
from profiles.connectors.registry import connectors

TIMEOUT = 15  # seconds to connect
STATEMENT = 120  # seconds that a statement may take
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
    place: Place, query: str, cursor_column: str, after: Any, limit: int | None = None
) -> Iterator[tuple[list[str], Iterator[dict[str, Any]]]]:
    """(columns, rows), the rows as JSON values, in the order of the cursor column. Raises Failed."""
    try:
        with _connected(place) as (connection, quoted):
            text, values = _statement(query, quoted(cursor_column) if cursor_column else "", after, limit)
            cursor = (
                connection.cursor(name="gilmok")
                if place.engine == "postgresql"
                else connection.cursor(SSCursor)
            )
            if place.engine == "postgresql":
                cursor.itersize = FETCHED
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
def _connected(place: Place) -> Iterator[tuple[Any, Any]]:
    if place.engine == "postgresql":
        address = http.addresses(place.host, place.port, TIMEOUT)[0]
        with psycopg.connect(
            host=place.host, hostaddr=address, port=place.port, dbname=place.database, user=place.user,
            password=place.password, connect_timeout=TIMEOUT, application_name="gilmok",
            sslmode={"verify": "verify-full"}.get(place.tls, place.tls),
            sslrootcert="system" if place.tls == "verify" else None,
            options=f"-c statement_timeout={STATEMENT * 1000} -c idle_in_transaction_session_timeout=600000",
        ) as connection:  # fmt: skip
            connection.read_only = True
            yield connection, lambda name: psycopg.sql.Identifier(name).as_string(connection)
            connection.rollback()
        return
    socket = http.connected(place.host, place.port, TIMEOUT)
    context = None
    if place.tls != "prefer":
        context = ssl.create_default_context()
        if place.tls == "require":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = pymysql.connect(
        host=place.host, port=place.port, user=place.user, password=place.password, database=place.database,
        charset="utf8mb4", connect_timeout=TIMEOUT, read_timeout=STATEMENT, write_timeout=TIMEOUT, ssl=context,
        local_infile=False, defer_connect=True,
    )  # fmt: skip
    try:
        connection.connect(socket)
        with connection.cursor() as cursor, suppress(pymysql.Error):
            cursor.execute(
                "set session max_execution_time = %s", [STATEMENT * 1000]
            )  # MariaDB calls it otherwise
        with connection.cursor() as cursor:
            cursor.execute("start transaction read only")
        yield connection, lambda name: "`" + name.replace("`", "``") + "`"
    finally:
        # The rest of an answer that nobody wants is not read to its end.
        with suppress(pymysql.Error, OSError):
            connection._force_close()


def _plain(value: Any) -> Any:
    """As JSON would have it."""
    if value is None or isinstance(value, bool | int | dict | list):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return None
    return str(value)[:MOST_TEXT]


def _said(error: BaseException, place: Place) -> str:
    if isinstance(error, http.Refused):
        return str(error)
    text = str(error.args[-1] if isinstance(error, pymysql.Error) and error.args else error)
    text = text.splitlines()[0] if text else type(error).__name__
    return (text.replace(place.password, "•••") if place.password else text)[:500]
