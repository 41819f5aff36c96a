"""A segment's page: the sentences that say who belongs to it, and beside them what comes of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from lib import clock, htmx
from profiles import membership
from profiles.conditions import ConditionError, cards, sentence
from profiles.conditions.blanks import Known
from profiles.conditions.forms import count_id
from profiles.conditions.rows import tree_of
from profiles.models import Segment
from profiles.segments import editing, used_in
from profiles.views import segment_people
from profiles.views.segment_form import SegmentForm, initial
from profiles.views.segment_live import change_of, history_of
from workspaces import audit_words
from workspaces.access import get_or_404, may, require
from workspaces.actor import Actor
from workspaces.models import AuditEntry

CHANGES = 20


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "segments.edit")
    return _editor(request, actor, None)


@require_http_methods(["GET", "POST"])
def segment(request: HttpRequest, public_id: str) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "segments.view")
    verb = "change" if request.method == "POST" else "view"
    found = get_or_404(actor, Segment, public_id, verb, related=("changed_by", "team"))
    if found.is_list:
        return segment_people.page(request, actor, found, context_of(actor, found))
    return _editor(request, actor, found)


def _editor(request: HttpRequest, actor: Actor, found: Segment | None) -> HttpResponse:
    """A POST without `save` is an edit: the sentences are shown anew."""
    conflict = None
    if request.method == "POST":
        form = SegmentForm(request.POST, actor=actor, segment=found)
        if "save" in request.POST or "overwrite" in request.POST:
            answer = _save(request, actor, found, form)
            if isinstance(answer, HttpResponse):
                return answer
            conflict = answer
        elif request.headers.get("HX-Request"):
            edited = {name: request.POST.get(name, "") for name in ("name", "description", "team")}
            form = SegmentForm(initial=edited | {"condition": form.tree}, actor=actor, segment=found)
    else:
        form = SegmentForm(initial=initial(actor, found), actor=actor, segment=found)
    version = request.POST.get("version") or (found.version if found else 0)
    context: dict[str, Any] = {"form": form, "segment": found, "version": version, "conflict": conflict}
    if request.headers.get("HX-Request") and request.method == "POST":
        return render(request, "segments/rules.html", context)
    context |= context_of(actor, found)
    if found is not None and (not context["can_edit"] or found.archived_at):
        context["read"] = read_cards(found.condition, actor)
    return render(request, "segments/segment.html", context)


def _save(
    request: HttpRequest, actor: Actor, found: Segment | None, form: SegmentForm
) -> HttpResponse | editing.Conflict | None:
    if not form.is_valid():
        return None
    given, now = form.cleaned_data, clock.now()
    values = {key: given[key] for key in ("name", "description", "condition", "team")}
    raw = request.POST.get("overwrite") or request.POST.get("version", "")
    try:
        if found is None:
            found = editing.create(actor, now=now, **values)
        else:
            editing.change(actor, found, int(raw) if raw.isdecimal() and len(raw) < 9 else 0, now, **values)
    except editing.Conflict as conflict:
        return conflict
    except ConditionError as error:
        for _at, text in error.problems:
            form.add_error("condition", text)
        return None
    except ValidationError as error:
        form.add_error(None, error)
        return None
    messages.success(request, _("Saved."))
    url = reverse("segments:segment", args=[found.public_id])
    return htmx.go_to(url) if request.headers.get("HX-Request") else redirect(url)


def context_of(actor: Actor, found: Segment | None) -> dict[str, Any]:
    """What stands above and beside the sentences."""
    now = clock.now()
    context: dict[str, Any] = {"can_edit": actor.can("segments.edit"), "now": now}
    if found is None:
        return context
    size, past = membership.sizes_now([found.pk])[found.pk], history_of(found, now, actor)
    uses = used_in.uses(actor).get(found.pk, [])
    entries = AuditEntry.objects.filter(
        workspace=actor.workspace, object_type="profiles.segment", object_id=str(found.public_id)
    )
    return context | past | {
        "can_copy": context["can_edit"],
        "can_edit": may(actor, found, "change"),
        "start_url": _url("journeys:create") if actor.can("journeys.create") else "",
        "size": size,
        **change_of(size, past["week_ago"]),
        "uses": uses,
        "journeys": len({(use.title, use.url) for use in uses if use.kind == "journey"}),
        "others": len({use.url for use in uses if use.kind != "journey"}),
        "entries": [
            (entry, audit_words.sentence(entry))
            for entry in entries.select_related("user").order_by("-at", "-pk")[:CHANGES]
        ],
    }  # fmt: skip


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def read_cards(condition: Any, actor: Actor) -> dict[str, Any]:
    """For those who may only read: the cards with their sentences."""
    form = cards.from_tree(condition, Known(actor.workspace))
    words = {"all": pgettext("groups", "and"), "any": pgettext("groups", "or")}
    rows = {"all": pgettext("condition", "and"), "any": pgettext("condition", "or")}
    turned = {"all": pgettext("condition", "but not"), "any": pgettext("condition", "or not")}
    shown = []
    for number, card in enumerate(form.cards):
        lines = []
        for at, row in enumerate(card.rows):
            tree = tree_of(row)
            lead = turned[card.match] if at else pgettext("condition", "not those")
            lines.append(
                {
                    "lead": lead if row.negated else rows[card.match] if at else "",
                    "said": sentence(tree["not"] if row.negated else tree, actor.workspace),
                    "count_id": count_id("id_condition", f"{number}.{at}"),
                }
            )
        join = pgettext("groups", "but not") if card.out else words[form.join]
        shown.append({"join": join if number else "", "match": card.match, "out": card.out, "lines": lines})
    return {"cards": shown, "nobody": form.join == "any"}
