"""The health page: is everything running, what waits, who was set aside.

A workspace sees its own figures, and of the installation whether its services answer. How much the others have to do is
for the installation's superusers, and for the members of the only workspace there is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from channels.media import known
from channels.reasons import state_label
from config.operations import figures, flow, jobs
from journeys import failures
from lib import clock
from profiles import announcements
from workspaces import words
from workspaces.access import require
from workspaces.actor import Actor
from workspaces.models import Workspace

LATE = timedelta(minutes=1)
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    label: str
    at: datetime | None
    alive: bool


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "health.view")
    return render(request, "config/health.html", _context(actor, clock.now()))


@require_POST
def tell_again(request: HttpRequest) -> HttpResponse:
    """News of this workspace that was given up is told to the engine once more; of all workspaces for who runs all."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "health.view")
    announcements.retry(clock.now(), None if runs_everything(actor) else actor.workspace.pk)
    messages.success(request, _("The engine is told again within a minute."))
    return redirect("health")


def runs_everything(actor: Actor) -> bool:
    """Whether the figures of the whole installation are hers to see."""
    return actor.user.is_superuser or Workspace.objects.count() == 1


def _context(actor: Actor, now: datetime) -> dict[str, Any]:
    mine = actor.workspace.pk
    due, outbox = figures.due(now, mine), figures.outbox(now, mine)
    failed = failures.by_step(actor)
    beats = figures.heartbeats(now)
    clock_jobs, queues = jobs.all_jobs(now), _queues(beats, now)
    found: dict[str, Any] = {
        "now": now,
        "due": due,
        "outbox": [(account, known(account.medium)) for account in outbox or []],
        "unsent": None if outbox is None else sum(account.waiting.count for account in outbox),
        "unsent_oldest": min((a.waiting.oldest for a in outbox or [] if a.waiting.oldest), default=None),
        "failed": failed,
        "failed_people": sum(step.people for step in failed),
        "late_crossings": figures.late_crossings(mine),
        "recent": _recent(figures.messages(now, AN_HOUR, mine)),
        "jobs": clock_jobs,
        "queues": queues,
        "clock_at": beats["clock"],
        "clock_alive": figures.alive(beats["clock"], now),
        "broker": figures.broker(),
        "news": None,
        "whole": None,
    }
    if runs_everything(actor):
        found["whole"] = {
            "due": figures.due(now),
            "failed": figures.failed(),
            "batches": figures.batches(),
            "connections": figures.connections(),
            "news": figures.announcements(now),
            "rates": flow.rates(now),
        }
        found["news"] = found["whole"]["news"]
    else:
        found["news"] = figures.announcements(now, mine)
    return found | {"troubles": _troubles(found, now)}


def _queues(beats: dict[str, datetime | None], now: datetime) -> list[Queue]:
    labels = {
        "realtime": _("Real time"),
        "bulk": _("Big passes"),
        "delivery": _("Sending"),
        "calls": _("Outside calls"),
        "replays": _("Replays"),
        "imports": _("Imports and backfills"),
        "maintenance": _("Housekeeping"),
    }
    return [
        Queue(name, labels.get(name, name), at, figures.alive(at, now))
        for name, at in beats.items()
        if name != "clock"
    ]


def _recent(found: list[tuple[str, str, int]] | None) -> list[tuple[str, int]] | None:
    """The messages of the last hour by state, in words, the most first."""
    if found is None:
        return None
    by_state: dict[str, int] = {}
    for state, _reason, count in found:
        by_state[state] = by_state.get(state, 0) + count
    return sorted(((state_label(state), n) for state, n in by_state.items()), key=lambda pair: -pair[1])


def _troubles(found: dict[str, Any], now: datetime) -> list[str]:
    """What somebody should look at, in sentences; none: all is well."""
    troubles = []
    if not found["broker"]:
        troubles.append(_("The broker does not answer: work waits in the database until it does."))
    if not found["clock_alive"]:
        troubles.append(
            _("The clock gave no sign for a while: is “celery beat” running, and a worker of “maintenance”?")
        )
    if silent := [queue.name for queue in found["queues"] if not queue.alive] if found["clock_alive"] else []:
        troubles.append(_("No worker answers for: %(queues)s.") % {"queues": ", ".join(silent)})
    if broken := [job.label for job in found["jobs"] if job.state == "failed"]:
        troubles.append(_("Failed at its last run: %(jobs)s.") % {"jobs": ", ".join(broken)})
    if late := [job.label for job in found["jobs"] if job.state == "late"] if found["clock_alive"] else []:
        troubles.append(_("Has not run for too long: %(jobs)s.") % {"jobs": ", ".join(late)})
    if found["due"] and found["due"].oldest and now - found["due"].oldest > LATE:
        troubles.append(
            _("People wait to be moved on; the first for %(span)s.")
            % {"span": words.span(now - found["due"].oldest)}
        )
    if found["unsent_oldest"] and now - found["unsent_oldest"] > 5 * LATE:
        troubles.append(
            _("Messages wait to be sent; the first for %(span)s.")
            % {"span": words.span(now - found["unsent_oldest"])}
        )
    if found["failed_people"]:
        n = found["failed_people"]
        text = ngettext("%(n)s person is set aside.", "%(n)s people are set aside.", n)
        troubles.append(text % {"n": words.number(n)})
    if found["late_crossings"] and found["late_crossings"][0]:
        n = found["late_crossings"][0]
        text = ngettext(
            "%(n)s person crossed a segment and could not be let in yet; it is tried again.",
            "%(n)s people crossed a segment and could not be let in yet; it is tried again.",
            n,
        )
        troubles.append(text % {"n": words.number(n)})
    if found["news"] and found["news"].given_up:
        troubles.append(_("Some news could not be told to the engine; see below."))
    return troubles
