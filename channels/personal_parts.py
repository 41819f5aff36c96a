"""What this package keeps of a person: her messages as they were rendered, what became of them, addresses that must not
be written to."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from channels.models import Message, MessageEvent, Suppression
from profiles.models import Profile
from profiles.personal_data import CHUNK, Row, register


def register_all() -> None:
    register("messages", _("Messages"), ["channels.message", "channels.messagebody"], _messages, order=60)
    register("reactions", _("What became of them"), ["channels.messageevent"], _reactions, order=61)
    register("suppressions", _("Addresses that are not written to"), [], _suppressions, order=62)


def _messages(profile: Profile, ids: list[int]) -> Iterator[Row]:
    fields = (
        "public_id", "created_at", "sent_at", "delivered_at", "opened_at", "clicked_at", "medium", "topic", "address",
        "locale", "state", "reason", "error", "variables", "body__data",
    )  # fmt: skip
    rows = Message.objects.filter(profile_id__in=ids).order_by("created_at", "pk")
    for row in rows.values(*fields).iterator(CHUNK):
        told: Row = dict(row)
        told["content"] = told.pop("body__data")
        yield told


def _reactions(profile: Profile, ids: list[int]) -> Iterator[Row]:
    rows = MessageEvent.objects.filter(profile_id__in=ids).order_by("at", "pk")
    messages: dict[int, str] = dict(
        Message.objects.filter(profile_id__in=ids).values_list("pk", "public_id")  # type: ignore[arg-type]
    )
    for row in rows.values("kind", "at", "data", "message_id").iterator(CHUNK):
        told: Row = dict(row)
        told["message"] = str(messages.get(told.pop("message_id"), ""))
        yield told


def _suppressions(profile: Profile, ids: list[int]) -> Iterator[Row]:
    addresses = [address for address in (profile.email, profile.phone) if address]
    rows = Suppression.objects.filter(workspace_id=profile.workspace_id, address__in=addresses)
    yield from map(dict, rows.order_by("pk").values("medium", "address", "reason", "at"))
