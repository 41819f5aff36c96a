from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from profiles.conditions import tree
from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known, say
from profiles.conditions.builder import Builder
from profiles.conditions.registry import register
from profiles.conditions.tree import Json
from profiles.models import Segment as Model

DEEPEST = 8


def condition_of(workspace_id: int, slug: str) -> Json | None:
    """By its slug, or by its id as the API gives it. A list has none but to be in it."""
    found = found_of(workspace_id, slug)
    if found is None:
        return None
    return {"segment": slug, "op": "in"} if found[0] == Model.LIST else found[2]


def found_of(workspace_id: int, slug: str) -> tuple[str, int, Json] | None:
    """(kind, its number, condition)"""
    rows = Model.objects.filter(workspace_id=workspace_id, archived_at=None).filter(named(slug))
    return rows.values_list("kind", "pk", "condition").first()


class Members(LeafKind):
    """Stands in the place of a list: whoever is written in it."""

    key = "members"

    def value(self, leaf: Json, build: Builder) -> str:
        return (
            "exists (select from profiles_segmentmember m where m.segment_id = "
            f"{build.param(leaf['segment_id'], 'bigint')} and m.profile_id = {build.person})"
        )

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return v

    def reads(self, leaf: Json, workspace_id: int) -> Iterable[tuple[str, str]]:
        yield "list", str(leaf["segment_id"])

    def of_nobody(self, leaf: Json) -> bool | None:
        return False


def named(slug: str) -> Q:
    try:
        return Q(public_id=UUID(slug)) | Q(slug=slug)
    except ValueError:
        return Q(slug=slug)


@register
class Segment(LeafKind):
    """In the segment by its own condition, worked out on the spot. Gone, or naming itself: nobody in it."""

    key, label, order = "segment", gettext_lazy("whose segment"), 30
    keys = ("segment", "op")
    of_profile = True

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if not isinstance(leaf.get("segment"), str) or not leaf["segment"]:
            yield "/segment", _("Choose a segment.")
        if leaf.get("op", "in") not in ("in", "not_in"):
            yield "/op", _("“%(op)s” is no comparison.") % {"op": str(leaf.get("op"))[:40]}

    def value(self, leaf: Json, build: Builder) -> str:
        from profiles.conditions.compiling import node_sql

        slug = leaf["segment"]
        nested = slug in build.segments or len(build.segments) >= DEEPEST
        found = None if nested else found_of(build.workspace_id, slug)
        if found is not None and found[0] == Model.LIST:
            return Members().value({"segment_id": found[1]}, build)
        if found is None or not found[2]:
            return "false"
        try:
            node = tree.read(found[2])
        except tree.ConditionError:
            return "false"
        build.segments += (slug,)
        sql = node_sql(node, build)
        build.segments = build.segments[:-1]
        return sql

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return v if leaf.get("op", "in") == "in" else f"(not {v})"

    def needs_enrolment(self, leaf: Json) -> bool:
        return True  # what the segment's own condition reads is known only when it is built

    def events(self, leaf: Json, workspace_id: int) -> Iterable[str]:
        return _events(workspace_id, leaf["segment"], 0)

    def sentence(self, leaf: Json, workspace: Any) -> str:
        return self._said(leaf, leaf.get("op", "in") == "in", workspace)

    def why(self, leaf: Json, value: Any, result: bool, workspace: Any) -> str:
        return self._said(leaf, bool(value), workspace)

    def _said(self, leaf: Json, inside: bool, workspace: Any) -> str:
        words = {"segment": leaf["segment"]}
        if workspace is not None:
            found = Model.objects.filter(named(leaf["segment"]), workspace=workspace)
            words["segment"] = found.values_list("name", flat=True).first() or leaf["segment"]
        return (_("is in “%(segment)s”") if inside else _("is not in “%(segment)s”")) % words

    def empty(self) -> Json:
        return {"segment": "", "op": "in"}

    def fields(self, leaf: Json) -> Fields:
        return {"segment": leaf.get("segment", ""), "op": leaf.get("op", "")}

    def read(self, found: Fields, known: Known) -> Json:
        return {"segment": found["segment"], "op": found["op"]}

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        ops = [("in", pgettext("segment", "is")), ("not_in", pgettext("segment", "is not"))]
        return say(
            pgettext("segment", "%(op)s %(segment)s"),
            op=blanks.choice("op", found["op"], ops, _("in or not")),
            segment=blanks.choice("segment", found["segment"], blanks.known.segments, _("segment")),
        )


def _events(workspace_id: int, slug: str, depth: int) -> Iterable[str]:
    found = found_of(workspace_id, slug) if depth < DEEPEST else None
    if found is None or found[0] == Model.LIST:
        return
    try:
        node = tree.read(found[2])
    except tree.ConditionError:
        return
    for leaf in tree.leaves(node):
        if leaf.kind.key == "segment":
            yield from _events(workspace_id, leaf.raw["segment"], depth + 1)
        else:
            yield from leaf.kind.events(leaf.raw, workspace_id)
