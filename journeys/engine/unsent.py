"""What became of the message of a visit, as the outbox knows it: the log only saw it being made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from channels import reasons
from channels.models import Message, Suppression
from journeys.engine.plan import Plan
from journeys.engine.reasons import skip_reason
from journeys.engine.walked import Visit, Walk
from journeys.steps.outcomes import Json
from lib.localtime import first_zone
from profiles.conditions import media
from profiles.models import Profile
from workspaces import words
from workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Sent:
    """`zone`: the person's own clock; `blocked`: since when her address is, and why."""

    message: Message
    zone: tzinfo
    workspace: Workspace
    blocked: tuple[datetime, str] | None = None


def attach(walks: Iterable[Walk], workspace: Workspace, plans: Mapping[int, Plan]) -> None:
    """Gives the visits of these enrolments their messages; a query, and one each for blocked addresses and held
    messages where there are any."""
    sending: dict[tuple[int, str], list[Visit]] = defaultdict(list)
    for walk in walks:
        for visit in walk.visits:
            if visit.message:
                sending[walk.enrolment_id, visit.step].append(visit)
    if not sending:
        return
    made: dict[tuple[int, str], list[Message]] = defaultdict(list)
    rows = Message.objects.filter(enrolment_id__in={id_ for id_, _step in sending}).defer("variables")
    for message in rows.order_by("enrolment_id", "seq"):
        made[message.enrolment_id or 0, message.step].append(message)
    every = [message for messages in made.values() for message in messages]
    blocked = _blocked(workspace, every)
    own = _zones(every)
    for key, visits in sending.items():
        found = plans.get(key[0])
        for visit, message in zip(visits, made.get(key, ()), strict=False):
            journey = found.document.time_zone if found else None
            zone = first_zone(own.get(message.profile_id), journey, workspace.time_zone)
            visit.sent = Sent(message, zone, workspace, blocked.get((message.medium, message.address)))


def _blocked(workspace: Workspace, messages: list[Message]) -> dict[tuple[str, str], tuple[datetime, str]]:
    addresses = {message.address for message in messages if message.reason == "suppressed"}
    if not addresses:
        return {}
    media_ = {message.medium for message in messages if message.reason == "suppressed"}
    rows = Suppression.objects.filter(workspace=workspace, medium__in=media_, address__in=addresses)
    return {(row.medium, row.address): (row.at, row.reason) for row in rows}


def _zones(messages: list[Message]) -> dict[int, Any]:
    held = {message.profile_id for message in messages if message.state == "held"}
    if not held:
        return {}
    return dict(Profile.objects.filter(pk__in=held).values_list("pk", "attributes__time_zone"))


def told(sent: Sent) -> str:
    """A sentence; with the detail that makes a reason an answer."""
    message = sent.message
    if message.state == "held":
        return _("Held back until %(when)s: %(reason)s") % {
            "when": words.full(message.due_at.astimezone(sent.zone)),
            "reason": skip_reason(message.reason or "quiet_hours"),
        }
    if message.state == "skipped":
        return _("Not sent: %(reason)s") % {"reason": _detailed(sent)}
    if message.state == "failed":
        return _("Not sent: %(reason)s") % {"reason": reasons.sentence(message.reason, message.error)}
    if message.state == "created":
        return reasons.of(message) or reasons.state_label("created")
    if message.clicked_at:
        return pgettext("message", "Sent and clicked")
    return pgettext("message", "Sent and opened") if message.opened_at else _("Sent")


def _detailed(sent: Sent) -> str:
    message = sent.message
    medium = media.name(message.medium)
    if message.reason == "no_consent":
        topic = media.topic(message.topic, sent.workspace) if message.topic else _("everything")
        return _("no consent to %(topic)s by %(medium)s") % {"topic": topic, "medium": medium}
    if message.reason == "no_address":
        return _("no address for %(medium)s") % {"medium": medium}
    if message.reason == "suppressed" and sent.blocked:
        at, why = sent.blocked
        when = words.date(words.in_zone(at, sent.workspace.time_zone), year=True)
        return _("the address is blocked since %(date)s (%(why)s)") % {"date": when, "why": _why_blocked(why)}
    if message.reason in ("render_error", "exit_rule") or message.error:
        return reasons.sentence(message.reason, message.error)
    return skip_reason(message.reason)


def _why_blocked(reason: str) -> str:
    return {
        "hard_bounce": pgettext("blocked", "mail to it came back"),
        "complaint": pgettext("blocked", "a complaint"),
        "manual": pgettext("blocked", "by hand"),
    }.get(reason, reason)


def as_json(sent: Sent) -> Json:
    """For an API answer. `until`: when a held one goes out."""
    message = sent.message
    return {
        "id": str(message.public_id),
        "medium": message.medium,
        "state": message.state,
        "reason": message.reason or None,
        "until": message.due_at if message.state == "held" else None,
        "text": told(sent),
    }
