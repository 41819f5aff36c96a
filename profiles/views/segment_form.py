"""The form of a segment: what it is called and whose it is, and the sentences that say who belongs to it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext

from profiles.conditions import cards
from profiles.conditions.cards_form import CardsField, CardsWidget
from profiles.conditions.forms import kinds_for
from profiles.conditions.registry import all_kinds
from profiles.models import Segment
from workspaces.access import own_teams
from workspaces.actor import Actor
from workspaces.templatetags.ui import team_name

BEGUN = {"all": [{"attribute": "", "op": "is", "value": ""}]}


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
    team = forms.ChoiceField(label=gettext_lazy("Team that owns it"), required=False)
    condition = CardsField(label=gettext_lazy("Who belongs here?"))

    def __init__(self, *args: Any, actor: Actor, segment: Segment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams: Any = self.fields["team"]
        teams.choices = team_choices(actor, segment)
        self.widget.leaves = [key for key in kinds_for(None) if all_kinds()[key].in_audience]
        self.widget.counts = True
        field: Any = self.fields["condition"]
        field.bind_workspace(actor.workspace)

    @property
    def widget(self) -> CardsWidget:
        found = self.fields["condition"].widget
        assert isinstance(found, CardsWidget)
        return found

    @property
    def tree(self) -> Any:
        """As it stands, finished or not."""
        return self.widget.value_from_datadict(self.data, {}, "condition") if self.is_bound else None

    @property
    def cards(self) -> cards.Cards:
        return cards.from_tree(self.tree, self.widget.known)


def initial(actor: Actor, segment: Segment | None) -> dict[str, Any]:
    if segment is None:
        return {"condition": BEGUN, "team": next((team.slug for team in own_teams(actor)), "")}
    team = segment.team.slug if segment.team else ""
    return {
        "name": segment.name,
        "description": segment.description,
        "team": team,
        "condition": segment.condition,
    }


def team_choices(actor: Actor, segment: Segment | None = None) -> list[tuple[str, str]]:
    """Her teams, the one it has already, or none."""
    teams = own_teams(actor)
    if segment is not None and segment.team is not None and segment.team not in teams:
        teams = [*teams, segment.team]
    return [
        *((team.slug, team_name(team)) for team in teams),
        ("", pgettext("segment", "No team: everyone's")),
    ]
