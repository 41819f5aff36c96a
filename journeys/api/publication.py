"""`publication/` (POST publishes, DELETE stops) and `pause/` (POST, DELETE)."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import counts, pausing, publishing
from journeys.api.base import JourneyAPI, as_object
from journeys.document.problems import pointer
from journeys.document.shape import DocumentError, parse
from journeys.models import Journey
from lib import clock
from lib.preconditions import require_match
from lib.problems import ApiProblem


def _state(journey: Journey) -> dict[str, Any]:
    journey = Journey.objects.select_related("live").get(pk=journey.pk)
    return publishing.publication(journey, counts.inside_by_journey([journey.pk])[journey.pk])


class PublicationView(JourneyAPI):
    @extend_schema(operation_id="journey_publication", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """The live version, and how many people would be affected by publishing or stopping."""
        return Response(_state(self.journey(request)))

    @extend_schema(operation_id="journey_publish", request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, public_id: Any) -> Response:
        """Publishes the draft. Body: {"in_flight": "finish", "note": ""}; with If-Match only that revision.

        422 with the problems while there are errors.
        """
        journey = self.journey(request, "publish")
        body = as_object(request.data or {})
        if body.get("in_flight", "finish") != "finish":
            detail = _("People inside finish on the version they started; moving them is not offered yet.")
            raise ApiProblem(
                400, detail, errors=[{"pointer": "/in_flight", "detail": detail, "code": "invalid"}]
            )
        if request.headers.get("If-Match"):
            require_match(request, journey.revision)
        note = body.get("note", "")
        try:
            publishing.publish(
                self.actor(request), journey, now=clock.now(), note=note if isinstance(note, str) else ""
            )
        except publishing.NotPublishable as refused:
            raise _refusal(journey, refused) from refused
        except publishing.WrongState as wrong:
            raise ApiProblem(409, str(wrong)) from wrong
        return Response(_state(journey))

    @extend_schema(operation_id="journey_stop", responses=OpenApiTypes.OBJECT)
    def delete(self, request: Request, public_id: Any) -> Response:
        """Stops the journey: everyone inside ends with the reason `stopped`."""
        journey = self.journey(request, "publish")
        try:
            publishing.stop(self.actor(request), journey, now=clock.now())
        except publishing.WrongState as wrong:
            raise ApiProblem(409, str(wrong)) from wrong
        return Response(_state(journey))


class PauseView(JourneyAPI):
    @extend_schema(operation_id="journey_pause", request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, public_id: Any) -> Response:
        """Nobody moves and nothing is sent until it is resumed."""
        return self._do(request, pausing.pause)

    @extend_schema(operation_id="journey_resume", responses=OpenApiTypes.OBJECT)
    def delete(self, request: Request, public_id: Any) -> Response:
        """Goes on where it stood."""
        return self._do(request, pausing.resume)

    def _do(self, request: Request, action: Any) -> Response:
        journey = self.journey(request, "publish")
        try:
            action(self.actor(request), journey, now=clock.now())
        except publishing.WrongState as wrong:
            raise ApiProblem(409, str(wrong)) from wrong
        return Response(_state(journey))


def _refusal(journey: Journey, refused: publishing.NotPublishable) -> ApiProblem:
    try:
        document = parse(journey.draft)
        errors = [
            {"pointer": pointer(problem, document), "detail": problem.message, "code": problem.code}
            for problem in refused.problems
            if problem.severity == "error"
        ]
    except DocumentError:
        errors = []
    return ApiProblem(
        422, str(refused), errors=errors, problems=[problem.as_dict() for problem in refused.problems]
    )
