"""What the networks of social accounts call a person: her external id of the network (profiles.names_in_context)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from channels.adapters.base import Outgoing
from channels.media import Medium
from channels.models import Account, Message, Suppression
from profiles.models import Identity, Profile


def kind_of(account: Account) -> str:
    return f"external:{account.kind}"


def of_network(
    account: Account, messages: Sequence[Message], batch: Sequence[Outgoing[Any]]
) -> list[Outgoing[Any]]:
    """The batch, addressed as this account's network knows the people: somebody may be known on two."""
    people = {message.pk: message.profile_id for message in messages}
    found: dict[int, list[str]] = {}
    rows = Identity.objects.filter(profile_id__in=set(people.values()) - {0}, kind=kind_of(account))
    for profile_id, value in rows.order_by("-pk").values_list("profile_id", "value"):
        found.setdefault(profile_id, []).append(value)
    return [
        outgoing
        if outgoing.address in (own := found.get(people[outgoing.id], [])) or not own
        else replace(outgoing, address=own[0])
        for outgoing in batch
    ]


def for_test(account: Account, written: str) -> tuple[int, str]:
    """(person, address) of a test message; 0 where the address is nobody's that we know. ValueError."""
    profile = _person(account, written.strip())
    if account.medium == Medium.IN_APP:
        if profile is None:
            raise ValueError(_("Nobody has this email or user ID."))
        return profile.pk, str(profile.public_id)
    if profile is None:
        return 0, written.strip()
    own = Identity.objects.filter(profile=profile, kind=kind_of(account)).order_by("-pk").first()
    if own is None:
        raise ValueError(_("This person is not known on that network."))
    return profile.pk, own.value


def _person(account: Account, written: str) -> Profile | None:
    if not written or "\0" in written:
        return None
    living = Profile.objects.filter(workspace_id=account.workspace_id, erased_at=None, merged_into=None)
    return (
        living.filter(external_id=written).first()
        or living.filter(email=written.lower()).order_by("pk").first()
    )


def forget(profile_ids: Sequence[int]) -> None:
    """An erasure: which of her ids was closed says who she was."""
    for row in Identity.objects.filter(profile_id__in=profile_ids, kind__startswith="external:"):
        Suppression.objects.filter(
            workspace_id=row.workspace_id, medium=Medium.SOCIAL, address=row.value
        ).delete()
