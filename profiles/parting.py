"""Two who were joined are parted again: what was the former's goes back to her, as the log has it.

- names and user id; the name that joined them is marked shared, so that it joins nobody any more
- events: those of before the join by their origin, later ones by the name they came with
- attributes: what the former brought leaves the other, who gets back what it held; what was said since stays
- consents: the former's come back; a yes that only she gave leaves the other, a no stays with both
- devices and proofs of consent; other packages give back their rows by signals.profiles_split
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from profiles import computed
from profiles.consent import GRANTED
from profiles.look_up import Key, Node
from profiles.models import Consent, Identity, Join, Profile
from profiles.models.identity import SHARED
from profiles.signals import profiles_split

EVENTS = """
update profiles_event set profile_id = %(former)s,
    origin_id = case when origin_id = any(%(within)s) then origin_id end
where profile_id = %(holder)s and (
    origin_id = any(%(origins)s) or (%(upto)s > 0 and id <= %(upto)s and origin_id is not distinct from %(base)s)
)
"""
BY_NAME = (
    "update profiles_event set profile_id = %s, origin_id = null where profile_id = %s and origin_id = %s"
)


def part(
    cursor: CursorWrapper, workspace_id: int, parted: Iterable[tuple[Key, Node, Node]], now: datetime
) -> list[int]:
    """Names turned out to be shared: what they had brought to a user goes to a person of their own. Rare, so one by
    one. Returns whom it concerns."""
    changed: list[int] = []
    for key, own, user in parted:
        holder = user.final().id
        if own.id is None or holder is None:
            continue
        changed += [own.id, holder]
        number = Identity.objects.filter(workspace=workspace_id, kind=key[0], value=key[1]).values_list(
            "pk", flat=True
        )
        joins = Join.objects.filter(
            workspace=workspace_id, kind=key[0], value=key[1], undone_at=None
        ).order_by("-pk")
        for join in joins:
            if _final(join.person) == holder:
                split(cursor, join, holder, own.id, now)
                break
        for pk in number:
            cursor.execute(BY_NAME, [own.id, holder, -pk])
        computed.recompute(cursor, workspace_id, [own.id, holder], now)
    return changed


def split(cursor: CursorWrapper, join: Join, holder: int, former: int, now: datetime) -> None:
    """Gives to `former` what was hers before `join`; `holder` has it now. Both rows are locked."""
    before = join.before
    within = _within(join)
    names = [pk for pk, _kind, _value in before["names"]]
    origins = [*within, *(-pk for pk in names)]
    base = None
    if join.former_id is not None:
        origins.append(join.former_id)
    elif join.person_id != holder:
        base = join.person_id
    cursor.execute(
        EVENTS,
        {
            "former": former,
            "holder": holder,
            "within": within,
            "origins": origins,
            "base": base,
            "upto": before["upto"] if join.former_id is None else 0,
        },
    )
    Identity.objects.filter(pk__in=names, profile=holder).update(profile=former)
    Identity.objects.filter(
        workspace=join.workspace_id, kind=join.kind, value=join.value, profile__in=[holder, former]
    ).exclude(kind="user_id").update(profile=former, state=SHARED)
    Profile.objects.filter(pk__in=within, merged_into=holder).update(merged_into=former)
    for table, ids in (("profiles_consentchange", before["proofs"]), ("profiles_device", before["devices"])):
        cursor.execute(
            f"update {table} set profile_id = %s where id = any(%s) and profile_id = %s",
            [former, ids, holder],
        )
    _attributes(before, holder, former, now)
    _consents(before, holder, former)
    profiles_split.send(
        sender=None,
        workspace_id=join.workspace_id,
        holder=holder,
        former=former,
        moved=before["moved"],
        now=now,
    )
    join.undone_at = now
    join.save(update_fields=["undone_at"])


def _final(profile: Profile) -> int:
    return profile.merged_into_id or profile.pk


def _within(join: Join) -> list[int]:
    """Who had been merged into the former before, and into those."""
    found: list[int] = []
    asked = [join.former_id or join.person_id]
    while asked:
        asked = list(
            Join.objects.filter(
                person__in=asked, former__isnull=False, undone_at=None, pk__lt=join.pk
            ).values_list("former_id", flat=True)
        )
        found += asked
    return found


def _attributes(before: dict[str, Any], holder: int, former: int, now: datetime) -> None:
    kept = Profile.objects.get(pk=holder)
    for key, value in before["attributes"].items():
        at = before["times"].get(key, before["at"])
        if kept.attributes.get(key) != value or kept.attribute_times.get(key, kept.attributes_at) != at:
            continue  # the other's own, or said since
        if key in before["held"]:
            kept.attributes[key], kept.attribute_times[key] = before["held"][key]
        else:
            del kept.attributes[key]
            kept.attribute_times.pop(key, None)
    kept.updated_at = now
    kept.save(update_fields=["attributes", "attribute_times", "updated_at"])
    back = Profile.objects.get(pk=former)
    back.attributes = {**before["attributes"], **back.attributes}
    back.attribute_times = {**before["times"], **back.attribute_times}
    back.attributes_at = max(before["at"], back.attributes_at)
    back.updated_at = now
    back.save(update_fields=["attributes", "attribute_times", "attributes_at", "updated_at"])


def _consents(before: dict[str, Any], holder: int, former: int) -> None:
    held = {(c["medium"], c["topic"]): c for c in before["held_consents"]}
    for given in before["consents"]:
        which = {"medium": given["medium"], "topic": given["topic"]}
        Consent.objects.get_or_create(profile_id=former, **which, defaults=given)
        kept = Consent.objects.filter(profile_id=holder, **which, state=GRANTED, at=given["at"]).first()
        if kept is None:
            continue
        own = held.get((given["medium"], given["topic"]))
        if own is None:
            kept.delete()
        else:
            Consent.objects.filter(pk=kept.pk).update(**own)
