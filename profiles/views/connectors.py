"""Setting up the sources that are more than a write key: a database, somebody else's webhook."""

from typing import Any

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lib import clock
from lib.nudge import nudge
from profiles import live_calls, mapping_form, pulls, reason_words, standard, tasks
from profiles import sources as actions
from profiles.connectors import sql, webhook
from profiles.forms import EVERY, HookForm, SqlForm
from profiles.importing import mapping, suggest
from profiles.models import Source
from profiles.segment_calls import Refused
from profiles.views.source import page
from profiles.views.sources import actor_of, source_of
from workspaces.actor import Actor


@require_POST
def database(request: HttpRequest, source_id: int) -> HttpResponse:
    """Saves where the database is and what is asked; then asks for the first rows, which show whether it works."""
    actor = actor_of(request, "sources.manage")
    source = _of_kind(actor, source_id, "sql")
    form = SqlForm(request.POST)
    if not form.is_valid():
        return page(request, actor, source, 422, sql_form=form)
    data = dict(form.cleaned_data)
    password = data.pop("password") or None
    data["port"] = data["port"] or sql.PORTS[data["engine"]]
    pulls.configure(actor, source, data, password, clock.now())
    try:
        preview = pulls.look(source)
    except sql.Failed as failed:
        return page(
            request, actor, source, 422, sql_form=_kept(form), failed=reason_words.marked(str(failed))
        )
    if preview.columns != source.settings.get("columns"):
        zone = source.workspace.time_zone
        settings = {
            "columns": preview.columns,
            "mapping": suggest.mapping(preview.columns, preview.rows, zone),
        }
        actions.set_up(actor, source, settings, None, clock.now())
    return page(
        request, actor, source, **_mapped(source, source.settings["mapping"], preview.rows), works=True
    )


@require_POST
def database_mapping(request: HttpRequest, source_id: int) -> HttpResponse:
    """What the query's columns mean, how often it is asked, whether journeys hear of it."""
    actor = actor_of(request, "sources.manage")
    source = _of_kind(actor, source_id, "sql")
    columns = source.settings.get("columns") or []
    given = mapping_form.read(request.POST, columns)
    if request.POST.get("was_kind") not in (None, given["kind"]):
        given = mapping_form.turned(given, given["kind"])
        return page(request, actor, source, **_mapped(source, given, []))
    found = mapping.read(given, columns)
    problems = list(found.problems)
    if found.kind == mapping.EVENTS and not source.settings.get("cursor"):
        problems.append(_("Events need a column that only grows, or every run would count them again."))
    if problems:
        return page(request, actor, source, 422, **_mapped(source, given, []), problems=problems)
    now = clock.now()
    settings = {"mapping": found.as_json(), "announce": request.POST.get("announce") == "1"}
    actions.set_up(actor, source, settings, None, now)
    minutes = request.POST.get("every", "60")
    pulls.switch(actor, source, int(minutes) if minutes in {str(n) for n, _label in EVERY} else 60, now)
    nudge(tasks.fetch_pulls)
    messages.success(request, _("Saved. The first rows are being fetched."))
    return redirect("profiles:source", source.pk)


@require_POST
def fetch(request: HttpRequest, source_id: int) -> HttpResponse:
    """Now (do=now), or not any more (do=stop)."""
    actor = actor_of(request, "sources.manage")
    source = _of_kind(actor, source_id, "sql")
    if request.POST.get("do") == "stop":
        pulls.switch(actor, source, None, clock.now())
    else:
        pulls.again(source, clock.now())
        nudge(tasks.fetch_pulls)
    return redirect("profiles:source", source.pk)


@require_POST
def hook(request: HttpRequest, source_id: int) -> HttpResponse:
    """Saves the mapping of a webhook."""
    actor = actor_of(request, "sources.manage")
    source = _of_kind(actor, source_id, "hook")
    form = HookForm(request.POST)
    form.is_valid()
    data = dict(form.cleaned_data)
    for name, problem in webhook.problems(data).items():
        form.add_error(name, problem)
    signing = data.pop("signing", "")
    if data.get("header") and not signing and not (source.secret or {}).get("signing"):
        form.add_error("signing", _("The signature needs a secret."))
    if form.errors:
        return page(request, actor, source, 422, hook_form=form)
    secret = {"signing": signing} if signing else ({} if not data.get("header") else None)
    actions.set_up(actor, source, data, secret, clock.now())
    messages.success(request, _("Saved."))
    return redirect("profiles:source", source.pk)


@require_POST
def hook_preview(request: HttpRequest, source_id: int) -> HttpResponse:
    """What the mapping makes of the sample; keeps nothing."""
    actor = actor_of(request, "sources.manage")
    source = _of_kind(actor, source_id, "hook")
    form = HookForm(request.POST)
    form.is_valid()
    context: dict[str, Any] = {"problems": webhook.problems(form.cleaned_data)}
    try:
        sample = msgspec.json.decode(request.POST.get("sample", "").encode())
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        context["failed"] = _("The sample is no JSON: %(why)s") % {"why": reason_words.told(str(error)[:120])}
    else:
        if not context["problems"]:
            try:
                region = standard.region_of(source.workspace.default_locale)
                read = webhook.read(form.cleaned_data, sample, clock.now(), region, str(source.pk))
                context["calls"] = [live_calls.pretty(live_calls.body(call)) for call in read.calls[:5]]
                context["count"] = len(read.calls)
                context["rejected"] = [
                    reason_words.marked(reason) for _place, reason, _thing in read.rejected[:5]
                ]
            except Refused as refused:
                context["failed"] = reason_words.marked(str(refused))
    return render(request, "profiles/sources/hook_result.html", context)


def _mapped(source: Source, given: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    context = mapping_form.context(given, source.settings.get("columns") or [], rows)
    context["mapping_kind"] = context.pop("kind")
    return context | {"rows": rows}


def _kept(form: SqlForm) -> SqlForm:
    """The password is not sent back."""
    return SqlForm(initial={**form.cleaned_data, "password": ""})


def _of_kind(actor: Actor, source_id: int, kind: str) -> Source:
    source = source_of(actor, source_id)
    if source.kind != kind:
        raise Http404("Another kind of source")
    return source
