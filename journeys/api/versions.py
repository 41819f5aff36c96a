"""`versions/`: what was published, frozen."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.api.base import JourneyAPI
from journeys.models import Version
from lib.pagination import NewestFirst


def _summary(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "published_at": version.published_at,
        "published_by": version.published_by.name if version.published_by else None,
        "note": version.note,
    }


class VersionsView(JourneyAPI):
    @extend_schema(operation_id="journey_versions", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """All versions, newest first, without their documents."""
        pages = NewestFirst()
        rows = (
            self.journey(request)
            .versions.select_related("published_by")
            .defer("document")
            .order_by("-number")
        )
        page = pages.paginate_queryset(rows, request, view=_ByNumber)
        return pages.get_paginated_response([_summary(version) for version in page or []])


class _ByNumber:
    ordering = ("-number",)


class VersionView(JourneyAPI):
    @extend_schema(operation_id="journey_version", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any, number: int) -> Response:
        """One version with its document."""
        version = self.journey(request).versions.select_related("published_by").filter(number=number).first()
        if version is None:
            raise Http404
        return Response(_summary(version) | {"document": version.document})
