"""One source: what it sends and in vain, its write keys, how to set it up."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lib import clock
from profiles import (
    live_calls,
    mapping_form,
    masked_sample,
    reason_words,
    source_figures,
    source_setup,
    source_words,
)
from profiles import sources as actions
from profiles.connectors import webhook
from profiles.connectors.registry import connectors
from profiles.forms import EVERY, HookForm, NameForm, SqlForm
from profiles.models import Pull, Source
from profiles.views.sources import actor_of, source_of
from workspaces import words
from workspaces.actor import Actor


@require_GET
@never_cache
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    actor = actor_of(request, "sources.view")
    return page(request, actor, source_of(actor, source_id))


def page(request: HttpRequest, actor: Actor, source: Source, status: int = 200, **more: Any) -> HttpResponse:
    """The page; `more`: forms with what was wrong in them, a preview."""
    now = clock.now()
    figures = source_figures.read([source], words.zone(actor.workspace.time_zone), now)[source.pk]
    samples = source_figures.samples(source.pk)
    connector = connectors.get(source.kind)
    pull = (
        (Pull.objects.filter(source=source).first() or Pull(source=source)) if source.kind == "sql" else None
    )
    manages = actor.can("sources.manage")
    reasons = [
        {
            "reason": reason_words.marked(reason),
            "count": count,
            "last": last,
            "samples": [sample for sample in samples.get(reason, []) if sample.sample],
        }
        for reason, (count, last) in sorted(figures.reasons.items(), key=lambda item: -item[1][0])[:20]
    ]
    context: dict[str, Any] = {
        "source": source,
        "kind": source_words.kind(source),
        "icon": source_words.icon(source),
        "figures": figures,
        "state": source_words.state(source, figures, now, pull),
        "reasons": reasons,
        "connector": connector,
        "manages": manages,
        "may_upload": actor.can("people.import"),
        "masked_key": source_words.masked_key(source.write_key),
        "old_key": source_words.masked_key(source.previous_key)
        if source.previous_key and source.previous_key_until and source.previous_key_until > now
        else "",
        "name_form": NameForm(initial={"name": source.name}),
        "snippets": source_setup.snippets(source, settings.BASE_URL),
        "address": settings.BASE_URL,
        "pull": pull,
        "pull_error": reason_words.marked(pull.error) if pull else "",
        "every": EVERY,
        "now": now,
    }
    if source.kind == "file":
        context["uploads"] = list(source.uploads.select_related("user").order_by("-pk")[:20])
    if source.kind == "sql":
        given = {key: source.settings.get(key) for key in SqlForm.base_fields if key != "password"}
        context["sql_form"] = SqlForm(
            initial={key: value for key, value in given.items() if value is not None}
        )
        columns = source.settings.get("columns") or []
        if columns:
            context |= mapping_form.context(source.settings.get("mapping") or {}, columns, [])
            context["kind"] = source_words.kind(source)
            context["mapping_kind"] = (source.settings.get("mapping") or {}).get("kind", "events")
        context["announce"] = bool(source.settings.get("announce"))
    if source.kind == "hook":
        given = source.settings or webhook.STARTER
        sample = source.settings.get("sample") or live_calls.pretty(webhook.EXAMPLE)
        if not manages:  # somebody pasted a real one, maybe
            sample = masked_sample.masked(sample)
        context["hook_form"] = HookForm(initial={**given, "sample": sample})
        context["hook_address"] = f"{settings.BASE_URL}/hooks/{source_words.masked_key(source.write_key)}/"
        context["signed"] = bool((source.secret or {}).get("signing"))
    return render(request, "profiles/sources/source.html", context | more, status=status)


@require_POST
@never_cache
def key(request: HttpRequest, source_id: int) -> HttpResponse:
    """A new write key in place of the old; `hours`: how long the old one is good."""
    actor = actor_of(request, "sources.manage")
    found = source_of(actor, source_id)
    given = request.POST.get("hours", "0")
    hours = int(given) if given.isascii() and given.isdigit() and int(given) in actions.GRACE_HOURS else 0
    actions.rotate(actor, found, clock.now(), hours)
    messages.success(request, _("“%(name)s” has a new write key.") % {"name": found.name})
    return redirect("profiles:source", found.pk)


@require_POST
def old_key(request: HttpRequest, source_id: int) -> HttpResponse:
    """The old key is refused from now on."""
    actor = actor_of(request, "sources.manage")
    found = source_of(actor, source_id)
    actions.end_grace(actor, found, clock.now())
    return redirect("profiles:source", found.pk)


@require_POST
@never_cache
def reveal(request: HttpRequest, source_id: int) -> HttpResponse:
    """The write key in full, in place of the masked one."""
    actor = actor_of(request, "sources.manage")
    found = source_of(actor, source_id)
    shown = actions.reveal(actor, found, clock.now())
    context = {"source": found, "shown": shown, "hook_address": f"{settings.BASE_URL}/hooks/{shown}/"}
    return render(request, "profiles/sources/key.html", context)


@require_POST
def pause(request: HttpRequest, source_id: int) -> HttpResponse:
    """Off, or on again (on=1)."""
    actor = actor_of(request, "sources.manage")
    found = source_of(actor, source_id)
    on = request.POST.get("on") == "1"
    actions.switch(actor, found, on, clock.now())
    said = _("“%(name)s” may send again.") if on else _("“%(name)s” is switched off.")
    messages.success(request, said % {"name": found.name})
    return redirect("profiles:source", found.pk)


@require_POST
def name(request: HttpRequest, source_id: int) -> HttpResponse:
    actor = actor_of(request, "sources.manage")
    found = source_of(actor, source_id)
    form = NameForm(request.POST)
    if not form.is_valid():
        return page(request, actor, found, 422, name_form=form)
    actions.rename(actor, found, form.cleaned_data["name"], clock.now())
    messages.success(request, _("Saved."))
    return redirect("profiles:source", found.pk)
