"""How many messages one person may get: a small grid on the channels page."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from channels import caps
from channels.adapters.registry import offered
from channels.views.accounts import page
from lib import clock
from workspaces.access import require
from workspaces.models import Workspace


class CapsForm(forms.Form):
    """A field for each medium and each span; empty: no cap. `rows` is the grid as it is drawn."""

    def __init__(self, data: Any = None, *, workspace: Workspace) -> None:
        found = caps.of(workspace)
        initial = {_name(medium, per): count for (medium, per), count in found.items()}
        super().__init__(data, initial=initial, auto_id="cap_%s")
        for medium, label in self._media():
            for per in caps.PER:
                self.fields[_name(medium, per)] = forms.IntegerField(
                    label=_("%(what)s a day") % {"what": label}
                    if per == "day"
                    else _("%(what)s a week") % {"what": label},
                    required=False,
                    min_value=1,
                    max_value=caps.MOST,
                    widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-20 text-right"}),
                    error_messages={
                        "invalid": gettext_lazy("Write a whole number, or leave it empty."),
                        "min_value": gettext_lazy("Write 1 or more, or leave it empty."),
                    },
                )

    @staticmethod
    def _media() -> list[tuple[str, str]]:
        return [(caps.EVERY, _("All messages")), *((medium.value, str(medium.label)) for medium in offered())]

    @property
    def rows(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(label, [self[_name(medium, per)] for per in caps.PER]) for medium, label in self._media()]

    def caps(self) -> dict[tuple[str, str], int]:
        return {
            (medium, per): count
            for medium, _label in self._media()
            for per in caps.PER
            if (count := self.cleaned_data[_name(medium, per)])
        }


def _name(medium: str, per: str) -> str:
    return f"{'all' if medium == caps.EVERY else medium}_{per}"


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "channels.manage")
    form = CapsForm(request.POST, workspace=actor.workspace)
    if not form.is_valid():
        return render(request, "channels/list.html", page(actor, form), status=422)
    caps.change(actor, form.caps(), clock.now())
    return redirect("channels:list")
