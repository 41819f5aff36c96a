"""Erasing a person: everything that says who she was goes; an empty shell keeps other tables' references whole.

What she was known by is remembered as keyed hashes, so that late calls don't make her anew (profiles.erased_names).
"""

from datetime import datetime

from django.db import connection, transaction

from profiles import erased_names, live_calls
from profiles.models import Profile
from profiles.signals import profile_erased
from workspaces import audit
from workspaces.actor import Actor

STATEMENTS = (
    "delete from profiles_event where profile_id = any(%(ids)s)",
    "delete from profiles_consent where profile_id = any(%(ids)s)",
    "delete from profiles_consentchange where profile_id = any(%(ids)s)",
    "delete from profiles_pendingconsent where profile_id = any(%(ids)s)",
    "delete from profiles_pause where profile_id = any(%(ids)s)",
    "delete from profiles_note where profile_id = any(%(ids)s)",
    # Answers of the API that are kept for a day, for who asks twice.
    """delete from workspaces_idempotentrequest r using profiles_profile p
       where p.id = any(%(ids)s) and r.body ->> 'id' = p.public_id::text""",
    "delete from profiles_identity where profile_id = any(%(ids)s)",
    "delete from profiles_join where person_id = any(%(ids)s) or former_id = any(%(ids)s)",
    """update profiles_profile
       set attributes = '{}', external_id = null, erased_at = %(now)s, updated_at = %(now)s
       where id = any(%(ids)s)""",
)


def erase(actor: Actor, profile: Profile, now: datetime) -> None:
    """The person, and the profiles that were merged into her. The audit entry names her public id only."""
    with transaction.atomic(), connection.cursor() as cursor:
        ids = list(
            Profile.objects.filter(pk=profile.pk).select_for_update().values_list("pk", flat=True)
        ) + list(Profile.objects.filter(merged_into=profile.pk).values_list("pk", flat=True))
        names = erased_names.remember(cursor, profile.workspace_id, ids, now)
        live_calls.forget(cursor, profile.workspace_id, [value for _kind, value in names])
        profile_erased.send(sender=None, workspace_id=profile.workspace_id, profile_ids=ids, now=now)
        for statement in STATEMENTS:
            cursor.execute(statement, {"ids": ids, "now": now})
        audit.record(actor, "person.erased", profile, at=now)
