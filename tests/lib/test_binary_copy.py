"""What is copied in binary is what a plain insert would have stored."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from lib import binary_copy as binary

pytestmark = pytest.mark.django_db


def test_every_kind_of_field_comes_through():
    moment = datetime(2026, 3, 2, 9, 0, 0, 123457, tzinfo=UTC)
    before = datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    rows = [
        (2**62, -5, "값\t\\N\n'", '{"a": [1, "\\n"]}', True, moment),
        (None, None, "", "[]", False, None),
        (0, 2**31 - 1, "x", "null", True, before),
    ]
    lines = [binary.START]
    for number, small, words, document, sure, at in rows:
        lines += (
            b"\0\6",
            binary.bigint(number),
            binary.integer(small),
            binary.text(words),
            binary.text(document),
            binary.boolean(sure),
            binary.moment(at),
        )
    with connection.cursor() as cursor:
        cursor.execute("create temp table t (n bigint, i integer, w text, d json, s boolean, at timestamptz)")
        with cursor.copy("copy t from stdin (format binary)") as copy:
            copy.write(b"".join([*lines, binary.END]))
        cursor.execute("select n, i, w, d::text, s, at from t")
        assert cursor.fetchall() == rows


def test_jsonb_comes_through():
    documents = ['{"a": [1, "값"]}', "{}"]
    lines = [binary.START]
    for document in documents:
        lines += (b"\0\1", binary.jsonb(document.encode()))
    with connection.cursor() as cursor:
        cursor.execute("create temp table t (d jsonb)")
        with cursor.copy("copy t from stdin (format binary)") as copy:
            copy.write(b"".join([*lines, binary.END]))
        cursor.execute("select d::text from t")
        assert [text for (text,) in cursor.fetchall()] == documents
