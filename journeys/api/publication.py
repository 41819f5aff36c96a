"""`publication/` (POST publishes, DELETE stops), its `plan/` for the people inside, and `pause/` (POST, DELETE)."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import changes, counts, in_flight, pausing, publishing
from journeys.api.base import JourneyAPI, as_object
from journeys.document.problems import pointer
from journeys.document.shape import DocumentError, parse
from journeys.models import Journey
from lib import clock
from lib.preconditions import require_match
from lib.problems import ApiProblem
from lib.problems import pointer as json_pointer


def _state(journey: Journey) -> dict[str, Any]:
    journey = Journey.objects.select_related("live").get(pk=journey.pk)
    return publishing.publication(journey, counts.inside_by_journey([journey.pk])[journey.pk], clock.now())


class PublicationView(JourneyAPI):
    @extend_schema(operation_id="journey_publication", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """The live version, and how many people would be affected by publishing or stopping."""
        return Response(_state(self.journey(request)))

    @extend_schema(operation_id="journey_publish", request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, public_id: Any) -> Response:
        """Publishes the draft; with If-Match only that revision. Body: {"in_flight": "finish" or "move", "plan":
        {removed step: the step its people go to, or null: they leave}, "note": ""}.

        Finish: people inside go on walking the version they walk. Move: they go on in the new one from where they
        stand; a large crowd is moved little by little, see `move` in the answer. 422 with the problems while there are
        errors.
        """
        journey = self.journey(request, "publish")
        body = as_object(request.data or {})
        in_flight_, targets = _in_flight(body)
        if request.headers.get("If-Match"):
            require_match(request, journey.revision)
        note = body.get("note", "")
        try:
            publishing.publish(
                self.actor(request),
                journey,
                now=clock.now(),
                note=note[:1000] if isinstance(note, str) else "",
                in_flight=in_flight_,
                targets=targets,
            )
        except publishing.BadTarget as bad:
            raise _invalid(json_pointer("plan", bad.step), str(bad)) from bad
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


class PlanView(JourneyAPI):
    @extend_schema(operation_id="journey_publication_plan", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """What publishing the draft would change, and what becomes of the people inside, step by step."""
        journey = self.journey(request)
        now = clock.now()
        try:
            found = in_flight.plan_of(journey, journey.draft, now)
            told = (
                changes.told(journey.live.document, journey.draft, journey.workspace) if journey.live else []
            )
        except DocumentError as error:
            raise ApiProblem(422, _(error.template) % error.params) from error
        return Response(found | {"changes": told})


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


def _in_flight(body: dict[str, Any]) -> tuple[publishing.InFlight, dict[str, str | None]]:
    chosen: Any = body.get("in_flight") or "finish"
    plan: Any = body.get("plan") or {}
    if chosen not in ("finish", "move"):
        raise _invalid("/in_flight", _("Say “finish” or “move”."))
    if not isinstance(plan, dict):
        raise _invalid("/plan", _("This must be an object with named parts."))
    for step, target in plan.items():
        if target is not None and not isinstance(target, str):
            raise _invalid(json_pointer("plan", step), _("This must be the key of a step, or null."))
    return chosen, plan


def _invalid(place: str, detail: str) -> ApiProblem:
    return ApiProblem(400, detail, errors=[{"pointer": place, "detail": detail, "code": "invalid"}])


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
