"""How long events are kept, who is let in again after an erasure, and the words of the confirmation mail."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lib import clock
from profiles import double_opt_in, erased_names, retention, wording
from profiles.models import ErasedName, KnownName, PrivacySettings, Retention
from profiles.privacy_forms import ConfirmationForm, ErasureForm, RetentionForm
from workspaces import audit
from workspaces.access import require
from workspaces.actor import Actor


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "people.view")
    return _page(request, actor)


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """A rule for events of a name, or another one in its place."""
    actor = _manager(request)
    form = RetentionForm(request.POST, workspace=actor.workspace)
    if not form.is_valid():
        return _page(request, actor, retention_form=form)
    retention.keep(actor, form.cleaned_data["event"], form.cleaned_data["days"], clock.now())
    messages.success(request, _("Saved. What is older goes within a day."))
    return redirect("privacy:rules")


@require_POST
def keep_for_good(request: HttpRequest, rule_id: int) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    rule = Retention.objects.filter(workspace=actor.workspace, pk=rule_id).first()
    if rule is None:
        raise Http404("No such rule")
    require(actor, "privacy.manage")
    retention.forget(actor, rule, clock.now())
    return redirect("privacy:rules")


@require_POST
def erasure_rules(request: HttpRequest) -> HttpResponse:
    actor = _manager(request)
    form = ErasureForm(request.POST, auto_id="erasure_%s")
    if not form.is_valid():
        return _page(request, actor, erasure_form=form)
    values = {
        "readmit_events": form.names(),
        "readmit_after_days": form.cleaned_data["readmit_after_days"],
    }
    _save(actor, values, "erasure")
    messages.success(request, _("Saved."))
    return redirect("privacy:rules")


@require_POST
def confirmation(request: HttpRequest) -> HttpResponse:
    actor = _manager(request)
    kept = PrivacySettings.objects.filter(workspace=actor.workspace).first()
    form = ConfirmationForm(request.POST, kept=kept)
    if not form.is_valid():
        return _page(request, actor, confirmation_form=form)
    _save(actor, {"confirmation": form.words()}, "confirmation")
    messages.success(request, _("Saved."))
    return redirect("privacy:rules")


def _manager(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "privacy.manage")
    return actor


def _save(actor: Actor, values: dict[str, Any], what: str) -> None:
    with transaction.atomic():
        fresh = {"readmit_events": list(erased_names.SIGN_UP)}
        PrivacySettings.objects.update_or_create(
            workspace=actor.workspace, defaults=values, create_defaults={**fresh, **values}
        )
        audit.record(actor, "privacy.changed", actor.workspace, {"privacy": what}, at=clock.now())


def _page(request: HttpRequest, actor: Actor, **bound: Any) -> HttpResponse:
    kept = PrivacySettings.objects.filter(workspace=actor.workspace).first()
    totals = dict(
        KnownName.objects.filter(workspace=actor.workspace, kind="event").values_list("name", "total")
    )
    rules = [
        {
            "rule": rule,
            "title": _("All that have no rule of their own")
            if rule.event == retention.EVERY_OTHER
            else wording.event_title(rule.event, {}),
            "came": totals.get(rule.event),
        }
        for rule in Retention.objects.filter(workspace=actor.workspace).order_by("event")
    ]
    events = kept.readmit_events if kept else list(erased_names.SIGN_UP)
    initial = {
        "readmit_events": ", ".join(events),
        "readmit_after_days": kept.readmit_after_days if kept else None,
    }
    now = clock.now()
    context: dict[str, Any] = {
        "rules": rules,
        "retention_form": RetentionForm(workspace=actor.workspace),
        "erasure_form": ErasureForm(initial=initial, auto_id="erasure_%s"),
        "confirmation_form": ConfirmationForm(kept=kept),
        "erased": ErasedName.objects.filter(workspace_id=actor.workspace.pk).count(),
        "mails": double_opt_in.MOST_MAILS,
        "manages": actor.can("privacy.manage"),
        "now": now,
        "tab": "privacy",
        **bound,
    }
    return render(request, "profiles/privacy.html", context, status=422 if bound else 200)
