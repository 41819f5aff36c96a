"""`enrolments/`: who walks the journey (GET), and starting it for given people (POST)."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.api.base import JourneyAPI, as_object
from journeys.document.shape import parse
from journeys.engine import enrol, plan
from journeys.models import Enrolment, Finished, Journey
from journeys.triggers.registry import triggers
from lib import clock
from lib.pagination import NewestFirst
from lib.problems import ApiProblem
from profiles.models import Profile
from workspaces.access import require
from workspaces.idempotency import idempotent

MOST = 1000


class EnrolmentsView(JourneyAPI):
    @extend_schema(
        operation_id="journey_enrolments",
        responses=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter("state", str, description="running (default) or ended"),
            OpenApiParameter("step", str),
        ],
    )
    def get(self, request: Request, public_id: Any) -> Response:
        """Running enrolments, or with ?state=ended the ended ones, newest first."""
        journey = self.journey(request)
        require(self.actor(request), "people.view")
        ended = request.query_params.get("state") == "ended"
        rows: Any = (Finished if ended else Enrolment).objects.filter(journey_id=journey.pk)
        if step := request.query_params.get("step"):
            rows = rows.filter(step=step)
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=_ByEnrolment if ended else _ById) or []
        people = dict(
            Profile.objects.filter(pk__in=[row.profile_id for row in page]).values_list("pk", "public_id")
        )
        numbers = dict(journey.versions.values_list("pk", "number"))
        return pages.get_paginated_response([_shown(row, people, numbers) for row in page])

    @extend_schema(operation_id="journey_enrol", request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @idempotent
    def post(self, request: Request, public_id: Any) -> Response:
        """Starts the journey for people, by its `api` trigger.

        Body: {"people": [{"id"} or {"external_id"} or {"email"}, ...], "data": {...}, "trigger": "t1"}; at most 1,000
        people. `data` has to fit the trigger's schema, where it has one; the journey reads it as `entry`. With an
        Idempotency-Key the same call starts nobody twice. Answer: {"entered": n, "refused": [{"index", "reason"}]}.
        """
        journey = self.journey(request, "change")
        if journey.state != "live" or journey.live is None:
            raise ApiProblem(409, _("Only a live journey can be entered."))
        body = as_object(request.data)
        trigger = _trigger(journey, body.get("trigger"))
        wanted, data = body.get("people"), body.get("data", {})
        if not isinstance(wanted, list) or not wanted or len(wanted) > MOST:
            raise _wrong("/people", _("Give a list of 1 to %(most)s people.") % {"most": MOST})
        if not isinstance(data, dict):
            raise _wrong("/data", _("The data must be an object."))
        _check_payload(journey, trigger, data)
        found, refused = _people(journey, wanted)
        entered = enrol.enrol(
            journey.live.pk, trigger, [p for _index, p in found], [data] * len(found), clock.now()
        )
        entered_people = set(entered)
        refused += [
            {"index": index, "reason": _("She is in the journey already, or may not enter again yet.")}
            for index, person in found
            if person not in entered_people
        ]
        return Response(
            {"entered": len(entered), "refused": sorted(refused, key=lambda row: row["index"])}, status=201
        )


class _ById:
    ordering = ("-id",)


class _ByEnrolment:
    ordering = ("-enrolment_id",)


def _shown(row: Any, people: dict[int, Any], numbers: dict[int, int]) -> dict[str, Any]:
    common = {
        "profile": people.get(row.profile_id),
        "version": numbers.get(row.version_id),
        "trigger": row.trigger,
        "instance_key": row.instance_key or None,
        "step": row.step,
        "entered_at": row.entered_at,
    }
    if isinstance(row, Finished):
        return {
            "id": str(row.enrolment_id),
            **common,
            "ended_at": row.ended_at,
            "reason": row.reason,
            "outcome": row.outcome or None,
        }
    return {
        "id": str(row.pk),
        **common,
        "arrived_at": row.arrived_at,
        "due_at": row.due_at,
        "ended_at": None,
        "reason": None,
    }


def _trigger(journey: Journey, wanted: Any) -> str:
    assert journey.live is not None
    document = parse(journey.live.document)
    by_api = [t.key for t in document.triggers.values() if getattr(triggers.get(t.kind), "by_api", False)]
    if not by_api:
        raise ApiProblem(409, _("The live version has no API trigger."))
    if wanted is None:
        return by_api[0]
    if wanted not in by_api:
        raise _wrong("/trigger", _("There is no API trigger of this key."))
    return str(wanted)


def _check_payload(journey: Journey, trigger: str, data: dict[str, Any]) -> None:
    assert journey.live is not None
    way = plan.load([journey.live.pk])[journey.live.pk].triggers[trigger]
    if faults := way.kind.payload_faults(way.settings, data):
        detail = _("The data is not what this journey wants.")
        raise ApiProblem(
            400,
            detail,
            errors=[{"pointer": f"/data{at}", "detail": text, "code": "schema"} for at, text in faults],
        )


def _people(journey: Journey, wanted: list[Any]) -> tuple[list[tuple[int, int]], list[dict[str, Any]]]:
    """([(index, profile id)], refused): one query a way of naming people."""
    by: dict[str, dict[str, list[int]]] = {"id": {}, "external_id": {}, "email": {}}
    refused = []
    for index, one in enumerate(wanted):
        way = next((name for name in by if isinstance(one, dict) and isinstance(one.get(name), str)), None)
        if way is None:
            refused.append({"index": index, "reason": _("Name the person by id, external_id or email.")})
        else:
            value = one[way].lower() if way == "email" else one[way]
            by[way].setdefault(value, []).append(index)
    found: list[tuple[int, int]] = []
    rows = Profile.objects.filter(workspace_id=journey.workspace_id, merged_into=None, erased_at=None)
    for way, column in (("id", "public_id"), ("external_id", "external_id"), ("email", "email")):
        values = [value for value in by[way] if way != "id" or _is_uuid(value)]
        there = (
            {
                str(value): pk
                for pk, value in rows.filter(**{f"{column}__in": values}).values_list("pk", column)
            }
            if values
            else {}
        )
        for value, indexes in by[way].items():
            for index in indexes:
                if value in there:
                    found.append((index, there[value]))
                else:
                    refused.append({"index": index, "reason": _("There is no such person.")})
    return sorted(found), refused


def _is_uuid(value: str) -> bool:
    from uuid import UUID

    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _wrong(pointer: str, detail: str) -> ApiProblem:
    return ApiProblem(400, detail, errors=[{"pointer": pointer, "detail": detail, "code": "invalid"}])
