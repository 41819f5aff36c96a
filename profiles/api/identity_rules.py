"""/api/v1/profiles/identity-rules/: which values name nobody, and whether addresses join people."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lib import clock
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem
from profiles import changing_identity_rules as rules_of
from profiles.identity_rules import Rules
from workspaces.access import require
from workspaces.actor import Actor


class IdentityRulesSerializer(serializers.Serializer[Any]):
    blocked = serializers.ListField(
        child=serializers.CharField(max_length=rules_of.LONGEST),
        max_length=rules_of.MOST,
        help_text="Values that name nobody, in any case; beside null, undefined, 0000 and the like.",
    )
    email_joins = serializers.BooleanField(
        help_text="One e-mail joins visitors to the user who has it. Never two users."
    )
    phone_joins = serializers.BooleanField(help_text="The same of phone numbers.")

    def validate_blocked(self, values: list[str]) -> frozenset[str]:
        try:
            return rules_of.blocked(values)
        except rules_of.Unfit as unfit:
            raise serializers.ValidationError(str(unfit)) from None


class IdentityRulesActions:
    """Part of the view set of profiles."""

    @extend_schema(request=IdentityRulesSerializer, responses=IdentityRulesSerializer)
    @action(detail=False, methods=["get", "put"], url_path="identity-rules")
    def identity_rules(self, request: Request) -> Response:
        """The rules of the workspace. PUT replaces them, for calls that come from then on (within seconds); needs
        If-Match."""
        actor: Actor = request.actor  # type: ignore[attr-defined]
        require(actor, "people.view" if request.method == "GET" else "sources.manage")
        rules = rules_of.current(actor.workspace.pk)
        if request.method == "PUT":
            seen = rules_of.revision(rules)
            require_match(request, seen)
            serializer = IdentityRulesSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            try:
                rules = rules_of.replace(actor, Rules(**serializer.validated_data), clock.now(), seen=seen)
            except rules_of.Changed:
                raise ApiProblem(412, _("Somebody has changed this meanwhile.")) from None
        shown = {
            "blocked": sorted(rules.blocked),
            "email_joins": rules.email_joins,
            "phone_joins": rules.phone_joins,
        }
        return tagged(Response(shown), rules_of.revision(rules))  # type: ignore[return-value]
