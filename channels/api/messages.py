"""messages/: what was sent to whom, what became of it, and what it said. Read only."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from channels import links, origins, reasons
from channels.media import Medium, mask
from channels.models import Account, Message, MessageBody, MessageEvent
from profiles import masking
from profiles.models import Profile
from workspaces.access import require, scoped

Redact = Callable[[str], str]
STATES = [(state, state) for state in reasons.STATES]


class MessageFilter(django_filters.FilterSet):
    profile = django_filters.UUIDFilter(method="of_profile", label="id of the person")
    journey = django_filters.UUIDFilter(method="of_journey", label="id of the journey")
    step = django_filters.CharFilter(label="key of the step")
    state = django_filters.ChoiceFilter(choices=STATES)
    medium = django_filters.ChoiceFilter(choices=[(medium.value, medium.value) for medium in Medium])
    reason = django_filters.CharFilter()

    class Meta:
        model = Message
        fields: list[str] = []

    def of_profile(self, rows: QuerySet[Message], _name: str, value: UUID) -> QuerySet[Message]:
        people = Profile.objects.filter(public_id=value, workspace_id=self._workspace())
        return rows.filter(profile_id__in=people.values("pk"))

    def of_journey(self, rows: QuerySet[Message], _name: str, value: UUID) -> QuerySet[Message]:
        return rows.filter(journey_id=origins.find(self._workspace(), value) or 0)

    def _workspace(self) -> int:
        actor: Any = self.request.actor  # type: ignore[union-attr]
        return int(actor.workspace.pk)


class MessageSerializer(serializers.ModelSerializer[Message]):
    """`reason` is a word for programs, `reason_text` the sentence for people. Addresses are masked for roles that may
    not see them."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    profile = serializers.SerializerMethodField(help_text="id of the person; null for a test of a channel")
    journey = serializers.SerializerMethodField(help_text="id of the journey")
    channel = serializers.SerializerMethodField(help_text="id of the channel it goes by")
    address = serializers.SerializerMethodField()
    reason_text = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            "id", "profile", "journey", "step", "medium", "channel", "topic", "transactional", "address", "locale",
            "state", "reason", "reason_text", "error", "created_at", "due_at", "expires_at", "sent_at",
            "delivered_at", "opened_at", "clicked_at", "provider_id",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_profile(self, message: Message) -> str | None:
        return self._known("profiles", message.profile_id)

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_journey(self, message: Message) -> str | None:
        return self._known("journeys", message.journey_id)

    @extend_schema_field({"type": "string", "format": "uuid", "nullable": True})
    def get_channel(self, message: Message) -> str | None:
        return self._known("accounts", message.account_id)

    def get_address(self, message: Message) -> str:
        return address_of(message, self.context["show"])

    def get_reason_text(self, message: Message) -> str:
        return reasons.of(message)

    def _known(self, table: str, key: int | None) -> str | None:
        names: Mapping[int, Any] = self.context.get(table, {})
        found = names.get(key or 0)
        return str(found) if found else None


class MessageEventSerializer(serializers.ModelSerializer[MessageEvent]):
    class Meta:
        model = MessageEvent
        fields = ["kind", "at", "data"]
        read_only_fields = fields


class FullMessageSerializer(MessageSerializer):
    """With what became of it, oldest first, and what was sent (null before it was)."""

    events = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()

    class Meta(MessageSerializer.Meta):
        fields = [*MessageSerializer.Meta.fields, "events", "content"]
        read_only_fields = fields

    @extend_schema_field(MessageEventSerializer(many=True))
    def get_events(self, message: Message) -> Any:
        rows = MessageEvent.objects.filter(message_id=message.pk).order_by("at", "id")
        show, redact = self.context["show"], self._redact(message)
        return [
            {**row, "data": {key: show(key, _each(value, redact)) for key, value in row["data"].items()}}
            for row in MessageEventSerializer(rows, many=True).data
        ]

    def _redact(self, message: Message) -> Redact:
        return masking.redactor(
            self.context["attributes"].get(message.profile_id) or {}, self.context["show"]
        )

    @extend_schema_field({"type": "object", "nullable": True})
    def get_content(self, message: Message) -> dict[str, Any] | None:
        body = MessageBody.objects.filter(message_id=message.pk).first()
        return shown(message, body.data, self._redact(message), self.context["show"]) if body else None


class MessageViewSet(GenericViewSet[Message]):
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Message]:
        if getattr(self, "swagger_fake_view", False):
            return Message.objects.none()
        require(self.request.actor, "people.view")  # type: ignore[attr-defined]
        return scoped(self.request.actor, Message)  # type: ignore[attr-defined]

    def list(self, request: Request) -> Response:
        """Newest first."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(
            MessageSerializer(page, many=True, context=self._context(page)).data
        )

    @extend_schema(responses=FullMessageSerializer)
    def retrieve(self, request: Request, public_id: UUID) -> Response:
        message = self.get_object()
        return Response(FullMessageSerializer(message, context=self._context([message])).data)

    def _context(self, messages: Sequence[Message]) -> dict[str, Any]:
        """The public names of what the messages point to: a query a table."""
        people = Profile.objects.filter(pk__in={message.profile_id for message in messages})
        known = {pk: (name, given) for pk, name, given in people.values_list("pk", "public_id", "attributes")}
        accounts = Account.objects.filter(
            pk__in={message.account_id for message in messages if message.account_id}
        )
        found = origins.describe([message.journey_id for message in messages])
        return {
            "show": masking.of_request(self.request),
            "profiles": {pk: name for pk, (name, _given) in known.items()},
            "attributes": {pk: given for pk, (_name, given) in known.items()},
            "accounts": dict(accounts.values_list("pk", "public_id")),
            "journeys": {key: origin.id for key, origin in found.items()},
        }


def address_of(message: Message, show: masking.Show) -> str:
    name = {"email": "email", "sms": "phone"}.get(message.medium, "address")
    open_ = show(name, message.address) == message.address
    return message.address if open_ else mask(message.medium, message.address)


def shown(message: Message, data: Mapping[str, Any], redact: Redact, show: masking.Show) -> dict[str, Any]:
    """What was sent, for colleagues' eyes: the customer's own keys (her unsubscribe and view links) are cut out, and
    what the reader may not see of her."""
    secret = [links.unsubscribe_url(message.public_id), links.view_url(message.public_id)]

    def clean(text: Any) -> Any:
        if isinstance(text, list):
            return [{key: clean(value) for key, value in row.items()} for row in text]
        if not isinstance(text, str):
            return text
        for link in secret:
            text = text.replace(link, link.rpartition("/")[0] + "/…")
        if message.address:
            text = text.replace(message.address, address_of(message, show))
        return redact(text)

    return {key: clean(value) for key, value in data.items()}


def _each(value: Any, redact: Redact) -> Any:
    return redact(value) if isinstance(value, str) else value
