"""The inspector's forms: settings of one step or trigger, as fields that a marketer reads.

A form never loses what it can't show: settings it has no field for are carried along unchanged.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from workspaces.models import Workspace


def json_name(name: str) -> str:
    """A field's key in the settings: `for_` writes "for"."""
    return name.rstrip("_")


class NodeForm(forms.Form):
    """Base of the kinds' forms. `settings_from` turns what was typed into the document's settings.

    `sections` groups the fields: [(heading, [field names])]. Incomplete input still gives settings, as far as it
    goes: a draft always saves, and the step's problems say what is missing.
    """

    sections: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()

    def __init__(
        self, *, settings: Mapping[str, Any], workspace: Workspace, data: QueryDict | None = None
    ) -> None:
        self.workspace = workspace
        self.before = dict(settings)
        super().__init__(
            data=data, initial=self.initial_from(self.before), prefix="s", auto_id="inspector_%s"
        )
        for field in self.fields.values():
            bind = getattr(field, "bind_workspace", None)
            if bind is not None:
                bind(workspace)
        self.bind()

    def bind(self) -> None:
        """Fills choices that depend on the workspace."""

    def initial_from(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Form values from settings; by default the settings with the fields' names."""
        return {name: settings[key] for name in self.base_fields if (key := json_name(name)) in settings}

    def settings_from(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """Settings from cleaned values; by default those with a value, None and "" left out."""
        return {json_name(name): value for name, value in cleaned.items() if value not in (None, "", [], {})}

    def settings(self) -> dict[str, Any]:
        """The new settings. Call after is_valid(); keeps what the form doesn't know."""
        values = dict(getattr(self, "cleaned_data", {}))
        broken = set(self.errors)
        for (
            name
        ) in broken:  # half-written lists are kept as far as they go; other wrong values leave what was there
            if (partial := getattr(self.fields.get(name), "partial", None)) is not None:
                values[name] = partial
                broken = broken - {name}
        known = set(self.owned_keys()) - ({json_name(name) for name in broken} & set(self.before))
        kept = {key: value for key, value in self.before.items() if key not in known}
        return {**kept, **self.settings_from(values)}

    def owned_keys(self) -> Sequence[str]:
        """Settings this form writes, so that emptying a field removes its key."""
        return [json_name(name) for name in self.fields]

    def grouped(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """For the template: [(heading, bound fields)]; fields in no section come first, without heading."""
        named = [name for _heading, names in self.sections for name in names]
        loose = [self[name] for name in self.fields if name not in named]
        rest = [
            (heading, [self[name] for name in names if name in self.fields])
            for heading, names in self.sections
        ]
        return [(None, loose), *rest] if loose else rest
