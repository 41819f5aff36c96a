"""`failures/`: who was set aside after an error (GET), and `failures/resumption/`, which lets them go on (POST)."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import failures
from journeys.api.base import JourneyAPI, as_object
from journeys.models import Enrolment, Failure
from lib import clock
from lib.pagination import NewestFirst
from lib.problems import ApiProblem
from profiles import masking
from profiles.models import Profile
from workspaces.access import require


class FailuresView(JourneyAPI):
    @extend_schema(
        operation_id="journey_failures",
        responses=OpenApiTypes.OBJECT,
        parameters=[OpenApiParameter("step", str)],
    )
    def get(self, request: Request, public_id: Any) -> Response:
        """People who could not be moved on at a step and stand still until they are resumed, newest first.

        Each: {"id": of the enrolment, "profile", "step", "error": the latest, "attempts", "at"}.
        """
        journey = self.journey(request)
        require(self.actor(request), "health.view")
        rows = Failure.objects.filter(journey_id=journey.pk)
        if step := request.query_params.get("step"):
            rows = rows.filter(step=step)
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=_ByEnrolment) or []
        owners = dict(
            Enrolment.objects.filter(pk__in=[row.pk for row in page]).values_list("pk", "profile_id")
        )
        people = Profile.objects.filter(erased_at=None).in_bulk(owners.values())
        show = masking.of_request(request)
        found = [
            {
                "id": str(row.pk),
                "profile": person.public_id if person else None,
                "step": row.step,
                "error": failures.told(row.error, person, show),
                "attempts": row.attempts,
                "at": row.at,
            }
            for row in page
            for person in [people.get(owners.get(row.pk, 0))]
        ]
        return pages.get_paginated_response(found)


class ResumptionView(JourneyAPI):
    @extend_schema(
        operation_id="journey_resumption", request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT
    )
    def post(self, request: Request, public_id: Any) -> Response:
        """Lets them go on: whoever fails again is set aside again.

        Body: {"step": only those of this step, "id": only this enrolment}; both may be left out.
        Answer: {"resumed": n}.
        """
        journey = self.journey(request, "publish")
        body = as_object(request.data or {})
        step, one = body.get("step"), body.get("id")
        if step is not None and not isinstance(step, str):
            raise _wrong("/step", _("This must be the key of a step."))
        if one is not None and not (isinstance(one, str) and failures.is_id(one)):
            raise _wrong("/id", _("This is no enrolment's id."))
        wanted = [step] if step is not None else failures.steps_of(journey)
        only = int(one) if one is not None else None
        count = sum(failures.resume(self.actor(request), journey, key, clock.now(), only) for key in wanted)
        return Response({"resumed": count})


class _ByEnrolment:
    ordering = ("-enrolment_id",)


def _wrong(pointer: str, detail: str) -> ApiProblem:
    return ApiProblem(400, detail, errors=[{"pointer": pointer, "detail": detail, "code": "invalid"}])
