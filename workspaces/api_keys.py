"""API keys: made, shown once, used, revoked."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from workspaces import audit
from workspaces.actor import Actor
from workspaces.models import ApiKey, Membership, Team, User, Workspace
from workspaces.roles import ROLES, sync_membership

PREFIX = "gk_"
USED_EVERY = timedelta(minutes=1)


def digest(plain: str) -> str:
    return sha256(plain.encode()).hexdigest()


def create(
    workspace: Workspace,
    name: str,
    role: str,
    teams: list[Team],
    *,
    at: datetime,
    by: Actor | None = None,
    scopes: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere. It acts as a service user with that role in those teams, within
    its scopes (workspaces.scopes; none: all that the role may)."""
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role")
    plain = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        user = User(email=f"key-{secrets.token_hex(8)}@service.invalid", name=name, is_service=True)
        user.set_unusable_password()
        user.save()
        membership = Membership.objects.create(workspace=workspace, user=user, role=role)
        membership.teams.set(teams)
        sync_membership(membership)
        key = ApiKey.objects.create(
            membership=membership,
            name=name,
            prefix=plain[: len(PREFIX) + 6],
            digest=digest(plain),
            scopes=sorted(scopes),
        )
        if by:
            detail = {"role": role, "teams": [team.slug for team in teams], "scopes": key.scopes}
            audit.record(by, "api_key.created", key, detail, at=at)
    return key, plain


def revoke(key: ApiKey, *, at: datetime, by: Actor) -> None:
    """From now on the key is answered with 401. Revoking twice changes nothing."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at):
            User.objects.filter(pk=key.membership.user_id).update(is_active=False)
            audit.record(by, "api_key.revoked", key, at=at)


def find(plain: str, *, at: datetime) -> ApiKey | None:
    """The living key of that text; notes its use, at most once a minute."""
    key = (
        ApiKey.objects.filter(digest=digest(plain), revoked_at=None)
        .select_related("membership__user", "membership__workspace")
        .first()
    )
    if key and (key.last_used_at is None or at - key.last_used_at > USED_EVERY):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
    return key
