"""How a source is doing, in a word, and what it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles.connectors.registry import connectors
from profiles.forms import KINDS
from profiles.models import Pull, Source
from profiles.source_figures import Figures

ICONS = {
    "web": "globe",
    "app": "smartphone",
    "store": "store",
    "pos": "store",
    "api": "code",
    "other": "radio",
}
QUIET = timedelta(days=1)
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class State:
    """look: a kind of chip."""

    word: str
    look: str
    icon: str


def state(source: Source, figures: Figures, now: datetime, pull: Pull | None = None) -> State:
    if not source.is_active:
        return State(_("Switched off"), "line", "ban")
    if pull is not None and pull.error:
        return State(_("Fails"), "bad", "circle-x")
    calls = figures.today + figures.refused_today
    if figures.refused_today and figures.refused_today * 20 >= calls:
        return State(_("Refused calls"), "warn", "triangle-alert")
    if figures.last is None:
        return State(_("Nothing yet"), "line", "clock")
    if now - figures.last > QUIET and figures.week:
        return State(pgettext("a source", "Silent"), "warn", "clock")
    if now - figures.last > QUIET:
        return State(pgettext("a source", "Silent"), "line", "clock")
    return State(pgettext("a source", "Receiving"), "ok", "check")


def kind(source: Source) -> str:
    connector = connectors.get(source.kind)
    if connector is not None:
        return str(connector.label)
    return str({**dict(KINDS), "pos": _("Store")}.get(source.kind, source.kind))


def icon(source: Source) -> str:
    connector = connectors.get(source.kind)
    return connector.icon if connector is not None else ICONS.get(source.kind, "radio")


def masked_key(key: str) -> str:
    return f"{key[:5]}••••••••{key[-4:]}"
