"""The live debugger: calls as they arrive, asked for every second while the page is open and not paused."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lib import clock
from profiles import live_calls, masked_sample, masking, reason_words, source_words
from profiles.models import LiveCall, Source
from profiles.views.sources import actor_of
from workspaces import words
from workspaces.actor import Actor

KINDS = ("track", "identify", "page", "screen", "group", "alias")
SHOWN = 100


@require_GET
@never_cache
def debugger(request: HttpRequest) -> HttpResponse:
    """?source=, ?kind=, ?answer=, ?q= filter; ?after=<id>: only the rows that came since, for the running page."""
    actor = actor_of(request, "sources.view")
    now = clock.now()
    live_calls.watch(actor.workspace.pk, now)
    sources = {
        source.pk: source for source in Source.objects.filter(workspace=actor.workspace).order_by("name")
    }
    after = request.GET.get("after", "")
    since = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    found = live_calls.newest(actor.workspace.pk, since, SHOWN)
    last = found[0].pk if found else since
    show = masking.masker(actor, contacts=True)
    shown = [row for call in found if (row := _row(actor, call, sources, show)) and _fits(request, row)]
    context = {
        "calls": shown,
        "last": last,
        "sources": sources.values(),
        "kinds": KINDS,
        "chosen": {name: request.GET.get(name, "") for name in ("source", "kind", "answer", "q")},
        "masked": not actor.can("people.view_contact"),
        "now": now,
    }
    template = "profiles/sources/live_rows.html" if after else "profiles/sources/live.html"
    return render(request, template, context)


def _row(
    actor: Actor, call: LiveCall, sources: dict[int, Source], show: masking.Show
) -> dict[str, Any] | None:
    source = sources.get(call.source_id)
    if source is None:
        return None
    text, who = call.body, call.who
    if call.answer != "refused":
        # The masked sample of a refused call is all that was kept of it.
        try:
            body = {name: show(name, value) for name, value in msgspec.json.decode(text).items()}
            if not actor.can("people.view_contact"):
                body = masked_sample.values(body)
                who = str(masked_sample.values({"who": who})["who"])
            text = live_calls.pretty(body)
        except (msgspec.DecodeError, RecursionError):
            text = masked_sample.masked(text)
    return {
        "call": call,
        "source": source,
        "icon": source_words.icon(source),
        "time": f"{words.in_zone(call.at, actor.workspace.time_zone):%H:%M:%S}",
        "who": who,
        "title": call.event if call.event not in ("", call.kind) else "",
        "text": text,
        "reason": reason_words.marked(call.reason),
        "word": {"taken": _("Taken"), "known": _("Seen before"), "refused": _("Refused call")}[call.answer],
        "look": {"taken": "ok", "known": "line", "refused": "bad"}[call.answer],
        "icon_of_answer": {"taken": "check", "known": "repeat", "refused": "x"}[call.answer],
    }


def _fits(request: HttpRequest, row: dict[str, Any]) -> bool:
    call, given = row["call"], request.GET
    if given.get("source") and str(call.source_id) != given["source"]:
        return False
    if given.get("kind") and call.kind != given["kind"]:
        return False
    if given.get("answer") and call.answer != given["answer"]:
        return False
    text = given.get("q", "").strip().lower()
    return not text or text in f"{call.event} {row['who']} {row['reason']} {row['text']}".lower()
