"""A list of like things in one form: the branches of a branch, the shares of a split, the attributes to set.

The fields of row i are named <name>-<i>-<field>; <name>-rows holds how many there are; the buttons <name>-do ask
for "add", "remove:i", "up:i" or "down:i". The host view re-renders the form from the value, so there is no script.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

MOST = 100


def fresh_key(rows: list[dict[str, Any]]) -> str:
    """A short key that no row has: a, b, ... z, a1, b1, ..."""
    taken = {str(row.get("key")) for row in rows}
    letters = "abcdefghijklmnopqrstuvwxyz"
    return next(key for n in range(MOST) for letter in letters if (key := f"{letter}{n or ''}") not in taken)


class RowsWidget(forms.Widget):
    template_name = "journeys/fields/rows.html"

    def __init__(
        self,
        fields: dict[str, forms.Field],
        *,
        add_label: Any,
        ordered: bool,
        fresh: Callable[[list[dict[str, Any]]], dict[str, Any]],
    ) -> None:
        super().__init__()
        self.fields, self.add_label, self.ordered, self.fresh = fields, add_label, ordered, fresh
        self.hidden_keys = [key for key, field in fields.items() if field.widget.is_hidden]
        self.least = 0

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = value if isinstance(value, list) else []
        shown = []
        for index, row in enumerate(rows):
            parts = []
            for key, field in self.fields.items():
                part = f"{name}-{index}-{key}"
                parts.append(
                    {
                        "key": key,
                        "label": field.label,
                        "hidden": field.widget.is_hidden,
                        "id": f"inspector_{part}",
                        "html": field.widget.render(
                            part,
                            field.prepare_value(row.get(key) if isinstance(row, dict) else None),
                            {
                                "id": f"inspector_{part}",
                                "class": "input input-sm w-full"
                                if isinstance(field.widget, (forms.TextInput, forms.NumberInput))
                                else "select select-sm w-full"
                                if type(field.widget) is forms.Select
                                else "",
                            },
                        ),
                        "error": row.get(f"!{key}") if isinstance(row, dict) else None,
                    }
                )
            shown.append(
                {
                    "index": index,
                    "number": index + 1,
                    "parts": parts,
                    "first": index == 0,
                    "last": index == len(rows) - 1,
                }
            )
        context["widget"].update(
            rows=shown,
            count=len(rows),
            add_label=self.add_label,
            ordered=self.ordered,
            removable=len(rows) > self.least,
        )
        return context

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any] | None, name: str
    ) -> Any:
        raw = str(data.get(f"{name}-rows", "0"))
        count = min(int(raw), MOST) if raw.isdigit() else 0
        rows: list[dict[str, Any]] = [
            {
                key: field.widget.value_from_datadict(data, files or MultiValueDict(), f"{name}-{i}-{key}")
                for key, field in self.fields.items()
            }
            for i in range(count)
        ]
        return self._act(rows, str(data.get(f"{name}-do", "")))

    def _act(self, rows: list[dict[str, Any]], do: str) -> list[dict[str, Any]]:
        verb, _colon, at = do.partition(":")
        index = int(at) if at.isdigit() else -1
        if verb == "add" and len(rows) < MOST:
            rows.append(self.fresh(rows))
        elif verb == "remove" and 0 <= index < len(rows):
            del rows[index]
        elif verb in {"up", "down"} and 0 <= index < len(rows):
            other = index + (1 if verb == "down" else -1)
            if 0 <= other < len(rows):
                rows[index], rows[other] = rows[other], rows[index]
        return rows

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-rows" not in data


class RowsField(forms.Field):
    """Cleans to a list of dicts. A row that is wrong keeps its raw values and is named in the error."""

    def __init__(
        self,
        fields: dict[str, forms.Field],
        *,
        add_label: Any,
        ordered: bool = False,
        least: int = 0,
        fresh: Callable[[list[dict[str, Any]]], dict[str, Any]] = lambda rows: {},
        **kwargs: Any,
    ) -> None:
        self.fields = fields
        self.partial: list[dict[str, Any]] | None = None  # what could be read of a list with errors
        widget = RowsWidget(fields, add_label=add_label, ordered=ordered, fresh=fresh)
        widget.least = least
        kwargs.setdefault("required", False)
        super().__init__(widget=widget, **kwargs)

    def bind_workspace(self, workspace: Any) -> None:
        for field in self.fields.values():
            bind = getattr(field, "bind_workspace", None)
            if bind is not None:
                bind(workspace)

    def clean(self, value: Any) -> Any:
        cleaned: list[dict[str, Any]] = []
        errors: list[forms.ValidationError] = []
        for number, row in enumerate(value or [], start=1):
            good: dict[str, Any] = {}
            for key, field in self.fields.items():
                try:
                    good[key] = field.clean(row.get(key))
                except forms.ValidationError as error:
                    good[key] = row.get(key)
                    errors += [
                        forms.ValidationError(
                            _("Row %(number)s: %(message)s"), params={"number": number, "message": message}
                        )
                        for message in error.messages
                    ]
            cleaned.append(good)
        self.partial = cleaned if errors else None
        if errors:
            raise forms.ValidationError(errors)
        return cleaned
