"""A condition as cards on a page of its own: who matches, and or or, and who is left out. See forms and cards."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles.conditions import cards, rows
from profiles.conditions.blanks import Blanks
from profiles.conditions.forms import MATCH, ConditionField, ConditionWidget
from profiles.conditions.names import known_names, unknown_names


class CardsWidget(ConditionWidget):
    template_name = "conditions/cards.html"
    _seen: frozenset[tuple[str, str]] | None = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super(ConditionWidget, self).get_context(name, value, attrs)
        id_ = str((attrs or {}).get("id") or name)
        form, lists = cards.from_tree(value, self.known), dict[str, list[str]]()
        context["widget"].update(
            id=id_,
            cards=[self._card(form, number, name, id_, lists) for number in range(len(form.cards))],
            count=len(form.cards),
            wrapped=form.wrapped,
            join=form.join,
            full=len(form.cards) >= cards.MOST_CARDS,
            lists=lists.items(),
        )
        return context

    def _card(
        self, form: cards.Cards, number: int, name: str, id_: str, lists: dict[str, list[str]]
    ) -> dict[str, Any]:
        card = form.cards[number]
        blanks = Blanks(f"{name}-{number}", f"{id_}-{number}", self.known, lists, id_)
        joined = [
            ("all", pgettext("groups", "and")),
            ("any", pgettext("groups", "or")),
            ("not", pgettext("groups", "but not")),
        ]
        join = blanks.choice("join", "not" if card.out else form.join, joined, _("how the groups are joined"))
        return {
            "name": blanks.name,
            "number": number + 1,
            "path": str(number),
            "out": card.out,
            "loose": card.loose,
            "join": join.html if number else "",
            "match_value": card.match,
            "match": blanks.choice("match", card.match, MATCH(), _("all or any")).html,
            "count": len(card.rows),
            "rows": self._rows(
                card.rows, card.match, blanks.name, blanks.id, lists, id_, f"{number}.", out=card.out
            ),
        }

    def _hint(self, row: rows.Row) -> str:
        """A name that nobody ever had, a segment or a store that is gone."""
        workspace = self.known.workspace
        if workspace is None or row.kind == rows.GROUP or not isinstance(row.tree, dict):
            return ""
        if self._seen is None:
            self._seen = known_names(workspace)
        return next((text for _at, text in unknown_names(row.tree, workspace, self._seen)), "")

    def form_from_data(self, data: Mapping[str, Any], name: str) -> cards.Cards:
        return cards.read(data, name, self.known, self.kinds)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        if self.value_omitted_from_data(data, files, name):
            return data.get(name)
        return cards.to_tree(self.form_from_data(data, name))

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-cards" not in data


class CardsField(ConditionField):
    """Like ConditionField; for a page with room."""

    def __init__(self, *, leaves: Sequence[str] | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("widget", CardsWidget(leaves))
        super().__init__(leaves=leaves, **kwargs)


__all__ = ["CardsField", "CardsWidget"]
