"""`versions/`: what was published, frozen; made the draft again by `restoration/`, told apart by `comparison/`."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import changes, editing
from journeys.api.base import JourneyAPI
from journeys.api.documents import MATCH
from journeys.document.shape import DocumentError
from journeys.models import Journey, Version
from lib import clock
from lib.pagination import NewestFirst
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem


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
        version = _version(self.journey(request), number)
        return Response(_summary(version) | {"document": version.document})


class RestorationView(JourneyAPI):
    @extend_schema(
        operation_id="journey_version_restore",
        request=None,
        responses=OpenApiTypes.OBJECT,
        parameters=[MATCH],
    )
    def post(self, request: Request, public_id: Any, number: int) -> Response:
        """Makes the version's document the draft; what is live stays as it is."""
        journey = self.journey(request, "change")
        version = _version(journey, number)
        require_match(request, journey.revision)
        try:
            journey = editing.restore(
                self.actor(request), journey, version, revision=journey.revision, now=clock.now()
            )
        except editing.Stale as stale:
            raise ApiProblem(
                412, _("Somebody has changed this meanwhile."), revision=stale.revision
            ) from stale
        answer = Response({"document": journey.draft, "revision": journey.revision})
        return tagged(answer, journey.revision)  # type: ignore[return-value]


_SIDE = "The number of a version, “live” or “draft”."


class ComparisonView(JourneyAPI):
    @extend_schema(
        operation_id="journey_comparison",
        responses=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter("from", str, description=f"{_SIDE} Without: live."),
            OpenApiParameter("to", str, description=f"{_SIDE} Without: draft."),
        ],
    )
    def get(self, request: Request, public_id: Any) -> Response:
        """What differs: {"changes": [{"part": journey, policy, trigger or step, "key", "name", "change": added, removed
        or changed, "lines": [{"label", "before", "after", "text"}]}]}, in the reader's language."""
        journey = self.journey(request)
        before, after = (
            request.query_params.get(name) or default for name, default in (("from", "live"), ("to", "draft"))
        )
        try:
            told = changes.told(_side(journey, before), _side(journey, after), journey.workspace)
        except DocumentError as error:
            raise ApiProblem(422, _(error.template) % error.params) from error
        return Response({"from": before, "to": after, "changes": told})


def _side(journey: Journey, name: str) -> Any:
    if name == "draft":
        return journey.draft
    if name == "live" and journey.live is not None:
        return journey.live.document
    return _version(journey, int(name) if name.isascii() and name.isdigit() and len(name) < 9 else 0).document


def _version(journey: Journey, number: int) -> Version:
    version: Version | None = journey.versions.select_related("published_by").filter(number=number).first()
    if version is None:
        raise Http404
    return version
