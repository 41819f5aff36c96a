"""A segment's page: the sentences that say who belongs to it, and beside them what comes of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from lib import clock, htmx
from profiles import membership
from profiles.conditions import ConditionError, compile_condition, sentence
from profiles.conditions.forms import ConditionField, kinds_for
from profiles.conditions.registry import all_kinds
from profiles.conditions.tree import Group
from profiles.models import Segment
from profiles.segments import editing, shown, trend, trying, used_in
from profiles.views import segment_people
from workspaces import audit_words
from workspaces.access import get_or_404, may, require
from workspaces.actor import Actor
from workspaces.models import AuditEntry

CHANGES = 20


class SegmentForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the segment"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        label=gettext_lazy("What this segment is for"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    condition = ConditionField(label=gettext_lazy("Who belongs here?"))

    def __init__(self, *args: Any, workspace: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["condition"]
        assert isinstance(field, ConditionField)
        field.widget.leaves = [key for key in kinds_for(None) if all_kinds()[key].in_audience]
        field.widget.counts = True
        field.bind_workspace(workspace)

    @property
    def tree(self) -> Any:
        """As it stands, finished or not."""
        field = self.fields["condition"]
        return field.widget.value_from_datadict(self.data, {}, "condition") if self.is_bound else None


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
    begun = {"all": [{"attribute": "", "op": "is", "value": ""}]}
    initial: dict[str, Any] = {"condition": begun}
    if found is not None:
        initial = {"name": found.name, "description": found.description, "condition": found.condition}
    conflict = None
    if request.method == "POST":
        form = SegmentForm(request.POST, workspace=actor.workspace)
        if "save" in request.POST or "overwrite" in request.POST:
            answer = _save(request, actor, found, form)
            if isinstance(answer, HttpResponse):
                return answer
            conflict = answer
        elif request.headers.get("HX-Request"):
            form = SegmentForm(
                workspace=actor.workspace,
                initial={
                    "name": request.POST.get("name", ""),
                    "description": request.POST.get("description", ""),
                    "condition": form.tree,
                },
            )
    else:
        form = SegmentForm(initial=initial, workspace=actor.workspace)
    version = request.POST.get("version") or (found.version if found else 0)
    context: dict[str, Any] = {"form": form, "segment": found, "version": version, "conflict": conflict}
    if request.headers.get("HX-Request") and request.method == "POST":
        return render(request, "segments/rules.html", context)
    context |= context_of(actor, found)
    if found is not None and (not context["can_edit"] or found.archived_at):
        context["lines"] = _lines(found, actor)
    return render(request, "segments/segment.html", context)


def _save(
    request: HttpRequest, actor: Actor, found: Segment | None, form: SegmentForm
) -> HttpResponse | editing.Conflict | None:
    if not form.is_valid():
        return None
    given, now = form.cleaned_data, clock.now()
    values = {key: given[key] for key in ("name", "description", "condition")}
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
    """What stands beside the sentences."""
    context: dict[str, Any] = {"can_edit": actor.can("segments.edit"), "now": clock.now()}
    if found is None:
        return context
    context |= {"can_copy": context["can_edit"], "can_edit": may(actor, found, "change")}
    zone, now = actor.workspace.time_zone, context["now"]
    figures = trend.sizes([found.pk], now, zone).get(found.pk, [])
    size, before = membership.sizes_now([found.pk])[found.pk], trend.week_ago(figures, now, zone)
    entries = AuditEntry.objects.filter(
        workspace=actor.workspace, object_type="profiles.segment", object_id=str(found.public_id)
    )
    return context | {
        "start_url": _url("journeys:create") if actor.can("journeys.create") else "",
        "size": size,
        "since_last_week": None if before is None else size - before,
        "less_than_last_week": 0 if before is None else before - size,
        "chart": trend.chart(figures, now),
        "uses": used_in.uses(actor).get(found.pk, []),
        "entries": [
            (entry, audit_words.sentence(entry))
            for entry in entries.select_related("user").order_by("-at", "-pk")[:CHANGES]
        ],
    }


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _lines(found: Segment, actor: Actor) -> list[str]:
    """For those who may only read."""
    condition = found.condition
    parts = condition.get("all", condition.get("any")) if isinstance(condition, dict) else None
    return [sentence(part, actor.workspace) for part in (parts if parts else [condition])]


@require_POST
def live(request: HttpRequest) -> HttpResponse:
    """What comes of the condition as it stands: counts, whom one can reach, some people and why."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "segments.view")
    saved = request.POST.get("segment", "")
    if found := get_or_404(actor, Segment, saved) if saved else None:
        tree = found.condition
    else:
        tree = SegmentForm(request.POST, workspace=actor.workspace).tree
    context: dict[str, Any] = {"unfinished": "", "now": clock.now()}
    try:
        compiled = compile_condition(tree, actor.workspace.pk)
        editing.check(tree, actor.workspace, found)
    except ConditionError as error:
        context["unfinished"] = error.problems[0][1] if tree else _("Add a condition.")
        return render(request, "segments/live.html", context)
    raw = request.POST.get("turn", "")
    turn = int(raw) if raw.isdecimal() and len(raw) < 9 else 0
    now = context["now"]
    lines = _nodes(compiled.root, wrapped=isinstance(tree, dict) and ("all" in tree or "any" in tree))
    counts = trying.count(actor.workspace, [compiled.root, *(node for _path, node in lines)], now)
    if counts is not None:
        everyone = trying.in_time(trying.PATIENCE, lambda: trying.people_of(actor.workspace))
        context |= {
            "total": counts[0],
            "everyone": everyone,
            "share": counts[0].value / everyone if everyone else None,
            "lines": [
                (f"id_condition-count-{path}", one)
                for (path, _node), one in zip(lines, counts[1:], strict=True)
            ],
            "reach": trying.reach(actor.workspace, compiled.root, counts[0], now),
        }
    if actor.can("people.view"):
        people = trying.some(actor.workspace, compiled, now, turn, 5)
        since = shown.since_of(found, [person.pk for person, _why in people]) if found else {}
        context |= {"people": shown.shown(people, actor, since), "turn": turn + 1}
    return render(request, "segments/live.html", context)


def _nodes(root: Any, *, wrapped: bool) -> list[tuple[str, Any]]:
    """The lines of the form with their places, each without its “not”."""

    def bare(node: Any) -> Any:
        return node.parts[0] if isinstance(node, Group) and node.how == "not" else node

    found = []
    for i, part in enumerate(root.parts if wrapped else [root]):
        inner = bare(part)
        found.append((str(i), inner))
        if isinstance(inner, Group) and inner.how in ("all", "any"):
            found += [(f"{i}-{j}", bare(one)) for j, one in enumerate(inner.parts)]
    return found
