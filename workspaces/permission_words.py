"""The roles table in words, for the team page. Generated from workspaces.roles, so it can't tell another story."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from workspaces.roles import ABILITIES, ROLES, VERBS, verbs

# Levels: each includes those before it. 0 none, 1 view, 2 edit, 4 publish; approve and use are words of their own.
LEVELS = (("publish", 4), ("approve", 3), ("change", 2), ("use", 2), ("view", 1))


@dataclass(frozen=True)
class Cell:
    own: str
    all: str
    own_level: int
    all_level: int


def columns() -> list[dict[str, Any]]:
    names = {
        "journeys.journey": ("route", _("Journeys")),
        "content.item": ("layout-template", _("Content")),
        "channels.account": ("send", _("Sending accounts")),
        "profiles.segment": ("filter", _("Segments")),
    }
    return [{"label": label, "icon": names[label][0], "name": names[label][1]} for label in VERBS]


def table() -> dict[str, Any]:
    """columns, and a row for each role: its cells (own teams, every team) and its abilities in words."""
    rows = [
        {
            "role": role,
            "cells": [_cell(role.key, label) for label in VERBS],
            "people": _people(role.abilities),
            "abilities": [str(ABILITIES[key]) for key in ABILITIES if key in role.abilities],
        }
        for role in ROLES.values()
    ]
    return {"columns": columns(), "rows": rows}


def _cell(role: str, label: str) -> Cell:
    own, everywhere = verbs(role, label, own=True), verbs(role, label, own=False)
    return Cell(_word(own), _word(everywhere), _level(own), _level(everywhere))


def _people(abilities: frozenset[str]) -> dict[str, Any]:
    if "people.change" in abilities or "people.import" in abilities:
        return {"word": pgettext("level", "Edit"), "level": 2, "masked": False}
    return {"word": pgettext("level", "View"), "level": 1, "masked": "people.view_contact" not in abilities}


def _level(given: frozenset[str]) -> int:
    return next((level for verb, level in LEVELS if verb in given), 0)


def _word(given: frozenset[str]) -> str:
    if "publish" in given and "change" in given:
        return pgettext("level", "Edit and publish")
    if "approve" in given and "change" in given:
        return pgettext("level", "Edit and approve")
    if "publish" in given:
        return pgettext("level", "Publish")
    if "approve" in given:
        return pgettext("level", "Approve")
    if "change" in given:
        return pgettext("level", "Edit")
    if "use" in given:
        return pgettext("level", "Use")
    return pgettext("level", "View") if "view" in given else pgettext("level", "None")
