"""Who is simulated: a real person with her history, or one made up for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.utils.translation import gettext as _

from journeys.engine.simulate import given
from journeys.engine.simulate.given import SimulationError
from journeys.steps.outcomes import Json
from profiles import computed
from profiles.models import Consent, Device, Identity, Profile
from workspaces.models import Workspace


def find_or_make(workspace: Workspace, wanted: Mapping[str, Any], start: datetime) -> Profile:
    """`wanted`: {"id"}, {"external_id"} or {"attributes", "events", "devices", "names"}."""
    if not wanted.get("id") and not wanted.get("external_id"):
        return _made_up(workspace, wanted, start)
    real = Profile.objects.filter(workspace=workspace)
    if wanted.get("id"):
        try:
            found = real.filter(public_id=UUID(str(wanted["id"]))).first()
        except ValueError:
            found = None
    else:
        found = real.filter(external_id=str(wanted["external_id"])).first()
    if found is None:
        raise SimulationError("/person", _("There is no such person."))
    if found.erased_at is not None:
        raise SimulationError("/person", _("This person was erased. Choose somebody else."))
    return found


def _made_up(workspace: Workspace, wanted: Mapping[str, Any], start: datetime) -> Profile:
    attributes = wanted.get("attributes", {})
    if not isinstance(attributes, dict):
        raise SimulationError("/person/attributes", _("This must be an object with named parts."))
    past = list(given.past(wanted.get("events") or []))
    kinds = given.devices(wanted.get("devices"))
    names = given.names(wanted.get("names"))
    made = Profile.objects.create(
        workspace=workspace, attributes=attributes, created_at=start, updated_at=start
    )
    for at, name, properties in past:
        store_event(workspace.pk, made.pk, name, properties, at)
    for name in names:
        Identity.objects.create(
            workspace=workspace, profile=made, kind=name, value=f"made-up-{made.public_id}", created_at=start
        )
    for number, kind in enumerate(kinds):
        token = f"made-up-{made.public_id}-{number}"
        Device.objects.create(
            workspace=workspace, profile=made, kind=kind, token=token, first_seen_at=start, last_seen_at=start
        )
    return made


def allow(profile: Profile, consents: Any, at: datetime, pointer: str) -> None:
    """None leaves them as they are; "all" takes the place of whatever she said."""
    if consents is None:
        return
    wanted = given.consents(consents, pointer)
    if consents == "all":
        Consent.objects.filter(profile=profile).delete()
    for medium, topic, state in wanted:
        if state in ("granted", "withdrawn"):
            Consent.objects.update_or_create(
                profile=profile,
                medium=medium,
                topic=topic,
                defaults={"state": state, "at": at, "how": "simulation"},
            )
        else:
            Consent.objects.filter(profile=profile, medium=medium, topic=topic).delete()


def change(profile_id: int, attributes: Json, at: datetime) -> None:
    """Null takes an attribute away, as identify does."""
    kept = {name: value for name, value in attributes.items() if value is not None}
    gone = [name for name, value in attributes.items() if value is None]
    with connection.cursor() as cursor:
        cursor.execute(
            "update profiles_profile set attributes = (attributes || %s::jsonb) - %s::text[], updated_at = %s "
            "where id = %s",
            [msgspec.json.encode(kept).decode(), gone, at, profile_id],
        )


def store_event(workspace_id: int, profile_id: int, name: str, properties: Json, at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into profiles_event (workspace_id, profile_id, name, ts, received_at, properties) "
            "values (%s, %s, %s, %s, %s, %s::jsonb) returning id",
            [workspace_id, profile_id, name, at, at, msgspec.json.encode(properties).decode()],
        )
        stored = int(cursor.fetchone()[0])
        computed.count_one(cursor, workspace_id, profile_id, name, properties, at)
    return stored
