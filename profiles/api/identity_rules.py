"""/api/v1/profiles/identity-rules/: which values name nobody, and whether addresses join people."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lib import clock
from profiles import identity_rules
from profiles.models import IdentityRules
from workspaces import audit
from workspaces.access import require
from workspaces.actor import Actor

MOST = 1000


class IdentityRulesSerializer(serializers.Serializer[Any]):
    blocked = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=MOST,
        help_text="Values that name nobody, in any case; beside null, undefined, 0000 and the like.",
    )
    email_joins = serializers.BooleanField(
        help_text="One e-mail joins visitors to the user who has it. Never two users."
    )
    phone_joins = serializers.BooleanField(help_text="The same of phone numbers.")

    def validate_blocked(self, values: list[str]) -> list[str]:
        if any("\0" in value for value in values):
            raise serializers.ValidationError(_("Text may not hold NUL characters."))
        return sorted({value.strip().lower() for value in values})


class IdentityRulesActions:
    """Part of the view set of profiles."""

    @extend_schema(request=IdentityRulesSerializer, responses=IdentityRulesSerializer)
    @action(detail=False, methods=["get", "put"], url_path="identity-rules")
    def identity_rules(self, request: Request) -> Response:
        """The rules of the workspace; PUT replaces them, for calls that come from then on (within seconds)."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        require(actor, "people.view" if request.method == "GET" else "sources.manage")
        if request.method == "PUT":
            serializer = IdentityRulesSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            with transaction.atomic():
                IdentityRules.objects.update_or_create(
                    workspace=actor.workspace, defaults=serializer.validated_data
                )
                audit.record(actor, "workspace.changed", actor.workspace, at=clock.now())
        identity_rules.forget()
        rules = identity_rules.of(actor.workspace.pk)
        return Response(
            {
                "blocked": sorted(rules.blocked),
                "email_joins": rules.email_joins,
                "phone_joins": rules.phone_joins,
            }
        )
