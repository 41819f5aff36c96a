"""One thing that a source told us, whatever the way it came: HTTP, a file, a step of a journey, a mail's link."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Consents = dict[str, dict[str, str]]


@dataclass(slots=True)
class Call:
    """kind: identify, track or alias (page, screen and group calls arrive as track).

    The person is named by profile_id, or user_id, anonymous_id and `names` (kind, value: external ids, device tokens),
    or email, or phone. `traits` are standard attributes already (profiles.standard); None takes an attribute away.
    `fill` sets only what has no value yet.
    """

    kind: str
    ts: datetime
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    profile_id: int | None = None
    previous_id: str | None = None
    names: tuple[tuple[str, str], ...] = ()
    event: str | None = None
    message_id: str | None = None
    traits: dict[str, Any] = field(default_factory=dict)
    fill: dict[str, Any] = field(default_factory=dict)
    consents: Consents = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    writes: bool = False  # record_event: her row will be written, whatever kind of call it is
