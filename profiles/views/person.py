"""One person: who she is, what she allows, everything that happened, where she stands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lib import clock
from profiles import (
    export,
    joins,
    masking,
    notes,
    panels,
    person_consents,
    person_context,
    person_habits,
    person_names,
    reveal,
    timeline,
    wording,
)
from profiles.erase import erase
from profiles.models import Profile
from workspaces.access import get_or_404, require
from workspaces.actor import Actor


@require_GET
def person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """?kind= and ?event= filter the timeline, ?before= goes back in it."""
    actor = _actor(request)
    profile = get_or_404(actor, Profile, public_id)
    if profile.merged_into_id:
        target = Profile.objects.get(pk=profile.merged_into_id)
        return redirect("profiles:person", target.public_id)
    require(actor, "people.view")
    return _page(request, actor, profile)


@require_POST
def contact(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Shows everything in full for some minutes, once a reason is given; who, why and when is kept. Without `reason`
    but with `hide`: hides it again."""
    actor = _actor(request)
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.view_contact")
    if request.POST.get("hide"):
        reveal.close(request, profile)
    elif not reveal.open_for(request, actor, profile, request.POST.get("reason", ""), clock.now()):
        messages.error(request, _("Say why you need to see this. Nothing was shown."))
    return redirect("profiles:person", public_id)


@require_POST
def erasure(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor = _actor(request)
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.change")
    erase(actor, profile, clock.now())
    messages.success(request, _("The person is erased."))
    return redirect("profiles:list")


@require_POST
def export_(request: HttpRequest, public_id: UUID) -> StreamingHttpResponse:
    """Everything that is kept of her, as a file: format json, or html to read."""
    actor, now = _actor(request), clock.now()
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.export")
    return export.download(actor, profile, "html" if request.POST.get("format") == "html" else "json", now)


@require_POST
def parting(request: HttpRequest, public_id: UUID, join_id: int) -> HttpResponse:
    """Undoes a wrong join: the other person is herself again."""
    actor = _actor(request)
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.change")
    try:
        other = joins.undo(actor, profile, join_id, clock.now())
    except joins.CannotUndo as refused:
        messages.error(request, str(refused))
        return redirect("profiles:person", public_id)
    messages.success(request, _("These are two people again. This is the other one."))
    return redirect("profiles:person", other.public_id)


def _page(request: HttpRequest, actor: Actor, profile: Profile) -> HttpResponse:
    now = clock.now()
    shown_until = reveal.until(request, actor, profile, now)
    mask = masking.masker(actor, revealed=shown_until is not None)
    kind, name = request.GET.get("kind", ""), request.GET.get("event", "")
    known = timeline.look(profile)
    before = _moment(request.GET.get("before", ""))
    page = timeline.read(profile, before=before, kind=kind, name=name, mask=mask, known=known)
    about = person_context.read(profile, mask, known.names, known.newest, now)
    cards = panels.read(request, profile)
    for entry in page.entries:
        if entry.note is not None:
            entry.note.changeable = notes.may_change(actor, entry.note.author_id)
            # Somebody else's words are only handed out in full to whom nothing in them is hidden.
            seen = entry.quote == entry.note.text or entry.note.author_id == actor.user.pk
            entry.note.editable = entry.note.changeable and seen
    context: dict[str, Any] = {
        "person": profile,
        "other_name": person_context.other_name(profile),
        "shown_until": shown_until,
        "email": mask("email", profile.attributes.get("email")),
        "phone": mask("phone", profile.attributes.get("phone")),
        "erased": profile.erased_at is not None,
        "about": about,
        "habits": person_habits.read(profile, now),
        "inside": [line for _template, variables in cards for line in variables.get("now_in", [])],
        "groups": _groups(profile, mask, about.used),
        "consents": person_consents.read(profile),
        "identities": person_names.identities(profile, mask),
        "joins": [
            (one, person_names.label(one.kind), mask(person_names.attribute_of(one.kind), one.value))
            for one in joins.of(profile)
        ],
        "segments": person_names.segments(profile),
        "page": page,
        "kind": kind,
        "event": name,
        "events": [(one, wording.event_title(one, {})) for one in known.names],
        "chips": timeline.chips(profile),
        "panels": [render_to_string(template, variables, request) for template, variables in cards],
        "head": [
            render_to_string(template, variables, request)
            for template, variables in panels.read(request, profile, "head")
        ],
        "can_note": actor.can("people.note"),
        "longest_note": notes.LONGEST,
        "can_reveal": actor.can("people.view_contact"),
        "can_erase": actor.can("people.change"),
        "can_export": actor.can("people.export"),
        "now": now,
    }
    response = render(request, "profiles/person.html", context)
    if shown_until:
        response.headers["Cache-Control"] = "no-store"
    return response


def _groups(profile: Profile, mask: Any, used: set[str]) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """(icon, heading, [(label, value, name)]) of the groups that hold anything."""
    attributes = profile.attributes
    named = (*wording.BASICS, *wording.CONTACT)
    rest = sorted(name for name in attributes if name not in named and name not in used)
    groups: list[tuple[str, str, Any]] = [
        ("user", _("Basics"), [name for name in wording.BASICS if name not in used]),
        ("at-sign", _("Contact"), wording.CONTACT),
        ("list", _("Everything else"), rest),
    ]
    found = []
    for icon, heading, names in groups:
        rows = [
            (wording.attribute_label(name), wording.attribute_value(name, mask(name, attributes[name])), name)
            for name in names
            if attributes.get(name) not in (None, "")
        ]
        if rows:
            found.append((icon, heading, rows))
    return found


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]
