"""`replays/`: what would have happened in the last days, by the draft and by the live version."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import replaying
from journeys.api.base import JourneyAPI, as_object
from journeys.models import Replay
from lib import clock
from lib.problems import ApiProblem
from workspaces.idempotency import idempotent


class ReplaysView(JourneyAPI):
    @extend_schema(operation_id="journey_replays", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """The last replays, newest first, without their reports. Not paged: a journey keeps few."""
        found = self.journey(request).replays.defer("report")
        return Response({"next": None, "previous": None, "results": [_summary(one) for one in found]})

    @extend_schema(
        operation_id="journey_replay_request",
        request=OpenApiTypes.OBJECT,
        responses={202: OpenApiTypes.OBJECT},
    )
    @idempotent
    def post(self, request: Request, public_id: Any) -> Response:
        """Asks for one: {"days": 30, "sample": 2000}. It is worked off in the background; `state` says how far it is.
        409 while another one is under way."""
        journey = self.journey(request)
        body = as_object(request.data or {})
        days = _number(body, "days", 30, replaying.MOST_DAYS)
        sample = _number(body, "sample", replaying.MOST_PEOPLE, replaying.MOST_PEOPLE)
        try:
            made = replaying.request(self.actor(request), journey, days=days, sample=sample, now=clock.now())
        except replaying.TooBusy as busy:
            raise ApiProblem(409, str(busy)) from busy
        return Response(_summary(made), status=status.HTTP_202_ACCEPTED)


class ReplayView(JourneyAPI):
    @extend_schema(operation_id="journey_replay", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any, replay_id: Any) -> Response:
        """One replay with its report: volumes a step and a channel a day, draft beside live."""
        found = self.journey(request).replays.filter(public_id=replay_id).first()
        if found is None:
            raise Http404
        return Response(_summary(found) | {"report": found.report})


def _summary(found: Replay) -> dict[str, Any]:
    return {
        "id": str(found.public_id),
        "state": found.state,
        "progress": found.progress,
        "days": found.days,
        "sample": found.sample,
        "revision": found.revision,
        "created_at": found.created_at,
        "finished_at": found.finished_at,
        "error": found.error or None,
    }


def _number(body: dict[str, Any], name: str, default: int, most: int) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        detail = _("Give a whole number from 1 to %(most)s.") % {"most": most}
        raise ApiProblem(400, detail, errors=[{"pointer": f"/{name}", "detail": detail, "code": "invalid"}])
    return value
