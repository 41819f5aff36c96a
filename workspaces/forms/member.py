from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from workspaces import scopes
from workspaces.models import Membership, Team, Workspace
from workspaces.roles import ROLES


def role_choices() -> list[tuple[str, Any]]:
    return [(role.key, role.label) for role in ROLES.values()]


class MemberForm(forms.Form):
    """A member's role and teams."""

    role = forms.ChoiceField(label=_("Role"))
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"), queryset=Team.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None, *, membership: Membership) -> None:
        initial = {"role": membership.role, "teams": membership.teams.all()}
        super().__init__(data, initial=initial, prefix=f"m{membership.pk}")
        self.fields["role"].choices = role_choices()  # type: ignore[attr-defined]
        self.fields["teams"].queryset = Team.objects.filter(workspace=membership.workspace)  # type: ignore[attr-defined]


class ApiKeyForm(forms.Form):
    """A new key: its name, role, teams and scopes."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("Where it will be used, like “web shop”."),
        error_messages={"required": _("Give the key a name that says where it is used.")},
    )
    role = forms.ChoiceField(
        label=_("Role"), initial="viewer", help_text=_("The key may do what this role may do.")
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"), queryset=Team.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    scopes = forms.MultipleChoiceField(
        label=_("Only for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing chosen: all that the role may do."),
    )

    def __init__(self, data: Any = None, *, workspace: Workspace) -> None:
        super().__init__(data)
        self.fields["scopes"].choices = scopes.choices()  # type: ignore[attr-defined]
        self.fields["role"].choices = role_choices()  # type: ignore[attr-defined]
        self.fields["teams"].queryset = Team.objects.filter(workspace=workspace)  # type: ignore[attr-defined]

    def scope_rows(self) -> Iterable[tuple[Any, Any, Any]]:
        """(resource, the box to read it, the box to read and change it)"""
        boxes = list(self["scopes"])
        return zip(scopes.RESOURCES.values(), boxes[::2], boxes[1::2], strict=True)
