"""What a simulation is asked for, read and checked. Each fault names its place in the request."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from channels.media import Medium
from lib.durations import Duration, DurationError
from lib.durations import parse as parse_duration
from profiles import night
from profiles.models.device import KINDS

MOST_EVENTS = 1000
_NAME = re.compile(r"[a-z0-9_.]{1,30}")
REACTIONS = ("delivered", "opened", "clicked", "replied", "bounced", "failed")
Happening = Mapping[str, Any]


class SimulationError(ValueError):
    """An argument that can't be used; `pointer` is its place in the request."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Reaction:
    """What happens to every message of a step, so long after it was sent."""

    step: str
    what: str
    after: Duration


def happenings(events: object) -> tuple[list[tuple[datetime, Happening]], list[Reaction]]:
    """What happens when, in order; and the reactions, whose moments depend on when a message goes out."""
    if not isinstance(events, Sequence) or isinstance(events, str):
        raise SimulationError("/events", _("The events must be a list."))
    if len(events) > MOST_EVENTS:
        raise SimulationError(
            "/events", _("At most %(most)s events are possible here.") % {"most": MOST_EVENTS}
        )
    dated: list[tuple[datetime, Happening]] = []
    reactions: list[Reaction] = []
    for place, event in enumerate(events):
        pointer = f"/events/{place}"
        if not isinstance(event, Mapping):
            raise SimulationError(pointer, _("This must be an object with named parts."))
        if "message" in event and event.get("after") is not None:
            reactions.append(_reaction(event, pointer))
            continue
        dated.append((moment(event.get("timestamp"), f"{pointer}/timestamp"), event))
        _check(event, pointer)
    return sorted(dated, key=lambda pair: pair[0]), reactions


def past(events: object) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    """What a made-up person did before: moment, name, properties."""
    if not isinstance(events, Sequence) or isinstance(events, str):
        raise SimulationError("/person/events", _("The events must be a list."))
    for place, event in enumerate(events):
        pointer = f"/person/events/{place}"
        if not isinstance(event, Mapping) or not isinstance(event.get("event"), str):
            raise SimulationError(pointer, _("Say which event it was."))
        properties = event.get("properties") or {}
        if not isinstance(properties, dict):
            raise SimulationError(f"{pointer}/properties", _("This must be an object with named parts."))
        yield moment(event.get("timestamp"), f"{pointer}/timestamp"), event["event"], properties


def draws(value: object) -> dict[str, str]:
    """step -> way that is taken there, whatever chance says."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(way, str) for way in value.values()):
        raise SimulationError("/draws", _("Draws name a way for each step."))
    return {str(step): way for step, way in value.items()}


def devices(value: object) -> list[str]:
    """The kinds of the devices that take push messages: ["ios", "web"]. Without any no push message reaches her."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(kind in KINDS for kind in value):
        raise SimulationError("/person/devices", _("Devices are a list of web, android or ios."))
    return [str(kind) for kind in value]


def names(value: object) -> list[str]:
    """By which kinds of names sources know a made-up person: ["anonymous_id", "line"]. Left out, a site knows her;
    without any, no message in the site or app and none on a network reaches her."""
    if value is None:
        return ["anonymous_id"]
    if not isinstance(value, list) or not all(
        isinstance(kind, str) and _NAME.fullmatch(kind) for kind in value
    ):
        raise SimulationError("/person/names", _("Names are a list of kinds, such as anonymous_id or line."))
    return [kind if kind == "anonymous_id" else f"external:{kind}" for kind in value]


def consents(value: object, pointer: str) -> list[tuple[str, str, str]]:
    """(medium, topic, state) of "all", {"email": {"offers": "granted"}} or {"email": "granted"}."""
    if value == "all":
        return [(medium, "*", "granted") for medium in (*Medium, night.MEDIUM)]
    if not isinstance(value, Mapping):
        raise SimulationError(pointer, _("Consents are “all”, or a state for each medium and topic."))
    found: list[tuple[str, str, str]] = []
    for medium, topics in value.items():
        named = {"*": topics} if isinstance(topics, str) else topics
        if not isinstance(named, Mapping):
            raise SimulationError(pointer, _("Consents are “all”, or a state for each medium and topic."))
        found += [(str(medium), str(topic), str(state)) for topic, state in named.items()]
    return found


def moment(value: object, pointer: str) -> datetime:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise SimulationError(pointer, _("Write a moment like 2026-01-31T09:00:00Z."))
    return found.astimezone(UTC)


def _reaction(event: Happening, pointer: str) -> Reaction:
    if not isinstance(event["message"], str) or event.get("happened") not in REACTIONS:
        raise SimulationError(pointer, _("Say an event, what to set, or what happened to a message."))
    try:
        after = parse_duration(event["after"])
    except DurationError:
        after = None
    if after is None or after.negative:
        raise SimulationError(f"{pointer}/after", _("Write a length of time like PT2H."))
    return Reaction(event["message"], event["happened"], after)


def _check(event: Happening, pointer: str) -> None:
    if "consents" in event:
        consents(event["consents"], f"{pointer}/consents")
        return
    if isinstance(event.get("event"), str) and isinstance(event.get("properties") or {}, dict):
        return
    if isinstance(event.get("set"), dict):
        return
    if isinstance(event.get("webhook"), str):
        status = event.get("status", 200)
        if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
            raise SimulationError(f"{pointer}/status", _("Write a status such as 200 or 503."))
        return
    if isinstance(event.get("message"), str) and event.get("happened") in REACTIONS:
        return
    if isinstance(event.get("trigger"), str) and isinstance(event.get("data") or {}, dict):
        return
    raise SimulationError(pointer, _("Say an event, what to set, or what happened to a message."))
