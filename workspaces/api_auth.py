"""API keys: `Authorization: Bearer gm_...`."""

import hashlib
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from workspaces.models import ApiKey


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[Any, ApiKey] | None:
        scheme, _space, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        digest = hashlib.sha256(token.strip().encode()).hexdigest()
        key = (
            ApiKey.objects.select_related("membership__user", "membership__workspace")
            .filter(digest=digest, revoked_at=None, membership__user__is_active=True)
            .first()
        )
        if key is None:
            raise AuthenticationFailed(_("This API key is not known."))
        return key.membership.user, key

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"
