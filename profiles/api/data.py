"""/api/v1/catalogue/, computed-attributes/ and stores/: what is known of the data itself."""

import hashlib
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from lib import clock
from lib.preconditions import require_match, tagged
from profiles import data_classes
from profiles import stores as store_actions
from profiles.catalogue import editing as name_actions
from profiles.catalogue import uses
from profiles.computed import editing as computed_actions
from profiles.computed.kinds import KINDS, UNITS
from profiles.models import ComputedAttribute, KnownName, Store
from profiles.views.catalogue import name_or_404
from profiles.views.computed import share
from workspaces.access import get_or_404, require
from workspaces.actor import Actor
from workspaces.idempotency import idempotent
from workspaces.models import Team


class NameSerializer(serializers.ModelSerializer[KnownName]):
    """An event, a property of one, or an attribute, as really seen. `data_class` null: as the name suggests; what
    counts is `effective_class`. `type_changed_at` set to null says that its types are as they should be."""

    team = serializers.SlugRelatedField(
        slug_field="slug", queryset=Team.objects.none(), allow_null=True, required=False
    )
    data_class = serializers.ChoiceField(choices=list(data_classes.LABELS), allow_null=True, required=False)
    effective_class = serializers.SerializerMethodField()
    type_changed_at = serializers.DateTimeField(source="changed_at", allow_null=True, required=False)

    class Meta:
        model = KnownName
        fields = [
            "id", "kind", "event", "name", "type", "types", "examples", "total", "first_seen", "last_seen", "computed",
            "description", "team", "data_class", "effective_class", "type_changed_at",
        ]  # fmt: skip
        read_only_fields = [
            "id", "kind", "event", "name", "type", "types", "examples", "total", "first_seen", "last_seen", "computed",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if actor := self.context.get("actor"):
            self.fields["team"].queryset = Team.objects.filter(workspace=actor.workspace)  # type: ignore[attr-defined]

    def get_effective_class(self, name: KnownName) -> str:
        return name_actions.effective(name)

    def to_representation(self, name: KnownName) -> dict[str, Any]:
        return super().to_representation(name) | {"data_class": name.data_class or None}

    def validate_type_changed_at(self, value: Any) -> Any:
        if value is not None:
            raise serializers.ValidationError(_("Only null is possible here."))
        return value


class CatalogueViewSet(GenericViewSet[KnownName]):
    serializer_class = NameSerializer
    queryset = KnownName.objects.none()
    ordering = ("-id",)
    filter_backends: list[Any] = []
    lookup_value_converter = "int"

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, enum=["event", "property", "attribute"]),
            OpenApiParameter("event", str, description="Properties of that event"),
            OpenApiParameter("search", str, description="A part of the name"),
        ]
    )
    def list(self, request: Request) -> Response:
        rows = KnownName.objects.filter(workspace=_actor(self).workspace).select_related("team")
        for name, lookup in (("kind", "kind"), ("event", "event"), ("search", "name__icontains")):
            if text := request.query_params.get(name, "").replace("\0", "")[:200]:
                rows = rows.filter(**{lookup: text})
        return self.get_paginated_response(self._serialized(self.paginate_queryset(rows) or [], many=True))

    def retrieve(self, request: Request, pk: int) -> Response:
        """With `used_in`: the journeys, segments, contents and computed attributes that name it."""
        actor = _actor(self)
        return self._one(actor, name_or_404(actor, pk))

    @extend_schema(request=NameSerializer(partial=True))
    def partial_update(self, request: Request, pk: int) -> Response:
        """Description, team, class, and `type_changed_at: null`. Needs If-Match."""
        actor = _actor(self)
        name = name_or_404(actor, pk)
        require(actor, "data.edit")
        require_match(request, name_actions.revision(name))
        serializer = NameSerializer(name, data=request.data, partial=True, context={"actor": actor})
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        if "data_class" in values:
            require(actor, "people.view_sensitive")
            values["data_class"] = values["data_class"] or ""
        if "changed_at" in values:
            values["accept_type"] = True
        name_actions.change(actor, name, values, clock.now())
        return self._one(actor, name)

    def _serialized(self, data: Any, *, many: bool = False) -> Any:
        return NameSerializer(data, many=many, context={"actor": _actor(self)}).data

    def _one(self, actor: Actor, name: KnownName) -> Response:
        found = uses.read(actor).get((name.kind, name.event, name.name), [])
        told = [{"what": use.what, "title": use.title, "url": use.url} for use in found]
        return tagged(Response({**self._serialized(name), "used_in": told}), name_actions.revision(name))  # type: ignore[return-value]


