"""Notes about a person: written, changed and removed from her page."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lib import clock
from profiles import notes
from profiles.models import Profile
from workspaces.access import get_or_404, require
from workspaces.actor import Actor


@require_POST
def add(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor, profile = _named(request, public_id)
    require(actor, "people.note")
    if profile.erased_at is not None:
        messages.error(request, _("This person is erased. Nothing is kept of her."))
        return redirect("profiles:person", public_id)
    try:
        notes.add(actor, profile, request.POST.get("text", ""), clock.now())
        messages.success(request, _("The note is in the timeline."))
    except notes.Unfit as unfit:
        messages.error(request, str(unfit))
    return redirect("profiles:person", public_id)


@require_POST
def change(request: HttpRequest, public_id: UUID, note_id: UUID) -> HttpResponse:
    actor, profile = _named(request, public_id)
    note = notes.find(profile, note_id)
    try:
        notes.change(actor, note, request.POST.get("text", ""), clock.now())
        messages.success(request, _("Saved."))
    except notes.Unfit as unfit:
        messages.error(request, str(unfit))
    return redirect("profiles:person", public_id)


@require_POST
def removal(request: HttpRequest, public_id: UUID, note_id: UUID) -> HttpResponse:
    actor, profile = _named(request, public_id)
    notes.remove(actor, notes.find(profile, note_id), clock.now())
    messages.success(request, _("The note is gone."))
    return redirect("profiles:person", public_id)


def _named(request: HttpRequest, public_id: UUID) -> tuple[Actor, Profile]:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.view")
    return actor, profile
