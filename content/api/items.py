"""content/: what messages say; list, read, write, put away, look at as somebody gets it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from content import check, editing, preview, queries
from content.api.serializers import (
    ItemSerializer,
    PreviewRequestSerializer,
    PreviewSerializer,
    VersionSerializer,
    WriteSerializer,
)
from content.editing import Changes
from content.models import Item, ItemVersion
from content.personalise import Draft
from content.pinning import words
from lib import clock
from lib.pagination import NewestFirst
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem, pointer
from profiles.models import Profile
from workspaces.access import get_or_404, require
from workspaces.actor import Actor
from workspaces.idempotency import idempotent

EXAMPLE = {
    "name": "Welcome",
    "medium": "email",
    "team": "email",
    "default_locale": "en",
    "variants": {
        "en": {
            "subject": "Welcome, {{ person.first_name | default: 'friend' }}",
            "preheader": "Good to have you",
            "format": "html",
            "body": '<p>Hello</p><p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>',
        }
    },
}
FILTERS = [
    OpenApiParameter("q", str, description="Words in the name, the short name or the content"),
    OpenApiParameter("slug", str),
    OpenApiParameter("medium", str, description="email, sms"),
    OpenApiParameter("team", str, description="A team's slug"),
]


class ItemViewSet(GenericViewSet[Item]):
    serializer_class = ItemSerializer
    pagination_class = NewestFirst
    filter_backends: list[Any] = []
    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Item]:
        if getattr(self, "swagger_fake_view", False):
            return Item.objects.none()
        return queries.present(self._actor())

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request) -> Response:
        rows = queries.search(self.get_queryset(), request.query_params.get("q", ""))
        for name, column in (("slug", "slug"), ("medium", "medium"), ("team", "team__slug")):
            if value := request.query_params.get(name):
                rows = rows.filter(**{column: value.replace("\x00", "")})
        page = self.paginate_queryset(rows) or []
        return self.get_paginated_response(ItemSerializer(page, many=True).data)

    def retrieve(self, request: Request, public_id: UUID) -> Response:
        return self._answer(self._item("view"))

    @extend_schema(
        request=WriteSerializer,
        responses={201: ItemSerializer},
        examples=[OpenApiExample("A mail", EXAMPLE, request_only=True)],
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Without `slug` one is made from the name; without `variants` it begins empty in `default_locale`."""
        require(self._actor(), "content.create")
        given = self._given(request, partial=False)
        try:
            item = editing.create(
                self._actor(),
                name=given["name"],
                medium=given["medium"],
                team=given.get("team") or "",
                slug=given.get("slug") or "",
                default_locale=given.get("default_locale") or next(iter(given.get("variants") or {}), ""),
                variants=given.get("variants"),
                now=clock.now(),
            )
        except ValidationError as error:
            raise refused(error) from error
        return self._answer(item, status.HTTP_201_CREATED)

    @extend_schema(request=WriteSerializer)
    def update(self, request: Request, public_id: UUID) -> Response:
        """Everything anew. Needs If-Match."""
        return self._change(request, partial=False)

    @extend_schema(request=WriteSerializer(partial=True))
    def partial_update(self, request: Request, public_id: UUID) -> Response:
        """Only what is given changes; a language given in `variants` is replaced, null takes it away, the others stay.
        Needs If-Match."""
        return self._change(request, partial=True)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: UUID) -> Response:
        """Put away: no longer listed or offered. What messages on their way hold of it stays."""
        editing.archive(self._actor(), self._item("delete"), clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=PreviewRequestSerializer, responses=PreviewSerializer)
    @action(detail=True, methods=["post"], pagination_class=None)
    def preview(self, request: Request, public_id: UUID) -> Response:
        """As one person would get it. A template that can't be rendered is a 422 with the place."""
        item = self._item("view")
        body = PreviewRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        person = dict(given.get("attributes") or {})
        if public := given.get("profile"):
            require(self._actor(), "people.view")
            try:
                person = preview.person_of(self._actor(), get_or_404(self._actor(), Profile, public))
            except Http404 as missing:
                raise serializers.ValidationError({"profile": _("There is no such person.")}) from missing
        variables = preview.variables_for(
            self._actor().workspace, person, entry=given.get("entry"), context=given.get("context")
        )
        draft = Draft(item.medium, item.default_locale, words(item))
        made = preview.render(draft, given.get("locale") or str(person.get("locale") or ""), variables)
        if made.error:
            place = pointer("variants", made.locale, made.error.place) if made.error.place else ""
            errors = [{"pointer": place, "detail": made.error.message, "code": "template"}]
            raise ApiProblem(422, _("This content can't be rendered."), errors=errors, line=made.error.line)
        return Response({"locale": made.locale, "content": made.data})

    @extend_schema(responses=VersionSerializer(many=True))
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, public_id: UUID) -> Response:
        """What went out, newest first: a version is kept the first time a message needs these words."""
        rows = ItemVersion.objects.filter(item=self._item("view"))
        page = self.paginate_queryset(rows) or []  # type: ignore[arg-type]
        return self.get_paginated_response(VersionSerializer(page, many=True).data)  # type: ignore[arg-type]

    @extend_schema(
        responses={
            200: {
                "type": "object",
                "properties": {"problems": {"type": "array", "items": {"type": "object"}}},
            }
        }
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def problems(self, request: Request, public_id: UUID) -> Response:
        item = self._item("view")
        found = check.problems(
            item.medium, item.default_locale, words(item), check.known_of(self._actor().workspace)
        )
        return Response({"problems": [problem.as_json() for problem in found]})

    def _change(self, request: Request, *, partial: bool) -> Response:
        item = self._item("change")
        require_match(request, item.revision)
        given = self._given(request, partial=partial)
        if given.get("medium", item.medium) != item.medium:
            raise serializers.ValidationError({"medium": _("The medium stays. Make another content.")})
        variants = given.get("variants")
        if partial and variants is not None:
            variants = {
                locale: data for locale, data in {**words(item), **variants}.items() if data is not None
            }
        team = given.get("team", ...)
        changes = Changes(
            name=given.get("name"),
            slug=given.get("slug"),
            team=None if team is ... else (team or "",),
            default_locale=given.get("default_locale"),
            variants=variants,
        )
        try:
            item = editing.change(self._actor(), item, item.revision, changes, clock.now())
        except editing.Conflict as conflict:
            raise ApiProblem(
                412, _("Somebody has changed this meanwhile."), revision=conflict.revision
            ) from conflict
        except ValidationError as error:
            raise refused(error) from error
        return self._answer(item)

    def _given(self, request: Request, *, partial: bool) -> dict[str, Any]:
        body = WriteSerializer(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def _actor(self) -> Actor:
        return self.request.actor  # type: ignore[no-any-return, attr-defined]

    def _item(self, verb: str) -> Item:
        item = get_or_404(self._actor(), Item, self.kwargs["public_id"], verb, related=("team", "updated_by"))
        if item.archived_at is not None:
            raise Http404
        return item

    def _answer(self, item: Item, code: int = status.HTTP_200_OK) -> Response:
        return tagged(Response(ItemSerializer(item).data, status=code), item.revision)  # type: ignore[return-value]


def refused(error: ValidationError) -> ApiProblem:
    """variants.en.subject -> /variants/en/subject"""
    errors = [
        {"pointer": pointer(*name.split(".")), "detail": message, "code": "invalid"}
        for name, messages in error.message_dict.items()
        for message in messages
    ]
    return ApiProblem(400, _("Some values can't be accepted."), errors=errors)
