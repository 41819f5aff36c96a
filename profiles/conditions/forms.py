"""A condition as a form field: sentences with blanks, rendered by the server.

    when = ConditionField(label=_("When"))             # inside a form whose fields may be bound to a workspace
    ConditionField(leaves=["attribute", "event"])       # only these kinds are offered

Its value is the tree as it stands in the document, also while it is unfinished (a draft always saves): `clean` raises
ValidationError with what is missing, `partial` then holds the unfinished tree. Buttons and selects submit the host
form; `<name>-do` says what to do, and the host renders the form from the data.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from profiles.conditions import rows, tree
from profiles.conditions.blanks import Blanks, Known
from profiles.conditions.registry import all_kinds
from profiles.conditions.words import sentence

ENROLMENT_ONLY = ("entry", "context", "message")


def kinds_for(leaves: Sequence[str] | None) -> list[str]:
    """The kinds to offer, in their order; all that can be edited for None."""
    offered = [kind for kind in all_kinds().values() if kind.label and (leaves is None or kind.key in leaves)]
    return [kind.key for kind in sorted(offered, key=lambda kind: kind.order)]


class ConditionWidget(forms.Widget):
    template_name = "conditions/condition.html"

    def __init__(self, leaves: Sequence[str] | None = None, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.leaves = leaves
        self.known = Known()
        self.counts = False  # room for how many match a line alone, #<id>-count-<place>

    @property
    def kinds(self) -> list[str]:
        found = kinds_for(self.leaves)
        return [key for key in found if key != "message" or self.known.message_steps]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        id_ = str((attrs or {}).get("id") or name)
        form = rows.from_tree(value, self.known)
        lists: dict[str, list[str]] = {}
        shown = self._rows(form.rows, form.match, name, id_, lists, id_)
        blanks = Blanks(name, id_, self.known)
        match = blanks.choice("match", form.match, MATCH(), _("all or any"))
        context["widget"].update(
            id=id_, rows=shown, count=len(form.rows), wrapped=form.wrapped, several=len(form.rows) > 1,
            match=match.html, match_value=form.match, lists=lists.items(),
        )  # fmt: skip
        return context

    def _rows(
        self,
        found: list[rows.Row],
        match: str,
        name: str,
        id_: str,
        lists: dict[str, list[str]],
        root: str,
        path: str = "",
        *,
        out: bool = False,
    ) -> list[dict[str, Any]]:
        shown = []
        for index, row in enumerate(found):
            blanks = Blanks(f"{name}-{index}", f"{id_}-{index}", self.known, lists, root)
            context: dict[str, Any] = {
                "kind": row.kind, "name": blanks.name, "path": f"{path}{index}", "number": index + 1,
                "lead": self._lead(row, match, blanks, first=index == 0, out=out), "first": index == 0,
                "negated": row.negated, "error": _fault(row), "match_value": match,
                "hint": self._hint(row), "count_id": count_id(root, f"{path}{index}") if self.counts else "",
            }  # fmt: skip
            if row.kind == rows.GROUP:
                context["match"] = blanks.choice("match", row.match, MATCH(), _("all or any")).html
                context["count"] = len(row.rows)
                context["rows"] = self._rows(
                    row.rows, row.match, blanks.name, blanks.id, lists, root, f"{path}{index}."
                )
            elif row.kind == rows.JSON:
                context["sentence"] = (
                    sentence(row.tree, self.known.workspace) if isinstance(row.tree, dict) else ""
                )
                context["json"] = (
                    row.tree
                    if isinstance(row.tree, str)
                    else json.dumps(row.tree, ensure_ascii=False, indent=1)
                )
                context["id"] = f"{blanks.id}-json"
            else:
                kind = all_kinds()[row.kind]
                offered = [(key, all_kinds()[key].label) for key in dict.fromkeys([*self.kinds, row.kind])]
                context["picker"] = blanks.choice("kind", row.kind, offered, _("what to look at")).html
                context["said"] = kind.row(kind.fields(row.tree), blanks)
            shown.append(context)
        return shown

    def _hint(self, row: rows.Row) -> str:
        """What is odd about a row that is no fault. Journeys' problems tell it for theirs."""
        return ""

    def _lead(self, row: rows.Row, match: str, blanks: Blanks, *, first: bool, out: bool) -> Any:
        """and, or, but not / or not; the first row stands alone or is left out. The other of and and or turns the match
        of all rows. In a card of people who are left out (`out`), a row is turned round only where it stands so."""
        if first:
            if out and not row.negated:
                return pgettext("condition", "those")
            options = [("", pgettext("condition", "those")), ("not", pgettext("condition", "not those"))]
        else:
            both = [("all", pgettext("condition", "and")), ("any", pgettext("condition", "or"))]
            options = [("" if how == match else how, word) for how, word in both]
            turned = pgettext("condition", "but not") if match == "all" else pgettext("condition", "or not")
            options += [("not", turned)] if row.negated or not out else []
        return blanks.choice("lead", "not" if row.negated else "", options, _("how it joins the others")).html

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        if f"{name}-rows" not in data:
            return data.get(name)
        return rows.to_tree(rows.read(data, name, self.known, self.kinds))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-rows" not in data

    def id_for_label(self, id_: str) -> str:
        return ""


class ConditionField(forms.Field):
    """See the module. `leaves`: the kinds offered; what stands in the document is shown whatever it is."""

    widget: Any = ConditionWidget
    default_error_messages = {"required": gettext_lazy("Add a condition.")}

    def __init__(self, *, leaves: Sequence[str] | None = None, **kwargs: Any) -> None:
        self.partial: Any = None
        kwargs.setdefault("widget", ConditionWidget(leaves))
        super().__init__(**kwargs)

    def bind_workspace(self, workspace: Any, message_steps: Sequence[tuple[str, str]] = ()) -> None:
        """Names, segments and topics to offer. The widget forgets what it knew of another."""
        self.widget.known = Known(workspace, message_steps)

    def clean(self, value: Any) -> Any:
        self.partial = None
        if not value:
            if self.required:
                raise forms.ValidationError(self.error_messages["required"], code="required")
            return None
        if faults := _faults(value):
            self.partial = value
            raise forms.ValidationError(
                [
                    forms.ValidationError(text, code="condition")
                    for text in dict.fromkeys(t for _p, t in faults)
                ]
            )
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not rows.same(initial or {}, data or {})


def MATCH() -> list[tuple[str, str]]:  # noqa: N802 - reads as a constant, but speaks the reader's language
    return [("all", pgettext("condition", "all")), ("any", pgettext("condition", "any"))]


def count_id(root: str, path: str) -> str:
    """Where the number of people stands for whom that row alone holds."""
    return f"{root}-count-{path}".replace(".", "-")


def _fault(row: rows.Row) -> str:
    if row.kind == rows.GROUP:  # its rows tell theirs
        return ""
    return next((text for _at, text in _faults(row.tree)), "")


def _faults(value: Any) -> list[tuple[str, str]]:
    try:
        tree.read(value)
    except tree.ConditionError as error:
        return error.problems
    return []


__all__ = ["ENROLMENT_ONLY", "ConditionField", "ConditionWidget"]
