"""Seeing a person's hidden details: for a reason that goes into the audit log, for some minutes, in one session."""

from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest

from profiles.models import Profile
from workspaces import audit
from workspaces.access import require
from workspaces.actor import Actor

LASTS = timedelta(minutes=10)
LONGEST_REASON = 200
_KEY = "revealed"


def open_for(request: HttpRequest, actor: Actor, profile: Profile, reason: str, now: datetime) -> bool:
    """False without a reason: nothing is shown and nothing noted."""
    require(actor, "people.view_contact")
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        return False
    with transaction.atomic():
        audit.record(actor, "person.revealed", profile, {"reason": reason}, at=now)
    kept = {key: until for key, until in _kept(request).items() if until > now.timestamp()}
    request.session[_KEY] = {**kept, str(profile.public_id): (now + LASTS).timestamp()}
    return True


def close(request: HttpRequest, profile: Profile) -> None:
    kept = _kept(request)
    if kept.pop(str(profile.public_id), None) is not None:
        request.session[_KEY] = kept


def until(request: HttpRequest, actor: Actor, profile: Profile, now: datetime) -> datetime | None:
    """When her details are hidden again; None: they are hidden."""
    moment = _kept(request).get(str(profile.public_id))
    if moment is None or moment <= now.timestamp() or not actor.can("people.view_contact"):
        return None
    return datetime.fromtimestamp(moment, tz=now.tzinfo)


def _kept(request: HttpRequest) -> dict[str, float]:
    session = getattr(request, "session", None)
    return dict(session.get(_KEY, {})) if session is not None else {}
