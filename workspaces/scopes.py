"""What an API key may touch: all that its role may, or only some resources, to read or to change.

A scope is a resource of /api/v1/ and "read" or "write"; write includes read. The resource is the first part of the
path, so an endpoint that is added tomorrow is closed to keys that do not name it. People's own sessions have none.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from workspaces.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which reads the settings that name this module

RESOURCES: dict[str, str | Promise] = {
    "profiles": gettext_lazy("People"),
    "segments": gettext_lazy("Segments"),
    "catalogue": gettext_lazy("Catalogue"),
    "computed-attributes": gettext_lazy("Computed attributes"),
    "stores": gettext_lazy("Stores"),
    "journeys": gettext_lazy("Journeys"),
    "content": gettext_lazy("Content"),
    "channels": gettext_lazy("Channels"),
    "messages": gettext_lazy("Messages"),
}
ALL = tuple(f"{resource}:{verb}" for resource in RESOURCES for verb in ("read", "write"))

_RESOURCE = re.compile(r"/api/v1/([^/]+)/")
# A preview and a simulation are asked for by POST and keep nothing.
_READS = re.compile(r"/(preview|simulations)/$")


def choices() -> list[tuple[str, str]]:
    words = {"read": _("%(what)s: read"), "write": _("%(what)s: read and change")}
    return [
        (f"{resource}:{verb}", words[verb] % {"what": label})
        for resource, label in RESOURCES.items()
        for verb in words
    ]


def labels(scopes: Iterable[str]) -> list[str]:
    """The scopes in words, those that a wider one includes left out."""
    given = set(scopes)
    shown = [key for key in ALL if key in given and f"{key.partition(':')[0]}:write" not in given - {key}]
    words = dict(choices())
    return [words[key] for key in shown] + sorted(given - set(ALL))


def needed(method: str, path: str) -> str:
    """The scope that a request asks for; "" where there is no resource."""
    found = _RESOURCE.match(path)
    if found is None:
        return ""
    reads = method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and _READS.search(path))
    return f"{found[1]}:{'read' if reads else 'write'}"


def allows(scopes: Iterable[str], scope: str) -> bool:
    given = set(scopes)
    return not given or scope in given or f"{scope.partition(':')[0]}:write" in given


def require(request: Request, scope: str) -> None:
    """For what an endpoint shows beside its own resource. Raises PermissionDenied."""
    if isinstance(request.auth, ApiKey) and not allows(request.auth.scopes, scope):
        raise PermissionDenied(_("This API key has no scope %(scope)s.") % {"scope": scope})


class WithinScopes(BasePermission):
    """403 for a key that asks for more than its scopes; whatever a role allows, scopes only take away."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiKey) or not request.auth.scopes:
            return True
        scope = needed(request.method or "", request.path_info)
        self.message = _("This API key has no scope %(scope)s.") % {"scope": scope}
        return bool(scope) and allows(request.auth.scopes, scope)
