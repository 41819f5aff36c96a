"""One person: who she is, what she allows, everything that happened, where she stands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lib import clock
from profiles import panels, timeline, wording
from profiles.erase import erase
from profiles.models import Consent, Identity, Profile, Topic
from workspaces import audit
from workspaces.access import get_or_404, require
from workspaces.actor import Actor

LONGEST_REASON = 200


@require_GET
def person(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """?kind= filters the timeline, ?before= goes back in it."""
    actor = _actor(request)
    profile = get_or_404(actor, Profile, public_id)
    if profile.merged_into_id:
        target = Profile.objects.get(pk=profile.merged_into_id)
        return redirect("profiles:person", target.public_id)
    return _page(request, actor, profile, shown=False)


@require_POST
def contact(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The page with everything in full, once a reason is given; who, why and when is kept."""
    actor = _actor(request)
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.view_contact")
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    if not reason:
        messages.error(request, _("Say why you need to see this. Nothing was shown."))
        return redirect("profiles:person", public_id)
    with transaction.atomic():
        audit.record(actor, "person.revealed", profile, {"reason": reason})
    response = _page(request, actor, profile, shown=True)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def erasure(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor = _actor(request)
    profile = get_or_404(actor, Profile, public_id)
    require(actor, "people.change")
    erase(actor, profile, clock.now())
    messages.success(request, _("The person is erased."))
    return redirect("profiles:list")


def _page(request: HttpRequest, actor: Actor, profile: Profile, *, shown: bool) -> HttpResponse:
    require(actor, "people.view")
    now = clock.now()
    kind = request.GET.get("kind", "")
    page = timeline.read(profile, before=_moment(request.GET.get("before", "")), kind=kind)
    mask = wording.masker(shown)
    context: dict[str, Any] = {
        "person": profile,
        "shown": shown,
        "email": mask("email", profile.attributes.get("email")),
        "phone": mask("phone", profile.attributes.get("phone")),
        "erased": profile.erased_at is not None,
        "groups": _groups(profile, mask),
        "consents": _consents(profile),
        "identities": _further_identities(profile),
        "page": page,
        "kind": kind,
        "chips": timeline.chips(profile),
        "panels": [
            render_to_string(template, variables, request)
            for template, variables in panels.read(request, profile)
        ],
        "can_reveal": actor.can("people.view_contact"),
        "can_erase": actor.can("people.change"),
        "now": now,
    }
    return render(request, "profiles/person.html", context)


def _groups(profile: Profile, mask: Any) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """(icon, heading, [(label, value, name)]) of the groups that hold anything."""
    attributes = profile.attributes
    rest = sorted(name for name in attributes if name not in (*wording.BASICS, *wording.CONTACT))
    groups: list[tuple[str, str, Any]] = [
        ("user", _("Basics"), wording.BASICS),
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


def _consents(profile: Profile) -> list[dict[str, Any]]:
    """Every answer, and for e-mail and SMS the topics about which nobody asked."""
    topics = {topic.slug: topic for topic in Topic.objects.filter(workspace_id=profile.workspace_id)}
    rows = list(Consent.objects.filter(profile=profile).order_by("medium", "topic"))
    answered = {(row.medium, row.topic) for row in rows}
    media = {row.medium for row in rows} | {"email", "sms"}
    found: list[tuple[str, str, str, datetime | None]]
    found = [(row.medium, row.topic, row.state, row.at) for row in rows]
    for medium in media:
        if (medium, "*") not in answered:
            found += [
                (medium, slug, "unknown", None)
                for slug, topic in topics.items()
                if not topic.transactional and (medium, slug) not in answered
            ]
    order = list(wording.MEDIA)
    found.sort(key=lambda entry: (order.index(entry[0]) if entry[0] in order else 99, entry[0], entry[1]))
    return [
        {
            "icon": wording.MEDIA.get(medium, ("message-circle", ""))[0],
            "medium": str(wording.MEDIA.get(medium, ("", ""))[1]) or wording.sentence_case(medium),
            "topic": _("all topics") if slug == "*" else topics[slug].name if slug in topics else slug,
            "state": state,
            "at": at,
        }
        for medium, slug, state, at in found
    ]


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def _further_identities(profile: Profile) -> list[Identity]:
    """All but the member number that she has now."""
    found = Identity.objects.filter(profile=profile).exclude(kind="user_id", value=profile.external_id or "")
    return list(found.order_by("kind", "pk")[:50])
