"""An audit entry as a line: icon, tone and what was done, in the reader's language."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from workspaces.models import AuditEntry
from workspaces.roles import ROLES

# By the verb after the dot; entries of any app read well without registering here.
VERBS: dict[str, tuple[str, str, Any]] = {
    "created": ("plus", "entry", pgettext_lazy("audit", "created")),
    "changed": ("pencil", "message", pgettext_lazy("audit", "changed")),
    "renamed": ("pencil", "message", pgettext_lazy("audit", "renamed")),
    "edited": ("pencil", "message", pgettext_lazy("audit", "changed")),
    "published": ("rocket", "entry", pgettext_lazy("audit", "published")),
    "paused": ("pause", "decide", pgettext_lazy("audit", "paused")),
    "resumed": ("play", "entry", pgettext_lazy("audit", "resumed")),
    "stopped": ("square", "decide", pgettext_lazy("audit", "stopped")),
    "deleted": ("trash-2", "decide", pgettext_lazy("audit", "deleted")),
    "erased": ("eraser", "data", pgettext_lazy("audit", "erased")),
    "archived": ("folder", "flow", pgettext_lazy("audit", "archived")),
    "imported": ("upload", "data", pgettext_lazy("audit", "imported")),
    "exported": ("download", "data", pgettext_lazy("audit", "exported")),
    "key_changed": ("key-round", "flow", pgettext_lazy("audit", "made a new key for")),
    "revoked": ("key-round", "flow", pgettext_lazy("audit", "revoked")),
    "started": ("play", "entry", pgettext_lazy("audit", "started")),
    "revealed": ("eye", "data", pgettext_lazy("audit", "showed hidden details of")),
    "restored": ("history", "flow", pgettext_lazy("audit", "restored")),
    "person_started": ("play", "entry", pgettext_lazy("audit", "started a person in")),
    "people_moved": ("arrow-right", "flow", pgettext_lazy("audit", "moved people of")),
    "move_undone": ("undo-2", "decide", pgettext_lazy("audit", "took people back in")),
    "people_added": ("user-plus", "entry", pgettext_lazy("audit", "put people into")),
    "people_removed": ("user-x", "decide", pgettext_lazy("audit", "took people out of")),
    "list_uploaded": ("upload", "data", pgettext_lazy("audit", "brought a file into")),
    "parted": ("undo-2", "decide", pgettext_lazy("audit", "undid a join of")),
    "note_added": ("sticky-note", "data", pgettext_lazy("audit", "wrote a note about")),
    "note_changed": ("pencil", "message", pgettext_lazy("audit", "changed a note about")),
    "note_removed": ("trash-2", "decide", pgettext_lazy("audit", "removed a note about")),
    "identity_rules_changed": ("link", "data", pgettext_lazy("audit", "changed who is who in")),
    "retried": ("refresh-cw", "flow", pgettext_lazy("audit", "tried again")),
}
OBJECTS = {
    "journeys.journey": pgettext_lazy("audit", "journey"),
    "journeys.storedtest": pgettext_lazy("audit", "test"),
    "journeys.secret": pgettext_lazy("audit", "webhook secret"),
    "content.item": pgettext_lazy("audit", "content"),
    "channels.account": pgettext_lazy("audit", "sending account"),
    "profiles.source": pgettext_lazy("audit", "source"),
    "profiles.profile": pgettext_lazy("audit", "person"),
    "profiles.knownname": pgettext_lazy("audit", "entry of the catalogue"),
    "profiles.computedattribute": pgettext_lazy("audit", "computed attribute"),
    "profiles.store": pgettext_lazy("audit", "store"),
    "profiles.segment": pgettext_lazy("audit", "segment"),
    "workspaces.user": pgettext_lazy("audit", "member"),
    "workspaces.apikey": pgettext_lazy("audit", "API key"),
    "workspaces.workspace": pgettext_lazy("audit", "workspace"),
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
    if "caps" in detail:
        return _("how many messages one person may get")
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
    if isinstance(team := detail.get("team"), str):
        return _("teams: %(teams)s") % {"teams": team or _("none")}
    return str(detail.get("reason", ""))


def _role(key: str) -> str:
    return str(ROLES[key].label) if key in ROLES else key
