"""Changing what names nobody and whether addresses join people; for the page and the API."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from profiles import identity_rules
from profiles.identity_rules import Rules
from profiles.models import IdentityRules
from workspaces import audit
from workspaces.access import require
from workspaces.actor import Actor
from workspaces.models import Workspace

MOST = 1000
LONGEST = 200


class Unfit(ValueError):
    """A value that can't be blocked."""


class Changed(Exception):
    """Somebody else was faster."""


def current(workspace_id: int) -> Rules:
    """As they stand in the table now."""
    row = IdentityRules.objects.filter(workspace_id=workspace_id).first()
    return Rules(frozenset(row.blocked), row.email_joins, row.phone_joins) if row else Rules()


def revision(rules: Rules) -> str:
    seen = repr((sorted(rules.blocked), rules.email_joins, rules.phone_joins))
    return hashlib.sha256(seen.encode()).hexdigest()[:20]


def replace(actor: Actor, rules: Rules, now: datetime, *, seen: str | None = None) -> Rules:
    """`seen`: the revision that was edited; Changed where it is another by now. They count for calls from then on,
    in every process within seconds."""
    require(actor, "sources.manage")
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace.pk)
        before = current(actor.workspace.pk)
        if seen is not None and seen != revision(before):
            raise Changed
        if rules != before:
            IdentityRules.objects.update_or_create(
                workspace=actor.workspace,
                defaults={
                    "blocked": sorted(rules.blocked),
                    "email_joins": rules.email_joins,
                    "phone_joins": rules.phone_joins,
                },
            )
            told = {
                "blocked_added": len(rules.blocked - before.blocked),
                "blocked_removed": len(before.blocked - rules.blocked),
                "email_joins": rules.email_joins,
                "phone_joins": rules.phone_joins,
            }
            audit.record(actor, "workspace.identity_rules_changed", actor.workspace, told, at=now)
    identity_rules.forget()
    return rules


def blocked(values: Iterable[str]) -> frozenset[str]:
    """As the rules keep them: trimmed, in lower case, once. Raises Unfit."""
    found = {value.strip().lower() for value in values} - {""}
    if any("\0" in value for value in found):
        raise Unfit(_("Text may not hold NUL characters."))
    if len(found) > MOST:
        raise Unfit(_("At most %(most)s values can be blocked.") % {"most": MOST})
    if long := next((value for value in found if len(value) > LONGEST), None):
        raise Unfit(
            _("“%(value)s…” is too long: at most %(most)s characters.")
            % {"value": long[:30], "most": LONGEST}
        )
    return frozenset(found)
