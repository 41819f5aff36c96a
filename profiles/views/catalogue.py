"""The catalogue: what really came, who uses it, and what people say of it."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from lib import clock
from profiles import data_classes
from profiles.catalogue import editing, uses
from profiles.catalogue.charting import volume
from profiles.data_forms import NameForm
from profiles.models import ComputedAttribute, KnownName, NameSource, Source
from workspaces.access import require
from workspaces.actor import Actor

PAGE = 50
ICONS = {"journey": "route", "segment": "users", "content": "layout-template", "computed": "percent"}


def types() -> dict[str, str]:
    return {
        "text": pgettext("type", "Text"),
        "number": pgettext("type", "Number"),
        "date": pgettext("type", "Date"),
        "yes_no": pgettext("type", "Yes or no"),
        "list": pgettext("type", "List"),
        "object": pgettext("type", "Group of values"),
        "": "",
    }


@require_GET
def names(request: HttpRequest) -> HttpResponse:
    """?kind=event|attribute, ?q= finds, ?show=unused|changed|personal narrows, ?after= goes on."""
    actor = actor_of(request)
    kind = "attribute" if request.GET.get("kind") == "attribute" else "event"
    text, show = request.GET.get("q", "").strip().replace("\0", "")[:200], request.GET.get("show", "")
    used = uses.read(actor)
    rows = _filtered(rows_of(actor, kind), kind, text, show, used)
    raw = request.GET.get("after", "")
    start = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 7 else 0
    page = list(rows[start : start + PAGE + 1])
    more, page = len(page) > PAGE, page[:PAGE]
    labels = types()
    context = {
        "tab": kind,
        "rows": [
            {
                "name": name,
                "type": " / ".join(labels.get(one, one) for one in (name.types or [name.type])) or "–",
                "class": _class(name),
                "uses": len(used.get((kind, "", name.name), ())),
            }
            for name in page
        ],
        "query": text,
        "show": show,
        "kept": {key: value for key, value in (("kind", kind), ("show", show)) if value},
        "filters": [
            ("", _("All")), ("unused", _("Not used anywhere")), ("changed", _("Type changed")),
            *([("personal", _("Personal data"))] if kind == "attribute" else []),
        ],
        "start": start,
        "shown": start + len(page),
        "next": start + PAGE if more else None,
        **tabs(actor),
    }  # fmt: skip
    return render(request, "profiles/data/list.html", context)


def rows_of(actor: Actor, kind: str) -> QuerySet[KnownName]:
    rows = KnownName.objects.filter(workspace=actor.workspace, kind=kind).select_related("team")
    return rows.order_by("name", "pk")


def _filtered(rows: Any, kind: str, text: str, show: str, used: Any) -> Any:
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(description__icontains=text))
    if show == "unused":
        rows = rows.exclude(name__in=[name for of, _event, name in used if of == kind])
    elif show == "changed":
        changed = Q(changed_at__isnull=False)
        if kind == "event":
            properties = KnownName.objects.filter(
                workspace__in=rows.values("workspace"), kind="property", changed_at__isnull=False
            )
            changed = Q(name__in=properties.values("event"))
        rows = rows.filter(changed)
    elif show == "personal" and kind == "attribute":
        open_ = [
            pk
            for pk, name, chosen in rows.values_list("pk", "name", "data_class")
            if (chosen or data_classes.suggested(name)) != data_classes.NONE
        ]
        rows = rows.filter(pk__in=open_)
    return rows


@require_http_methods(["GET", "POST"])
def name(request: HttpRequest, name_id: int) -> HttpResponse:
    """GET: all that is known of a name; POST: what people say of it, or (accept_type) that its types are right."""
    actor = actor_of(request)
    found = name_or_404(actor, name_id)
    may_edit, may_classify = actor.can("data.edit"), actor.can("people.view_sensitive")
    initial = {
        "description": found.description,
        "team": found.team.slug if found.team else "",
        "data_class": found.data_class,
    }
    form = NameForm(
        request.POST if request.method == "POST" and "accept_type" not in request.POST else None,
        initial=initial, name=found, may_classify=may_classify,
    )  # fmt: skip
    if request.method == "POST":
        require(actor, "data.edit")
        if "accept_type" in request.POST:
            editing.change(actor, found, {"accept_type": True}, clock.now())
            messages.success(request, _("Noted: its types are as they should be."))
            return redirect("profiles:name", found.pk)
        if form.is_valid():
            editing.change(actor, found, form.cleaned_data, clock.now())
            messages.success(request, _("Saved."))
            return redirect("profiles:name", found.pk)
    context = {
        "name": found,
        "tab": "event" if found.kind == "event" else "attribute",
        "class": _class(found),
        "form": form,
        "may_edit": may_edit,
        "uses": [
            (ICONS.get(use.what, "circle"), use)
            for use in uses.read(actor).get((found.kind, found.event, found.name), [])
        ],
        "sources": _sources(found),
        "types": _types(found),
        "properties": [
            (row, " / ".join(types().get(one, one) for one in (row.types or [row.type])), _class(row))
            for row in KnownName.objects.filter(workspace=actor.workspace, kind="property", event=found.name).order_by(
                "name"
            )[:200]
        ]
        if found.kind == "event"
        else [],
        "parent": KnownName.objects.filter(
            workspace=actor.workspace, kind="event", name=found.event
        ).first()
        if found.kind == "property"
        else None,
        "computed": ComputedAttribute.objects.filter(workspace=actor.workspace, name=found.name).first()
        if found.computed
        else None,
        "volume": volume(found, clock.now()),
    }  # fmt: skip
    return render(request, "profiles/data/name.html", context, status=422 if form.errors else 200)


def name_or_404(actor: Actor, name_id: int) -> KnownName:
    found = KnownName.objects.filter(workspace=actor.workspace, pk=name_id).select_related("team").first()
    if found is None:
        raise Http404("No such name")
    return found


def _class(found: KnownName) -> tuple[str, Any]:
    kind = editing.effective(found)
    return kind, data_classes.LABELS[kind]


def _sources(found: KnownName) -> list[tuple[str, NameSource]]:
    rows = list(NameSource.objects.filter(known_name=found).order_by("-total"))
    titles = dict(Source.objects.filter(pk__in=[row.source_id for row in rows]).values_list("pk", "name"))
    return [(titles.get(row.source_id, _("Gilmok itself")), row) for row in rows]


def _types(found: KnownName) -> list[tuple[str, Any, str]]:
    """(type, since when, source) of every type that came."""
    from django.utils.dateparse import parse_datetime

    titles = dict(Source.objects.filter(workspace=found.workspace_id).values_list("pk", "name"))
    labels = types()
    told = [
        (
            labels.get(kind, kind),
            parse_datetime(given.get("at") or ""),
            titles.get(given.get("source") or 0, ""),
        )
        for kind, given in found.types.items()
    ]
    return sorted(told, key=lambda one: (one[1] is not None, str(one[1])))


def tabs(actor: Actor) -> dict[str, Any]:
    """How many there are of each, for the tabs."""
    from profiles.models import Store

    kinds = KnownName.objects.filter(workspace=actor.workspace)
    return {
        "counts": {
            "event": kinds.filter(kind="event").count(),
            "attribute": kinds.filter(kind="attribute").count(),
            "computed": ComputedAttribute.objects.filter(workspace=actor.workspace).count(),
            "stores": Store.objects.filter(workspace=actor.workspace).count(),
        },
        "may_edit": actor.can("data.edit"),
    }


def actor_of(request: HttpRequest) -> Actor:
    site: Any = request
    require(site.actor, "people.view")
    return site.actor  # type: ignore[no-any-return]
