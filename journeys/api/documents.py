"""The draft: `document/` (GET, PUT, PATCH) and `problems/`."""

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import checking, editing, testing
from journeys.api.base import JourneyAPI, as_object
from journeys.cards import cards_of
from journeys.document.shape import DocumentError, parse
from journeys.models import Journey
from lib import clock
from lib.api_json import JSONParser, MergePatchParser
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem

MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The revision you edited."
)


class DocumentView(JourneyAPI):
    parser_classes = [JSONParser, MergePatchParser]

    @extend_schema(operation_id="journey_document", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """The draft document; its ETag is the revision."""
        journey = self.journey(request)
        return tagged(Response(journey.draft), journey.revision)  # type: ignore[return-value]

    @extend_schema(
        operation_id="journey_document_put",
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        parameters=[MATCH],
    )
    def put(self, request: Request, public_id: Any) -> Response:
        """Replaces the draft. It saves whatever is wrong with it; the answer lists the problems."""
        journey = self.journey(request, "change")
        require_match(request, journey.revision)
        if request.stream is None:  # no body at all, which is no empty document
            raise ApiProblem(400, gettext("A document must come with the call."))
        return self._save(request, journey, as_object(request.data))

    @extend_schema(
        operation_id="journey_document_patch",
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        parameters=[MATCH],
    )
    def patch(self, request: Request, public_id: Any) -> Response:
        """Changes parts of the draft: a JSON merge patch (RFC 7396)."""
        journey = self.journey(request, "change")
        require_match(request, journey.revision)
        return self._save(request, journey, merge(journey.draft, as_object(request.data)))

    def _save(self, request: Request, journey: Journey, document: dict[str, Any]) -> Response:
        try:
            parse(document)
        except DocumentError as error:
            detail = gettext(error.template) % error.params
            raise ApiProblem(
                400, detail, errors=[{"pointer": error.pointer, "detail": detail, "code": "unreadable"}]
            ) from error
        try:
            journey = editing.save_draft(
                self.actor(request), journey, document, revision=journey.revision, now=clock.now()
            )
        except editing.Stale as stale:
            raise ApiProblem(
                412, gettext("Somebody has changed this meanwhile."), revision=stale.revision
            ) from stale
        answer = Response(
            {
                "document": journey.draft,
                "revision": journey.revision,
                "saved_at": journey.updated_at,
                "problems": [
                    *checking.problems_as_json(journey.draft, journey.workspace),
                    *testing.known_problems(journey),
                ],
                "cards": cards_of(journey.draft, journey.workspace),
            }
        )
        return tagged(answer, journey.revision)  # type: ignore[return-value]


class ProblemsView(JourneyAPI):
    @extend_schema(operation_id="journey_problems", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """What is wrong with the draft: a list of {severity, code, step, field, message, fix}. Its tests are run."""
        journey = self.journey(request)
        failed = testing.problems(journey, testing.run(journey, clock.now()))
        return Response(
            {
                "revision": journey.revision,
                "problems": [
                    *checking.problems_as_json(journey.draft, journey.workspace),
                    *(problem.as_dict() for problem in failed),
                ],
            }
        )


def merge(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    base = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = merge(base.get(key), value)
    return base
