"""Names and values, as rows: the properties of an event, the data that a journey hands on."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from journeys.forms.inputs import shown, typed
from journeys.forms.rows import RowsField


class PairsField(RowsField):
    """Values are what they read as (5, true), or texts that may be templates."""

    def __init__(self, **kwargs: Any) -> None:
        fields: dict[str, forms.Field] = {
            "name": forms.CharField(label=_("Name"), max_length=200),
            "value": forms.CharField(label=_("Value"), required=False, max_length=2000),
        }
        kwargs.setdefault(
            "help_text", _("A value may be a token, such as {{ entry.colour }}. Numbers are kept as numbers.")
        )
        super().__init__(fields, **kwargs)


def rows_of(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": shown(value)} for name, value in values.items()]


def values_of(rows: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Rows without a name are left out."""
    return {row["name"]: typed(row.get("value") or "") for row in rows or [] if row.get("name")}
