"""Statements over thousands of rows: what Django's cursor does value by value psycopg does in C."""

from collections.abc import Iterable
from typing import Any

import psycopg
from django.db import connection


def fetch(sql: str, params: Any) -> list[Any]:
    """Rows in PostgreSQL's binary format: Django's cursor reads times by a slow path of its own."""
    connection.ensure_connection()
    if connection.queries_logged:  # this way passes by Django's own log
        connection.queries_log.append({"sql": sql, "time": "0"})
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, params, binary=True)
        return cursor.fetchall()


def array(ids: Iterable[int]) -> str:
    """Numbers as an array literal: one text is sent many times faster than a list."""
    return "{" + ",".join(map(str, ids)) + "}"
