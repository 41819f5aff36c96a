"""What this package keeps of a person. Registered when Django starts (profiles.apps)."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from profiles import personal_data
from profiles.models import (
    Consent,
    ConsentChange,
    Device,
    Event,
    Identity,
    Join,
    Note,
    Pause,
    PendingConsent,
    Profile,
    Segment,
    SegmentMember,
    Source,
)
from profiles.personal_data import Row, internal, register, table


def register_all() -> None:
    register("profile", _("Profile"), ["profiles.profile"], _profile, order=0)
    register(
        "identities",
        _("Known as"),
        ["profiles.identity"],
        table(Identity, "kind", "value", "created_at", order="pk"),
        order=10,
    )
    register("joins", _("Joined profiles"), ["profiles.join"], _joins, order=11)
    register("consents", _("Consents"), ["profiles.consent"], _consents, order=20)
    register("consent_history", _("History of consents"), ["profiles.consentchange"], _history, order=21)
    register(
        "consents_asked",
        _("Consents that wait for a confirmation"),
        ["profiles.pendingconsent"],
        table(PendingConsent, "medium", "topic", "asked_at", "how", "wording", "address", order="pk"),
        order=22,
    )
    register("pause", _("Pause"), ["profiles.pause"], table(Pause, "until", order="pk"), order=23)
    register(
        "devices",
        _("Devices"),
        ["profiles.device"],
        table(Device, "kind", "app", "token", "state", "first_seen_at", "last_seen_at", order="pk"),
        order=30,
    )
    register("segments", _("Segments"), ["profiles.segmentmember"], _segments, order=40)
    register("events", _("Events"), ["profiles.event"], _events, order=50)
    register("notes", _("Notes"), ["profiles.note"], _notes, order=60)
    for queue in ("profiles.segmentmoment", "profiles.segmentlook"):
        internal(queue, "When to look at her next for a segment; the segment itself is shown.")
    for model in ("profiles.computedstate", "profiles.computedtally"):
        internal(model, "Working figures of computed attributes: what comes of them stands in the profile.")
    internal(
        "profiles.segmentchange", "A note for the engine, gone within seconds; the segment itself is shown."
    )


def _profile(profile: Profile, ids: list[int]) -> Iterator[Row]:
    yield {
        "id": str(profile.public_id),
        "external_id": profile.external_id,
        "attributes": profile.attributes,
        "created_at": profile.created_at,
        "updated_at": profile.updated_at,
        "merged": [
            str(other) for other in Profile.objects.filter(pk__in=ids[1:]).values_list("public_id", flat=True)
        ],
    }


def _joins(profile: Profile, ids: list[int]) -> Iterator[Row]:
    """What she was before stands in what she is; the log says when, and by which name."""
    rows = Join.objects.filter(person_id__in=ids).order_by("pk")
    yield from map(dict, rows.values("at", "kind", "value", "how", "message_id", "undone_at"))


def _consents(profile: Profile, ids: list[int]) -> Iterator[Row]:
    fields = ("medium", "topic", "state", "at", "how", "wording")
    yield from Consent.objects.filter(profile_id__in=ids).order_by("medium", "topic").values(*fields)


def _history(profile: Profile, ids: list[int]) -> Iterator[Row]:
    fields = ("medium", "topic", "state", "at", "recorded_at", "how", "wording", "ip", "user_agent")
    names = _sources(profile)
    rows = ConsentChange.objects.filter(profile_id__in=ids).order_by("at", "pk")
    for row in rows.values(*fields, "source_id").iterator(personal_data.CHUNK):
        told: Row = dict(row)
        told["source"] = names.get(told.pop("source_id"), "")
        yield told


def _events(profile: Profile, ids: list[int]) -> Iterator[Row]:
    fields = ("ts", "name", "properties", "context", "received_at")
    names = _sources(profile)
    rows = Event.objects.filter(profile_id__in=ids).order_by("ts", "pk")
    for row in rows.values(*fields, "source_id").iterator(personal_data.CHUNK):
        told: Row = dict(row)
        told["source"] = names.get(told.pop("source_id"), "")
        yield told


def _segments(profile: Profile, ids: list[int]) -> Iterator[Row]:
    names = dict(Segment.objects.filter(workspace_id=profile.workspace_id).values_list("pk", "name"))
    for segment_id, since in SegmentMember.objects.filter(profile_id__in=ids).values_list(
        "segment_id", "since"
    ):
        yield {"segment": names.get(segment_id, ""), "since": since}


def _notes(profile: Profile, ids: list[int]) -> Iterator[Row]:
    for note in Note.objects.filter(profile_id__in=ids).select_related("author").order_by("created_at", "pk"):
        author = note.author.name if note.author else ""
        yield {"text": note.text, "author": author, "at": note.created_at, "edited_at": note.edited_at}


def _sources(profile: Profile) -> dict[int | None, str]:
    rows = Source.objects.filter(workspace_id=profile.workspace_id)
    return dict(rows.values_list("pk", "name"))
