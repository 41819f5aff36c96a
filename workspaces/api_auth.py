"""Bearer keys for the REST API. Sets request.actor as the session's middleware does for browsers."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from lib import clock
from workspaces import api_keys
from workspaces.actor import Actor
from workspaces.models import ApiKey, User


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer gk_...`. `request.auth` is the ApiKey; scopes are checked where resources are."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed(_("Write: Authorization: Bearer <API key>"))
        try:
            key = api_keys.find(parts[1].decode("ascii"), at=clock.now())
        except UnicodeDecodeError:
            key = None
        if key is None:
            raise AuthenticationFailed(_("This API key is unknown or revoked."))
        http: Any = request._request
        http.actor = Actor(key.membership)
        return key.membership.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
