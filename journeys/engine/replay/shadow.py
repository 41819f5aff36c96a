"""Temporary tables in the place of those that the engine writes. PostgreSQL looks for a name among the temporary tables
first, so whatever is asked or written in this transaction finds them, and they are gone with it.

They hold the people of the sample alone. Statements are never prepared here (Django's default), so none still means the
table of before.
"""

from collections.abc import Sequence
from datetime import datetime

from django.apps import apps
from django.db import connection

from channels.models import Message, MessageBody, MessageEvent
from content.models import ItemVersion
from journeys.models import Journey, Version
from lib.fast_sql import array
from profiles.models import Consent, Event, Profile


def tables() -> list[str]:
    """All of the journeys' own, and those of others that a journey writes."""
    own = [model._meta.db_table for model in apps.get_app_config("journeys").get_models()]
    others = (Message, MessageBody, MessageEvent, ItemVersion, Consent, Event, Profile)
    return [*own, *(model._meta.db_table for model in others)]


def ids_of_a_journey() -> tuple[int, int]:
    """Of a journey and a version that nobody else has or will have: locks and plans are kept by them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select nextval(pg_get_serial_sequence(%s, 'id')), nextval(pg_get_serial_sequence(%s, 'id'))",
            [Journey._meta.db_table, Version._meta.db_table],
        )
        journey, version = cursor.fetchone()
        return int(journey), int(version)


def make() -> None:
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(
                f'create temporary table "{table}" (like "{table}" including defaults including identity '
                f"including generated including indexes) on commit drop"
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


def _copy(cursor: object, table: str, where: str, params: list[object]) -> None:
    execute, fetchone = cursor.execute, cursor.fetchone  # type: ignore[attr-defined]
    execute(
        "select string_agg(quote_ident(attname), ', ' order by attnum), current_schema() from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped and attgenerated = ''",
        [table],
    )
    columns, schema = fetchone()
    execute(
        f'insert into "{table}" ({columns}) select {columns} from "{schema}"."{table}" where {where}', params
    )
