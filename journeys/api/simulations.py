"""`simulations/`: what would happen to one customer, by the engine itself on a virtual clock (journeys.md 8)."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.api.base import JourneyAPI, as_object, may_name
from journeys.document.shape import DocumentError
from journeys.engine import simulate
from journeys.models import Journey
from lib import clock
from lib.problems import ApiProblem
from profiles import masking


class SimulationsView(JourneyAPI):
    @extend_schema(
        operation_id="journey_simulate", request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT
    )
    def post(self, request: Request, public_id: Any) -> Response:
        """Runs a document (null: the draft) or a version for one person, real or made up. Nothing is sent or kept."""
        journey = self.journey(request)
        body = as_object(request.data)
        person = body.get("person")
        if not isinstance(person, dict):
            raise _wrong("/person", _("Name the person, or make one up with attributes."))
        may_name(request, person)
        now = clock.now()
        start = _moment(body, "start") or now
        until = _moment(body, "until") or start + timedelta(days=90)
        if until < start:
            raise _wrong("/until", _("The end lies before the start."))
        try:
            answer = simulate.simulate(
                _document(journey, body),
                journey.workspace,
                person=person,
                start=start,
                until=until,
                events=body.get("events") or [],
                draws=body.get("draws"),
                consents=body.get("consents"),
                journey=journey,
                show=masking.of_request(request),
            )
        except DocumentError as error:
            detail = _(error.template) % error.params
            raise _wrong(f"/document{error.pointer}", detail) from error
        except simulate.SimulationError as error:
            raise _wrong(error.pointer, str(error)) from error
        return Response(answer)


def _document(journey: Journey, body: dict[str, Any]) -> Any:
    if body.get("document") is not None:
        return body["document"]
    if body.get("version") is not None:
        number = body["version"]
        found = journey.versions.filter(number=number).first() if isinstance(number, int) else None
        if found is None:
            raise _wrong("/version", _("There is no such version."))
        return found.document
    return journey.draft


def _moment(body: dict[str, Any], name: str) -> datetime | None:
    raw = body.get(name)
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _wrong(f"/{name}", _("Write a moment like 2026-01-31T09:00:00Z."))
    return moment


def _wrong(pointer: str, detail: str) -> ApiProblem:
    return ApiProblem(400, detail, errors=[{"pointer": pointer, "detail": detail, "code": "invalid"}])
