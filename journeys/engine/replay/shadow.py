"""Temporary tables in the place of those that the engine writes. PostgreSQL looks for a name among the temporary tables
first, so whatever is asked or written in this transaction finds them, and they are gone with it.

They hold the people of the sample alone. Statements are not prepared meanwhile: one that was would still mean the table
of before.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

from channels.models import Message, MessageBody, MessageEvent
from content.models import ItemVersion
from lib.fast_sql import array
from profiles.models import (
    Announcement,
    ComputedState,
    ComputedTally,
    Consent,
    Event,
    KnownName,
    MessageId,
    Profile,
)


def tables() -> list[str]:
    """All of the journeys' own, and those of others that a journey writes."""
    own = [model._meta.db_table for model in apps.get_app_config("journeys").get_models()]
    recorded = (Event, MessageId, KnownName, Announcement, ComputedState, ComputedTally)
    others = (Message, MessageBody, MessageEvent, ItemVersion, Consent, Profile, *recorded)
    return [*own, *(model._meta.db_table for model in others)]


@contextmanager
def shadowed() -> Iterator[None]:
    """Within it and this transaction."""
    wrapped: Any = connection.connection
    threshold, wrapped.prepare_threshold = wrapped.prepare_threshold, None
    try:
        with connection.cursor() as cursor:
            for table in tables():
                _make(cursor, table)
        yield
    finally:
        wrapped.prepare_threshold = threshold


def _make(cursor: Any, table: str) -> None:
    cursor.execute(
        "select attname, pg_get_serial_sequence(%s, attname) from pg_attribute "
        "where attrelid = to_regclass(%s) and attidentity <> ''",
        [table, table],
    )
    numbered = cursor.fetchall()
    cursor.execute(
        f'create temporary table "{table}" (like "{table}" including defaults including generated '
        f"including indexes) on commit drop"
    )
    for column, sequence in numbered:
        # Numbers of the real sequence: what a process remembers by them is never taken for something real.
        cursor.execute(
            f'alter table "{table}" alter column "{column}" set default nextval(%s::regclass)', [sequence]
        )


def fill(ids: Sequence[int], events: Sequence[str], until: datetime) -> None:
    """With these people as they are now, and what they did of these events, before the time and in it."""
    people = array(ids)
    with connection.cursor() as cursor:
        _copy(cursor, Profile._meta.db_table, "id = any(%s::bigint[])", [people])
        _copy(cursor, Consent._meta.db_table, "profile_id = any(%s::bigint[])", [people])
        _copy(
            cursor,
            Event._meta.db_table,
            "profile_id = any(%s::bigint[]) and name = any(%s) and ts < %s",
            [people, list(events), until],
        )
        for model in (Profile, Consent, Event):
            cursor.execute(f'analyze "{model._meta.db_table}"')


def _copy(cursor: Any, table: str, where: str, params: list[Any]) -> None:
    cursor.execute(
        "select string_agg(quote_ident(attname), ', ' order by attnum), current_schema() from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped and attgenerated = ''",
        [table],
    )
    columns, schema = cursor.fetchone()
    cursor.execute(
        f'insert into "{table}" ({columns}) select {columns} from "{schema}"."{table}" where {where}', params
    )
