"""Team & permissions: the members, what each role may do, who changed what."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from lib import clock, htmx
from workspaces import members, permission_words
from workspaces.access import require
from workspaces.audit_words import sentence
from workspaces.forms.member import MemberForm
from workspaces.models import AuditEntry, Membership

ENTRIES = 25


@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """The page; ?entries=N shows more of the audit log."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    rows = (
        Membership.objects.filter(workspace=actor.workspace, user__is_service=False)
        .select_related("user", "workspace")
        .prefetch_related("teams")
        .order_by("created_at", "id")
    )
    context = {
        "members": rows,
        "roles": permission_words.table(),
        "manages": actor.can("team.manage"),
        "keys": actor.can("keys.manage"),
        "now": clock.now(),
        "audits": actor.can("audit.view"),
    }
    if context["audits"]:
        try:
            wanted = max(ENTRIES, min(1000, int(request.GET.get("entries", ENTRIES))))
        except ValueError:
            wanted = ENTRIES
        entries = list(
            AuditEntry.objects.filter(workspace=actor.workspace).select_related("user")[: wanted + 1]
        )
        context |= {
            "entries": [(entry, sentence(entry)) for entry in entries[:wanted]],
            "more": wanted + ENTRIES if len(entries) > wanted else 0,
        }
    return render(request, "workspaces/team.html", context)


def member(request: HttpRequest, membership_id: int) -> HttpResponse:
    """GET: the form of one member (a fragment); POST: her new role and teams."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    found = (
        Membership.objects.filter(workspace=actor.workspace, user__is_service=False, pk=membership_id)
        .select_related("user", "workspace")
        .first()
    )
    if found is None:
        raise Http404("No such member")
    require(actor, "team.manage")
    form = MemberForm(request.POST if request.method == "POST" else None, membership=found)
    if request.method == "POST" and form.is_valid():
        try:
            changed = members.change(
                actor, found, form.cleaned_data["role"], form.cleaned_data["teams"], at=clock.now()
            )
        except members.MemberRefused as refused:
            form.add_error(None, str(refused))
        else:
            if changed:
                messages.success(request, _("%(name)s’s place is changed.") % {"name": found.user.name})
            if request.headers.get("HX-Request"):
                return htmx.go_to(reverse("workspaces:team"))
            return redirect("workspaces:team")
    status = 422 if request.method == "POST" else 200
    return render(request, "workspaces/member.html", {"member": found, "form": form}, status=status)
