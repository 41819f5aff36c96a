"""A real person as a test may keep her: what decides about her, without who she is.

Her attributes but names, addresses and what is sensitive, her consents, the kinds of her devices, and those of her
events that the journey asks about. So a test stays as it is when her data move on. It remembers whose walk it was, and
forgets her when she is erased.
"""

from datetime import datetime
from typing import Any

from journeys.engine import asked
from journeys.engine.plan import Plan
from profiles import devices, masking
from profiles.models import Consent, Event, Profile

STAND_INS = {"email": "someone@example.com", "phone": "+821000000000"}
NAMES = ("first_name", "last_name", "name", "address", "avatar", "external_id", "username")
MOST_EVENTS = 200

Json = dict[str, Any]


def of(profile: Profile, document: Any, start: datetime) -> Json:
    """A made-up person, as simulations take one, who stands where `profile` stood at `start`."""
    show = masking.of_nobody(profile.workspace_id)
    attributes = _open({name: one for name, one in profile.attributes.items() if name not in NAMES}, show)
    attributes |= {name: value for name, value in STAND_INS.items() if name in profile.attributes}
    consents: dict[str, dict[str, str]] = {}
    for one in Consent.objects.filter(profile=profile):
        consents.setdefault(one.medium, {})[one.topic] = one.state
    names = sorted(asked.events(Plan(0, 0, profile.workspace_id, document)))
    past = Event.objects.filter(profile_id=profile.pk, name__in=names, ts__lt=start).order_by("-ts", "-id")
    return {
        "attributes": attributes,
        "consents": consents,
        "devices": [device.kind for device in devices.active_of([profile.pk]).get(profile.pk, [])],
        "events": [
            {"event": one.name, "properties": _open(one.properties, show), "timestamp": one.ts.isoformat()}
            for one in reversed(past[:MOST_EVENTS])
        ],
    }


def _open(values: Json, show: masking.Show) -> Json:
    """What is nobody's contact and not sensitive: a test is read by everybody who sees the journey."""
    return {name: value for name, value in values.items() if show(name, value) == value}
