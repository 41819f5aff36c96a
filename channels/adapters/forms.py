"""The form of a channel account; each adapter adds its own fields. A password is a secret: empty keeps the old."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces.models import Team


class AccountForm(forms.Form):
    """What every account has. `teams`: those to which she may give it; `stored`: the secrets there are."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("How your colleagues know it."))

    def __init__(
        self, *args: Any, teams: Iterable[Team] = (), stored: Iterable[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.stored = set(stored)
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.PasswordInput) and name in self.stored:
                field.required = False
                field.help_text = _("Saved. Write here only to change it.")
        choices = [("", _("All teams")), *((team.slug, str(team)) for team in teams)]
        self.fields["team"] = forms.ChoiceField(label=_("Team"), choices=choices, required=False)
        self.fields["is_default"] = forms.BooleanField(
            label=_("Used where a journey names no channel"), required=False
        )

    # Header injection: a value that goes into a protocol's lines has none of its own.
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, value in list(data.items()):
            if isinstance(value, str) and any(character in value for character in "\r\n\0"):
                self.add_error(name, _("Write it on one line."))
        return data


COMMON = frozenset({"name", "team", "is_default"})


def own_fields(form: AccountForm) -> list[str]:
    """The names of the fields that are the adapter's, in their order."""
    return [name for name in form.fields if name not in COMMON]
