"""/api/v1/profiles/{id}/joins/: how a profile came together, and the undo of a wrong join."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lib import clock
from lib.problems import ApiProblem
from profiles import joins, masking
from profiles.models import Profile
from workspaces.actor import Actor


class JoinSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="The source whose call said so; empty: this product itself."
    )
    kind = serializers.CharField(help_text="The kind of the name that both were seen with.")
    value = serializers.CharField()
    message_id = serializers.CharField()
    former = serializers.CharField(help_text="Who it was until then.")
    how = serializers.ChoiceField(
        ["merged", "named"],
        help_text="merged: two profiles became one. named: an anonymous one became the user.",
    )
    undone_at = serializers.DateTimeField(allow_null=True)
    undone_by = serializers.CharField()
    can_undo = serializers.BooleanField()


class PartedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The profile that was split off.")


class JoinActions:
    """Part of the view set of profiles."""

    @extend_schema(responses=JoinSerializer(many=True))
    @action(detail=True, methods=["get"])
    def joins(self, request: Request, public_id: Any) -> Response:
        """When, where and by which name profiles were joined into this one, newest first."""
        profile: Profile = self._profile("people.view")  # type: ignore[attr-defined]
        show = masking.of_request(request)
        results = []
        for entry in joins.of(profile):
            shown = JoinSerializer(entry).data
            if entry.kind in ("email", "phone"):
                shown["value"] = show(entry.kind, entry.value)
            results.append(shown)
        return Response({"results": results})

    @extend_schema(request=None, responses=PartedSerializer)
    @action(detail=True, methods=["post"], url_path="joins/<int:number>/undo", url_name="join-undo")
    def undo_join(self, request: Request, public_id: Any, number: int) -> Response:
        """Parts the two again: names, events, attributes and consents go back as far as the log knows. They are not
        joined by the same name again. 409 with the reason where that can't be."""
        profile: Profile = self._profile("people.change")  # type: ignore[attr-defined]
        actor: Actor = request.actor  # type: ignore[attr-defined]
        try:
            parted = joins.undo(actor, profile, number, clock.now())
        except joins.CannotUndo as refused:
            raise ApiProblem(409, str(refused)) from None
        return Response({"id": str(parted.public_id)}, status=status.HTTP_200_OK)
