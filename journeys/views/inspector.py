"""The settings panel of one step: a Django form, swapped by htmx. Nothing is stored here.

The canvas sends the step as it has it and gets the form; a changed form comes back here, and the answer tells the
canvas, by the event `gm:node`, what the step now is. The canvas alone owns the document: undo and autosave are its.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from journeys.cards import card, outlets_of
from journeys.catalogue import summary_context
from journeys.document.shape import DocumentError, Step, Trigger, parse
from journeys.forms.journey import JourneyForm
from journeys.models import Journey
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers
from lib import htmx
from workspaces.access import get_or_404, may

JOURNEY = "$journey"  # no step key: the document as a whole
KEPT = ("kind", "name", "note", "team", "next")  # what a trigger has beside its settings


@require_POST
def inspector(request: HttpRequest, id: UUID) -> HttpResponse:  # noqa: A002 - the name in the URL
    actor = request.actor  # type: ignore[attr-defined]
    journey = get_or_404(actor, Journey, id)
    key, is_trigger = request.POST.get("key", ""), request.POST.get("is_trigger") == "1"
    if request.POST.get("kind") == "journey" and not is_trigger:  # a trigger may be of that kind, too
        return _journey(request, journey)
    try:
        raw = json.loads(request.POST.get("node", ""))
        node = _node(key, raw, is_trigger)
    except (ValueError, DocumentError):
        return HttpResponseBadRequest(_("This step can't be read."))
    registry: Any = triggers if is_trigger else steps
    kind = registry.get(node.kind)
    context = {"journey": journey, "key": key, "node": raw, "is_trigger": is_trigger, "kind": kind}
    if kind is None or kind.form_class is None:
        return render(
            request,
            "journeys/inspector_unknown.html",
            context | {"raw": json.dumps(raw, indent=2, ensure_ascii=False)},
        )
    if not may(actor, journey, "change"):
        shown = card(node, summary_context(journey.workspace))
        form = kind.form_class(settings=node.settings, workspace=journey.workspace)
        return render(request, "journeys/inspector_readonly.html", context | {"card": shown, "form": form})
    if request.POST.get("edit") != "1":
        form = kind.form_class(settings=node.settings, workspace=journey.workspace)
        return render(request, "journeys/inspector.html", context | {"form": form, "json": json.dumps(raw)})
    form = kind.form_class(settings=node.settings, workspace=journey.workspace, data=request.POST)
    form.is_valid()
    changed = _with_settings(raw, form.settings(), kind, is_trigger)
    response = render(
        request,
        "journeys/inspector.html",
        context | {"form": form, "node": changed, "json": json.dumps(changed)},
    )
    shown = card(_node(key, changed, is_trigger), summary_context(journey.workspace))
    return htmx.trigger(response, "gm:node", {"key": key, "node": changed, "card": shown})


def _journey(request: HttpRequest, journey: Journey) -> HttpResponse:
    """The rules of the whole journey: the node is the document's description, time_zone and policy."""
    try:
        raw = json.loads(request.POST.get("node", ""))
        parse({"name": "", **raw})
    except (ValueError, TypeError, DocumentError):
        return HttpResponseBadRequest(_("These rules can't be read."))
    context = {"journey": journey, "key": JOURNEY, "kind": {"kind": "journey"}, "is_trigger": False}
    if not may(request.actor, journey, "change"):  # type: ignore[attr-defined]
        return render(request, "journeys/inspector_readonly.html", context)
    if request.POST.get("edit") != "1":
        form = JourneyForm(settings=raw, workspace=journey.workspace)
        return render(request, "journeys/inspector.html", context | {"form": form, "json": json.dumps(raw)})
    form = JourneyForm(settings=raw, workspace=journey.workspace, data=request.POST)
    form.is_valid()
    changed = form.settings()
    response = render(
        request, "journeys/inspector.html", context | {"form": form, "json": json.dumps(changed)}
    )
    return htmx.trigger(response, "gm:node", {"key": JOURNEY, "node": changed, "card": None})


def _node(key: str, raw: Any, is_trigger: bool) -> Step | Trigger:
    document = parse(
        {"name": "", "triggers": {key: raw}} if is_trigger else {"name": "", "steps": {key: raw}}
    )
    return document.triggers[key] if is_trigger else document.steps[key]


def _with_settings(
    raw: dict[str, Any], settings: dict[str, Any], kind: Any, is_trigger: bool
) -> dict[str, Any]:
    """The step with new settings. Roads from ways out that are gone go with them: undo brings both back."""
    if is_trigger:
        return {key: raw[key] for key in KEPT if key in raw} | settings
    outlets = {outlet.key for outlet in outlets_of(kind, settings)}
    following = {outlet: target for outlet, target in (raw.get("next") or {}).items() if outlet in outlets}
    return {**raw, "settings": settings, "next": following}