class ComputedSerializer(serializers.ModelSerializer[ComputedAttribute]):
    """`where`: property tests that all must hold. `state`: filling (`progress` percent of the people are through),
    live, removing."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    kind = serializers.ChoiceField(choices=list(KINDS))
    unit = serializers.ChoiceField(choices=list(UNITS), required=False)
    where = serializers.ListField(child=serializers.DictField(), required=False)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = ComputedAttribute
        fields = [
            "id", "name", "description", "kind", "event", "property", "where", "window_days", "unit", "zone", "state",
            "progress", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["zone", "state", "created_at", "updated_at"]

    def get_progress(self, row: ComputedAttribute) -> int:
        return 100 if row.state == "live" else share(row)


class ComputedViewSet(GenericViewSet[ComputedAttribute]):
    serializer_class = ComputedSerializer
    queryset = ComputedAttribute.objects.none()
    ordering = ("-id",)
    filter_backends: list[Any] = []
    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def list(self, request: Request) -> Response:
        rows = ComputedAttribute.objects.filter(workspace=_actor(self).workspace)
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(ComputedSerializer(page, many=True).data)

    @idempotent
    def _create(self, request: Request) -> Response:
        actor = _actor(self, "data.edit")
        serializer = ComputedSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            row = computed_actions.create(actor, dict(serializer.validated_data), clock.now())
        except computed_actions.Unfit as unfit:
            raise serializers.ValidationError(unfit.problems) from None
        return self._one(row, status.HTTP_201_CREATED)

    def create(self, request: Request) -> Response:
        """It is counted for everyone by the clock; events that come meanwhile count at once."""
        return self._create(request)

    def retrieve(self, request: Request, public_id: UUID) -> Response:
        return self._one(get_or_404(_actor(self), ComputedAttribute, public_id))

    @extend_schema(request=ComputedSerializer(partial=True))
    def partial_update(self, request: Request, public_id: UUID) -> Response:
        """The name stays. Needs If-Match."""
        row = get_or_404(_actor(self), ComputedAttribute, public_id)
        actor = _actor(self, "data.edit")
        require_match(request, row.version)
        serializer = ComputedSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        if given.pop("name", row.name) != row.name:
            raise serializers.ValidationError({"name": _("The name stays: conditions use it.")})
        try:
            computed_actions.change(actor, row, given, clock.now())
        except computed_actions.Unfit as unfit:
            raise serializers.ValidationError(unfit.problems) from None
        row.refresh_from_db()
        return self._one(row)

    @extend_schema(responses={202: None})
    def destroy(self, request: Request, public_id: UUID) -> Response:
        """The clock takes it from everybody; until then its state is `removing`."""
        row = get_or_404(_actor(self), ComputedAttribute, public_id)
        computed_actions.remove(_actor(self, "data.edit"), row, clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)

    def _one(self, row: ComputedAttribute, code: int = 200) -> Response:
        return tagged(Response(ComputedSerializer(row).data, status=code), row.version)  # type: ignore[return-value]


class StoreSerializer(serializers.ModelSerializer[Store]):
    """`slug` is what conditions name: {"near": slug, "within_km": 3}."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)

    class Meta:
        model = Store
        fields = ["id", "slug", "name", "address", "latitude", "longitude", "created_at"]
        read_only_fields = ["slug", "created_at"]


class StoreViewSet(GenericViewSet[Store]):
    serializer_class = StoreSerializer
    queryset = Store.objects.none()
    ordering = ("-id",)
    filter_backends: list[Any] = []
    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(Store.objects.filter(workspace=_actor(self).workspace)) or []
        return self.get_paginated_response(StoreSerializer(page, many=True).data)

    @idempotent
    def _create(self, request: Request) -> Response:
        actor = _actor(self, "data.edit")
        serializer = StoreSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        store = store_actions.create(actor, dict(serializer.validated_data), clock.now())
        return self._one(store, status.HTTP_201_CREATED)

    def create(self, request: Request) -> Response:
        return self._create(request)

    def retrieve(self, request: Request, public_id: UUID) -> Response:
        return self._one(get_or_404(_actor(self), Store, public_id))

    @extend_schema(request=StoreSerializer(partial=True))
    def partial_update(self, request: Request, public_id: UUID) -> Response:
        """Needs If-Match."""
        store = get_or_404(_actor(self), Store, public_id)
        actor = _actor(self, "data.edit")
        require_match(request, _tag(store))
        serializer = StoreSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        store_actions.change(actor, store, dict(serializer.validated_data), clock.now())
        return self._one(store)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: UUID) -> Response:
        store = get_or_404(_actor(self), Store, public_id)
        store_actions.delete(_actor(self, "data.edit"), store, clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _one(self, store: Store, code: int = 200) -> Response:
        return tagged(Response(StoreSerializer(store).data, status=code), _tag(store))  # type: ignore[return-value]


def _tag(store: Store) -> str:
    words = f"{store.name}\0{store.address}\0{store.latitude}\0{store.longitude}"
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _actor(view: Any, ability: str = "people.view") -> Actor:
    actor: Actor = view.request.actor
    require(actor, ability)
    return actor
