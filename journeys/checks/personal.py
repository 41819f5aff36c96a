"""Sensitive attributes in rules: allowed, but somebody should have thought about it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from journeys.checks.draft import Draft
from journeys.document.asking import leaves
from journeys.document.problem import Problem
from profiles.data_classes import SENSITIVE, class_of, of_workspace
from workspaces.models import Workspace


def problems(draft: Draft, workspace: Workspace) -> Iterator[Problem]:
    chosen: dict[str, str] | None = None
    for key, place, condition in draft.conditions():
        for at, leaf in leaves(condition):
            name = leaf.get("attribute")
            if not isinstance(name, str) or not name:
                continue
            if chosen is None:
                chosen = of_workspace(workspace.pk)
            if class_of(name, chosen) == SENSITIVE:
                text = _("“%(name)s” is sensitive: who goes this way shows it.") % {"name": name}
                yield Problem("warning", "sensitive", text, key, f"{place}{at}/attribute")
