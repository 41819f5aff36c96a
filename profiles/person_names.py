"""By which names sources know a person, and in which segments she is."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles import wording
from profiles.masking import Show
from profiles.models import Identity, Profile, Segment, SegmentMember

MOST = 50


@dataclass(frozen=True, slots=True)
class Name:
    label: str
    value: str
    since: datetime | None


def attribute_of(kind: str) -> str:
    """The attribute whose rule of masking holds for a name of that kind."""
    return kind if kind in ("email", "phone") else ""


def identities(profile: Profile, show: Show) -> list[Name]:
    """Her member number first, then every other name, a kind after the other; as the reader may see them."""
    found = [Name(_("Member"), profile.external_id, None)] if profile.external_id else []
    rows = Identity.objects.filter(profile=profile).exclude(kind="user_id", value=profile.external_id or "")
    return found + [
        Name(label(row.kind), show(attribute_of(row.kind), row.value), row.created_at)
        for row in rows.order_by("kind", "pk")[:MOST]
    ]


def segments(profile: Profile) -> list[tuple[Segment, datetime]]:
    """Segments whose members are kept, with the moment since when she is in them."""
    known = {one.pk: one for one in Segment.objects.filter(workspace_id=profile.workspace_id)}
    rows = SegmentMember.objects.filter(segment_id__in=list(known), profile_id=profile.pk)
    pairs = [(known[pk], since) for pk, since in rows.values_list("segment_id", "since")]
    return sorted(pairs, key=lambda pair: pair[0].name)


def label(kind: str) -> str:
    return {
        "user_id": _("Earlier member number"),
        "anonymous_id": pgettext("identity", "Browser or app"),
        "email": _("Email"),
        "phone": _("Phone"),
        "line": "LINE",
        "device": _("Device"),
        "device_token": _("Device"),
    }.get(kind) or wording.sentence_case(kind)
