"""/api/v1/segments/: named conditions, worked out where they are used; `preview/` counts one that is not saved yet."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from lib import clock
from lib.problems import ApiProblem
from profiles.conditions import Compiled, ConditionError, audience, audience_count, compile_condition
from profiles.models import Profile, Segment
from workspaces.access import get_or_404, require, scoped
from workspaces.actor import Actor

SAMPLE = 10


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    slug = serializers.SlugField(max_length=50)
    name = serializers.CharField(max_length=120, required=False)
    condition = serializers.JSONField()

    class Meta:
        model = Segment
        fields = ("id", "slug", "name", "condition")


class SegmentViewSet(GenericViewSet[Segment]):
    serializer_class = SegmentSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    ordering = ("-id",)
    queryset = Segment.objects.none()
    filter_backends: list[Any] = []

    def get_queryset(self) -> Any:
        return scoped(self._actor("people.view"), Segment)

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(SegmentSerializer(page, many=True).data)

    def create(self, request: Request) -> Response:
        """`slug` is what conditions name; the name is made from it where it is left out."""
        actor = self._actor("journeys.create")
        data = self._valid(request, actor, partial=False)
        data.setdefault("name", data["slug"].replace("-", " ").replace("_", " ").capitalize())
        try:
            with transaction.atomic():
                segment = Segment.objects.create(workspace=actor.workspace, **data)
        except IntegrityError as error:
            raise serializers.ValidationError(
                {"slug": _("There is a segment of this name already.")}
            ) from error
        return Response(SegmentSerializer(segment).data, status=status.HTTP_201_CREATED)

    def retrieve(self, request: Request, public_id: Any) -> Response:
        return Response(SegmentSerializer(get_or_404(self._actor("people.view"), Segment, public_id)).data)

    @extend_schema(request=SegmentSerializer(partial=True))
    def partial_update(self, request: Request, public_id: Any) -> Response:
        """Name and condition; the slug stays, since journeys name it."""
        actor = self._actor("journeys.create")
        segment = get_or_404(actor, Segment, public_id)
        data = self._valid(request, actor, partial=True)
        changed = [name for name in ("name", "condition") if name in data]
        for name in changed:
            setattr(segment, name, data[name])
        segment.save(update_fields=changed)
        return Response(SegmentSerializer(segment).data)

    def destroy(self, request: Request, public_id: Any) -> Response:
        """A condition that names it holds for nobody afterwards."""
        get_or_404(self._actor("journeys.create"), Segment, public_id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """{"condition": {...}} gives the count of people for whom it holds, and ten of them."""
        actor = self._actor("people.view")
        body = request.data if isinstance(request.data, dict) else {}
        compiled = _compiled(body.get("condition"), actor)
        now, workspace = clock.now(), actor.workspace
        ids = audience(compiled, workspace.pk, now, limit=SAMPLE, zone=workspace.time_zone)
        people = Profile.objects.in_bulk(ids)
        return Response(
            {
                "count": audience_count(compiled, workspace.pk, now, zone=workspace.time_zone),
                "sample": [
                    {"id": people[pk].public_id, "name": people[pk].display_name}
                    for pk in ids
                    if pk in people
                ],
            }
        )

    def _actor(self, ability: str) -> Actor:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        require(actor, ability)
        return actor

    def _valid(self, request: Request, actor: Actor, *, partial: bool) -> dict[str, Any]:
        serializer = SegmentSerializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        if "condition" in serializer.validated_data:
            _compiled(serializer.validated_data["condition"], actor)
        return dict(serializer.validated_data)


def _compiled(condition: Any, actor: Actor) -> Compiled:
    try:
        compiled = compile_condition(condition, actor.workspace.pk, "/condition")
    except ConditionError as error:
        errors = [{"pointer": at, "detail": message, "code": "condition"} for at, message in error.problems]
        raise ApiProblem(400, _("The condition can't be read."), errors=errors) from error
    if outside := [leaf.pointer for leaf in compiled.outside_audience()]:
        detail = _("This only means something inside a journey.")
        raise ApiProblem(
            400, detail, errors=[{"pointer": at, "detail": detail, "code": "condition"} for at in outside]
        )
    return compiled
