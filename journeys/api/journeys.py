"""The journey resource itself: list, create, retrieve, update, delete."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from journeys import counts, editing
from journeys.api.base import JourneyAPI
from journeys.api.tests import keep_all
from journeys.document.shape import DocumentError, parse
from journeys.models import Journey
from lib import clock
from lib.preconditions import require_match, tagged
from workspaces.access import own_teams, require, scoped
from workspaces.models import Team


class JourneySerializer(serializers.ModelSerializer[Journey]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    team = serializers.SlugField(source="team.slug", default=None, allow_null=True)
    live_version = serializers.IntegerField(source="live.number", default=None, read_only=True)
    inside = serializers.SerializerMethodField()
    name = serializers.CharField(max_length=160, required=False)
    document = serializers.JSONField(write_only=True, required=False)
    tests = serializers.ListField(child=serializers.DictField(), write_only=True, required=False)

    class Meta:
        model = Journey
        fields = [
            "id", "name", "team", "state", "revision", "live_version", "inside", "document", "tests",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["state", "revision", "created_at", "updated_at"]

    def get_inside(self, journey: Journey) -> int:
        numbers: dict[int, dict[str, int]] = self.context.get("numbers", {})
        return numbers.get(journey.pk, {}).get("inside", 0)

    def validate_document(self, value: Any) -> Any:
        try:
            parse(value)
        except DocumentError as error:
            raise serializers.ValidationError(
                f"{error.pointer}: {_(error.template) % error.params}"
            ) from error
        return value


class JourneyViewSet(JourneyAPI, GenericViewSet[Journey]):
    serializer_class = JourneySerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    ordering = ("-created_at", "-id")

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a request
            return Journey.objects.none()
        rows = scoped(self.actor(self.request), Journey).select_related("team", "live")
        if state := self.request.query_params.get("state"):
            rows = rows.filter(state=state)
        if search := self.request.query_params.get("search"):
            rows = rows.filter(name__icontains=search)
        return rows

    def _answer(self, journeys: list[Journey], many: bool = False) -> Any:
        numbers = counts.inside_by_journey([journey.pk for journey in journeys])
        found = JourneySerializer(journeys if many else journeys[0], many=many, context={"numbers": numbers})
        return found.data

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self._answer(page or [], many=True))

    def retrieve(self, request: Request, public_id: Any) -> Response:
        journey = self.journey(request, "view")
        return tagged(Response(self._answer([journey])), journey.revision)  # type: ignore[return-value]

    def create(self, request: Request) -> Response:
        require(self.actor(request), "journeys.create")
        data, now = self._valid(request, partial=False), clock.now()
        with transaction.atomic():
            journey = editing.create_journey(
                self.actor(request),
                name=data.get("name") or (data.get("document") or {}).get("name") or "",
                team=self._team(data),
                now=now,
                document=data.get("document"),
            )
            keep_all(request, journey, data.get("tests", []), now)
        answer = Response(self._answer([journey]), status=status.HTTP_201_CREATED)
        return tagged(answer, journey.revision)  # type: ignore[return-value]

    @extend_schema(request=JourneySerializer(partial=True))
    def partial_update(self, request: Request, public_id: Any) -> Response:
        """Name and team; the document has its own resource."""
        journey = self.journey(request, "change")
        require_match(request, journey.revision)
        data = self._valid(request, partial=True)
        if "name" in data:
            draft = {**journey.draft, "name": data["name"]}
            journey = editing.save_draft(
                self.actor(request), journey, draft, revision=journey.revision, now=clock.now()
            )
        if "team" in data:
            editing.change_team(self.actor(request), journey, self._team(data), now=clock.now())
        return tagged(Response(self._answer([journey])), journey.revision)  # type: ignore[return-value]

    def destroy(self, request: Request, public_id: Any) -> Response:
        """A journey that never ran is deleted; one that ran is archived, and must be stopped before."""
        journey = self.journey(request, "delete")
        if journey.state in ("live", "paused"):
            raise serializers.ValidationError({"state": _("Stop the journey first.")})
        editing.delete_draft(self.actor(request), journey, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _valid(self, request: Request, *, partial: bool) -> dict[str, Any]:
        serializer = JourneySerializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _team(self, data: dict[str, Any]) -> Team | None:
        slug = (data.get("team") or {}).get("slug")
        if slug is None:
            return None
        team = next((team for team in own_teams(self.actor(self.request)) if team.slug == slug), None)
        if team is None:
            raise serializers.ValidationError({"team": _("You have no team “%(slug)s”.") % {"slug": slug}})
        return team
