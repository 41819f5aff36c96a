"""channels/: the ways out, and a test through them."""

import hashlib
import json
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from channels import accounts as actions
from channels.adapters.forms import COMMON
from channels.adapters.registry import adapters
from channels.api.messages import MessageSerializer
from channels.models import Account
from lib import clock
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem
from profiles import masking
from workspaces.access import get_or_404, own_teams, require, scoped
from workspaces.actor import Actor
from workspaces.idempotency import idempotent


class AccountSerializer(serializers.ModelSerializer[Account]):
    """`settings` are the fields of the kind's form. Secrets among them are taken, never shown: `secrets` names those
    that are set."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    team = serializers.SlugField(source="team.slug", default=None, allow_null=True)
    kind = serializers.CharField(help_text="smtp, twilio, web_push, fcm, …; fixed once made")
    settings = serializers.DictField(required=False)
    secrets = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = [
            "id",
            "name",
            "medium",
            "kind",
            "team",
            "is_default",
            "is_active",
            "settings",
            "secrets",
            "created_at",
        ]
        read_only_fields = ["medium", "created_at"]

    def get_secrets(self, account: Account) -> list[str]:
        return sorted(name for name, value in actions.stored_secrets(account).items() if value)


class TestMessageSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(
        max_length=2000, help_text="push: a device's token, or a person's email or user id"
    )


class AccountViewSet(GenericViewSet[Account]):
    serializer_class = AccountSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Account]:
        if getattr(self, "swagger_fake_view", False):
            return Account.objects.none()
        return scoped(self._actor(), Account).select_related("team")

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(AccountSerializer(page, many=True).data)

    def retrieve(self, request: Request, public_id: UUID) -> Response:
        return self._answer(self._account("view"))

    @extend_schema(
        examples=[
            OpenApiExample(
                "A mail server",
                {
                    "name": "Mail",
                    "kind": "smtp",
                    "settings": {
                        "host": "smtp.example.com",
                        "port": 587,
                        "security": "starttls",
                        "from_address": "a@example.com",
                    },
                },
                request_only=True,
            )
        ]
    )
    @idempotent
    def create(self, request: Request) -> Response:
        require(self._actor(), "channels.manage")
        given = self._given(request, partial=False)
        adapter = adapters.get(given["kind"])
        if adapter is None:
            raise serializers.ValidationError({"kind": _("There is no such kind of channel.")})
        form = actions.form_for(adapter, self._actor(), own_teams(self._actor()), _flat(given, {}))
        _refuse(form)
        return self._answer(
            actions.create(self._actor(), adapter, form, clock.now()), status.HTTP_201_CREATED
        )

    @extend_schema(request=AccountSerializer(partial=True))
    def partial_update(self, request: Request, public_id: UUID) -> Response:
        """Only what is given changes; `settings` too are merged by name. Needs If-Match."""
        account = self._account("change")
        require_match(request, _revision(account))
        given = self._given(request, partial=True)
        if given.get("kind", account.kind) != account.kind:
            raise serializers.ValidationError({"kind": _("The kind of a channel stays. Make another one.")})
        team = account.team.slug if account.team else None
        before = {"name": account.name, "team": team, "is_default": account.is_default}
        data = _flat({**before, **given}, account.settings)
        form = actions.form_for(
            self._adapter(account), self._actor(), own_teams(self._actor()), data, account
        )
        _refuse(form)
        actions.change(self._actor(), account, form, clock.now())
        if "is_active" in given:
            actions.switch(self._actor(), account, given["is_active"], clock.now())
        return self._answer(account)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: UUID) -> Response:
        """What waits for it goes by the default channel of its medium."""
        actions.delete(self._actor(), self._account("change"), clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=TestMessageSerializer, responses={202: MessageSerializer})
    @action(detail=True, methods=["post"], url_path="test-message")
    @idempotent
    def test_message(self, request: Request, public_id: UUID) -> Response:
        """A real message to that address, by the way that all others go. See messages/ for what becomes of it."""
        account = self._account("use")
        body = TestMessageSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            message = actions.test_message(
                account, body.validated_data["address"], get_language() or "en", clock.now()
            )
        except ValueError as error:
            raise serializers.ValidationError({"address": str(error)}) from error
        context = {"show": masking.Show({}, revealed=True), "accounts": {account.pk: account.public_id}}
        return Response(MessageSerializer(message, context=context).data, status=status.HTTP_202_ACCEPTED)

    def _actor(self) -> Actor:
        return self.request.actor  # type: ignore[no-any-return, attr-defined]

    def _account(self, verb: str) -> Account:
        return get_or_404(self._actor(), Account, self.kwargs["public_id"], verb, related=("team",))

    def _adapter(self, account: Account) -> Any:
        try:
            return actions.adapter_of(account)
        except actions.NoAdapter as missing:
            raise ApiProblem(409, _("This kind of channel is not installed.")) from missing

    def _given(self, request: Request, *, partial: bool) -> dict[str, Any]:
        serializer = AccountSerializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        if "team" in given:
            given["team"] = (
                (given["team"] or {}).get("slug") if isinstance(given["team"], dict) else given["team"]
            )
        if strange := sorted(COMMON & set(given.get("settings", {}))):
            raise serializers.ValidationError(
                {"settings": _("%(name)s stands outside of settings.") % {"name": strange[0]}}
            )
        return given

    def _answer(self, account: Account, code: int = status.HTTP_200_OK) -> Response:
        return tagged(Response(AccountSerializer(account).data, status=code), _revision(account))  # type: ignore[return-value]


def _flat(given: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """What the form reads: all side by side; what is false or empty is left out, as browsers do."""
    values = {**settings, **given.get("settings", {}), **{name: given.get(name) for name in COMMON}}
    return {name: value for name, value in values.items() if value not in (None, False, "")}


def _refuse(form: Any) -> None:
    """The form's complaints under the places where the API has these values."""
    if not form.is_valid():
        errors: dict[str, Any] = {}
        for name, complaints in form.errors.items():
            if name in COMMON or name == "__all__":
                errors[name] = list(complaints)
            else:
                errors.setdefault("settings", {})[name] = list(complaints)
        raise serializers.ValidationError(errors)


def _revision(account: Account) -> str:
    team = account.team.slug if account.team else None
    state = [account.name, team, account.settings, account.secrets, account.is_default, account.is_active]
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
