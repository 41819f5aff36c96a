"""An audit entry as a line: icon, tone and what was done, in the reader's language."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workspaces.models import AuditEntry
from workspaces.roles import ROLES

# By the verb after the dot; entries of any app read well without registering here.
VERBS: dict[str, tuple[str, str, Any]] = {
    "created": ("plus", "entry", gettext_lazy("created")),
    "changed": ("pencil", "message", gettext_lazy("changed")),
    "renamed": ("pencil", "message", gettext_lazy("renamed")),
    "edited": ("pencil", "message", gettext_lazy("changed")),
    "published": ("rocket", "entry", gettext_lazy("published")),
    "paused": ("pause", "decide", gettext_lazy("paused")),
    "resumed": ("play", "entry", gettext_lazy("resumed")),
    "stopped": ("square", "decide", gettext_lazy("stopped")),
    "deleted": ("trash-2", "decide", gettext_lazy("deleted")),
    "erased": ("eraser", "data", gettext_lazy("erased")),
    "archived": ("folder", "flow", gettext_lazy("archived")),
    "imported": ("upload", "data", gettext_lazy("imported")),
    "exported": ("download", "data", gettext_lazy("exported")),
    "revoked": ("key-round", "flow", gettext_lazy("revoked")),
    "started": ("play", "entry", gettext_lazy("started")),
    "revealed": ("eye", "data", gettext_lazy("showed hidden details of")),
    "retried": ("refresh-cw", "flow", gettext_lazy("tried again")),
}
OBJECTS = {
    "journeys.journey": gettext_lazy("journey"),
    "content.item": gettext_lazy("content"),
    "channels.account": gettext_lazy("sending account"),
    "profiles.profile": gettext_lazy("person"),
    "workspaces.user": gettext_lazy("member"),
    "workspaces.apikey": gettext_lazy("API key"),
}


@dataclass(frozen=True)
class Line:
    icon: str
    tone: str
    verb: str
    kind: str
    label: str
    note: str


def sentence(entry: AuditEntry) -> Line:
    """The parts of "Minjae published journey Welcome, v4": the template puts them in the language's order."""
    known = VERBS.get(entry.action.rpartition(".")[2], ("history", "flow", entry.action))
    return Line(
        icon=known[0],
        tone=known[1],
        verb=str(known[2]),
        kind=str(OBJECTS.get(entry.object_type, "")),
        label=entry.object_label,
        note=_note(entry),
    )


def _note(entry: AuditEntry) -> str:
    detail = entry.detail
    if "version" in detail:
        return _("version %(n)s") % {"n": detail["version"]}
    role = detail.get("role")
    if isinstance(role, list) and len(role) == 2 and role[0] != role[1]:
        return _("role: %(before)s → %(after)s") % {"before": _role(role[0]), "after": _role(role[1])}
    if isinstance(role, str):
        return _("role: %(role)s") % {"role": _role(role)}
    teams = detail.get("teams")
    if isinstance(teams, list) and len(teams) == 2 and all(isinstance(side, list) for side in teams):
        return _("teams: %(teams)s") % {"teams": ", ".join(teams[1]) or _("none")}
    return str(detail.get("reason", ""))


def _role(key: str) -> str:
    return str(ROLES[key].label) if key in ROLES else key
