"""Every table about people is named in an export and emptied by an erasure: a new one without that fails here.

A row is put into each of them, every text of it a marker. After the erasure the marker stands nowhere.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from journeys.models import DateWatch, Enrolment, Finished, Journey, Version
from profiles import personal_data
from profiles.erase import erase
from profiles.models import Profile
from tests.factories.journeys import make_journey
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 17, 5, 32, tzinfo=UTC)
MARKER = "qzmarkerqz"
PERSON_COLUMNS = ("profile_id", "person_id", "winner_id", "loser_id", "former_id", "into_id", "target_id")
# Tables that have no column for anything she wrote or is: ids, times and states.
WITHOUT_TEXT = {
    "journeys.place",
    "profiles.pause",
    "profiles.segmentchange",
    "profiles.segmentlook",
    "profiles.segmentmember",
    "profiles.segmentmoment",
}
OURS = ("config", "workspaces", "profiles", "channels", "content", "journeys")


# Rows that only their own package can make whole, with the test that looks what is left of them.
ELSEWHERE = {"journeys.storedtest": "tests/journeys/test_testing.py"}


def of_people() -> list[type[models.Model]]:
    """The models with a column that is a person's, by name or by foreign key."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model is Profile:
            continue
        columns = {field.attname for field in model._meta.concrete_fields}
        related = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
        if Profile in related or columns & set(PERSON_COLUMNS):
            found.append(model)
    return found


def label(model: type[models.Model]) -> str:
    return model._meta.label_lower


def test_there_are_tables_about_people() -> None:
    assert {"profiles.event", "channels.message", "journeys.enrolment"} <= {label(one) for one in of_people()}


@pytest.mark.parametrize("model", of_people(), ids=label)
def test_every_table_about_people_is_part_of_an_export(model: type[models.Model]) -> None:
    assert label(model) in personal_data.covered(), (
        f"{label(model)} holds rows about people: register it with profiles.personal_data"
    )


def test_parts_name_models_that_exist() -> None:
    assert personal_data.covered() <= {label(model) for model in apps.get_models()}


# Columns that say what sort of thing it is, never who or what: names of steps, channels, states.
STRUCTURE = {
    "medium", "topic", "step", "trigger", "state", "reason", "outcome", "kind", "provider_id", "locale", "to_step",
}  # fmt: skip


@dataclass
class World:
    """One person, and what the rows about her refer to."""

    person: Profile
    journey: Journey
    version: Version
    watch: DateWatch
    enrolment: int = 4711

    def value(self, field: Any) -> Any:
        """For a column of a row about her: every text that may say something of her is the marker."""
        known = {
            "workspace_id": self.person.workspace_id,
            "journey_id": self.journey.pk,
            "version_id": self.version.pk,
            "watch_id": self.watch.pk,
            "enrolment_id": self.enrolment,
        }
        if field.related_model is Profile or field.column in PERSON_COLUMNS:
            return self.person.pk
        if field.column in known:
            return known[field.column]
        kind = field.get_internal_type()
        if "JSON" in kind or "JSON" in type(field).__name__:
            visits = [{"s": "a", "o": "next", "w": [[0, MARKER, True]]}]
            return json.dumps(visits if field.column == "route" else {"text": MARKER})
        if kind in ("CharField", "TextField", "SlugField"):
            short = field.max_length is not None and field.max_length < len(MARKER)
            return "x" if short or field.column in STRUCTURE else MARKER
        plain = {"BooleanField": False, "GenericIPAddressField": "192.0.2.77", "ArrayField": []}
        moments = {"DateTimeField": NOW, "DateField": NOW.date(), "UUIDField": uuid.uuid4()}
        return {**plain, **moments}.get(kind, 1)


@pytest.fixture
def world() -> World:
    actor = make_actor(make_workspace(), "admin", ("email",))
    journey = make_journey(actor)
    version = Version.objects.create(journey=journey, number=1, document={}, published_at=NOW)
    watch = DateWatch.objects.create(
        journey=journey, trigger="t1", attribute="birthday", reading={}, since=NOW, next_at=NOW
    )
    person = Profile.objects.create(
        workspace=actor.workspace,
        external_id=MARKER,
        attributes={"email": f"{MARKER}@example.com", "note": MARKER},
    )
    return World(person, journey, version, watch)


def plant(model: type[models.Model], world: World) -> None:
    """A row about the person, written as SQL: what else it refers to need not be there."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.GeneratedField):
            continue
        if isinstance(field, models.AutoField) or field.get_internal_type() in ("BigAutoField", "AutoField"):
            if model is Enrolment:
                values[field.column] = world.enrolment
            continue
        values[field.column] = world.value(field)
    if model is Finished:
        values["enrolment_id"] = world.enrolment + 1
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(f'"{name}"' for name in values)
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        places = ", ".join(["%s"] * len(values))
        cursor.execute(f"insert into {table} ({columns}) values ({places})", list(values.values()))
        cursor.execute("set local session_replication_role = origin")


def traces(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(f"select count(*) from {table} t where t::text like %s", [f"%{MARKER}%"])
        return int(cursor.fetchone()[0])


def test_erasure_leaves_nothing_of_her_anywhere(world: World) -> None:
    tables = [model for model in of_people() if label(model) not in ELSEWHERE]
    for model in tables:
        plant(model, world)
    assert {label(model) for model in tables if not traces(model)} == WITHOUT_TEXT

    erase(make_actor(world.person.workspace, "admin"), world.person, NOW)

    assert [label(model) for model in (*tables, Profile) if traces(model)] == []


def test_tables_without_text_are_emptied_or_keep_ids_alone() -> None:
    for name in sorted(WITHOUT_TEXT):
        kinds = {field.get_internal_type() for field in apps.get_model(name)._meta.concrete_fields}
        assert not kinds & {"JSONField", "StoredJSON"}, name
