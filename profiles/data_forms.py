"""The forms of the data pages: a name of the catalogue, a computed attribute, a store."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from profiles import data_classes
from profiles.computed.kinds import KINDS, UNITS
from profiles.models import ComputedAttribute, KnownName
from workspaces.models import Team, Workspace

SIMPLE = {
    "is": pgettext_lazy("test", "is"),
    "is_not": pgettext_lazy("test", "is not"),
    "gte": pgettext_lazy("test", "is at least"),
    "lte": pgettext_lazy("test", "is at most"),
    "gt": pgettext_lazy("test", "is more than"),
    "lt": pgettext_lazy("test", "is less than"),
    "contains": pgettext_lazy("test", "contains"),
    "exists": pgettext_lazy("test", "is there"),
    "missing": pgettext_lazy("test", "is missing"),
}
TESTS = 3


class NameForm(forms.Form):
    """`may_classify`: whether the class may be changed: that decides what others see."""

    description = forms.CharField(
        label=_("Description"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What it means and where it comes from, for your teammates."),
    )  # fmt: skip
    team = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("No team"),
        to_field_name="slug",
    )
    data_class = forms.ChoiceField(
        label=_("Personal data"), required=False,
        help_text=_("Contact details are masked. Sensitive values are hidden, and rules that use them get a warning."),
    )  # fmt: skip

    def __init__(self, *args: Any, name: KnownName, may_classify: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(workspace=name.workspace_id)  # type: ignore[attr-defined]
        if name.kind == "event" or not may_classify:
            del self.fields["data_class"]
        else:
            suggested = data_classes.LABELS[data_classes.suggested(name.name)]
            automatic = _("As the name suggests: %(kind)s") % {"kind": suggested}
            self.fields["data_class"].choices = [("", automatic), *data_classes.LABELS.items()]  # type: ignore[attr-defined]


class ComputedForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"), max_length=60,
        help_text=_("As conditions and messages name it, such as orders_30_days. It stays as it is."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("What to compute"), choices=[(kind.key, kind.label) for kind in KINDS.values()]
    )
    event = forms.CharField(
        label=_("Event"), max_length=200, widget=forms.TextInput(attrs={"list": "known-events"})
    )
    property = forms.CharField(
        label=_("Property"), max_length=200, required=False,
        help_text=_("Not needed for how often, and for days in a row."),
        widget=forms.TextInput(attrs={"list": "known-properties"}),
    )  # fmt: skip
    window_days = forms.IntegerField(
        label=_("Only the last days"), required=False, min_value=1, max_value=1100,
        help_text=_("A number of days; empty for all time. What is older drops out by itself."),
    )  # fmt: skip
    unit = forms.ChoiceField(label=_("In a row"), choices=list(UNITS.items()), required=False)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    where = forms.CharField(
        label=_("Only events whose"), required=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "font-mono text-xs!", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(
        self, *args: Any, workspace: Workspace, row: ComputedAttribute | None = None, **kwargs: Any
    ) -> None:
        if row is not None:
            kwargs["initial"] = {
                field: getattr(row, field)
                for field in ("name", "kind", "event", "property", "window_days", "unit", "description")
            } | _tests_initial(row.where)
        super().__init__(*args, **kwargs)
        if row is not None:
            del self.fields["name"]
        self.raw = row is not None and not _simple(row.where)
        if self.raw:
            self.initial["where"] = json.dumps(row.where if row else [], ensure_ascii=False, indent=1)
        else:
            del self.fields["where"]
            for n in range(TESTS):
                self.fields[f"property_{n}"] = forms.CharField(
                    label=_("Property"), max_length=200, required=False,
                    widget=forms.TextInput(attrs={"list": "known-properties"}),
                )  # fmt: skip
                self.fields[f"op_{n}"] = forms.ChoiceField(
                    label=_("Comparison"), choices=list(SIMPLE.items()), required=False
                )
                self.fields[f"value_{n}"] = forms.CharField(label=_("Value"), max_length=500, required=False)
        names = KnownName.objects.filter(workspace=workspace).order_by("name")
        self.events = list(names.filter(kind="event").values_list("name", flat=True)[:500])
        self.properties = list(
            dict.fromkeys(names.filter(kind="property").values_list("name", flat=True)[:1000])
        )

    def tests(self) -> list[tuple[Any, Any, Any]]:
        """The rows of bound fields."""
        return (
            [(self[f"property_{n}"], self[f"op_{n}"], self[f"value_{n}"]) for n in range(TESTS)]
            if not self.raw
            else []
        )

    def plain(self) -> list[Any]:
        return [
            self[name] for name in self.fields if not name.rpartition("_")[2].isdigit() and name != "where"
        ]

    def clean_where(self) -> Any:
        text = self.cleaned_data["where"].strip() or "[]"
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is no JSON.")) from error

    def given(self) -> dict[str, Any]:
        """As profiles.computed.editing takes it."""
        data = self.cleaned_data
        where = data.get("where", [])
        if not self.raw:
            where = []
            for n in range(TESTS):
                if name := data[f"property_{n}"].strip():
                    test = {"property": name, "op": data[f"op_{n}"] or "is"}
                    if test["op"] not in ("exists", "missing"):
                        test["value"] = _typed(data[f"value_{n}"])
                    where.append(test)
        kept = ("name", "kind", "event", "property", "window_days", "unit", "description")
        return {name: data[name] for name in kept if name in data} | {"where": where}


def _simple(where: list[Any]) -> bool:
    return len(where) <= TESTS and all(
        test.get("op") in SIMPLE and not isinstance(test.get("value"), list | dict) for test in where
    )


def _tests_initial(where: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for n, test in enumerate(where[:TESTS]):
        value = test.get("value", "")
        shown = (
            value
            if isinstance(value, str) and _typed(value) == value
            else json.dumps(value, ensure_ascii=False)
        )
        found |= {
            f"property_{n}": test.get("property"),
            f"op_{n}": test.get("op"),
            f"value_{n}": shown if value != "" else "",
        }
    return found


def _typed(text: str) -> Any:
    """5 and true as JSON, anything else as the text that it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if not isinstance(found, list | dict) and found is not None else text


class StoreForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    latitude = forms.FloatField(
        label=_("Latitude"), min_value=-90, max_value=90, help_text=_("Such as 37.4979")
    )
    longitude = forms.FloatField(
        label=_("Longitude"), min_value=-180, max_value=180, help_text=_("Such as 127.0276")
    )


class PasteForm(forms.Form):
    text = forms.CharField(
        label=_("Name, latitude, longitude, address"), max_length=1_000_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "font-mono text-xs!", "spellcheck": "false"}),
        help_text=_("One store a line, as CSV or from a sheet. A name that is there already gets the new place."),
    )  # fmt: skip
