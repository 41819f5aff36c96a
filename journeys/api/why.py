"""`profiles/{id}/journeys/{journey}/why/`: why a person is, or is not, in a journey."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from journeys.engine import why_not
from journeys.engine.explain import iso, why_json
from journeys.engine.why_not import Answer, Reason
from journeys.models import Journey
from lib import clock
from profiles import masking
from profiles.models import Profile
from workspaces.access import get_or_404, require
from workspaces.models import Workspace


class WhyView(APIView):
    @extend_schema(operation_id="profile_journey_why", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any, journey: Any) -> Response:
        """Why the person is not in the journey, and since when she is if she is.

        {"journey", "inside", "reasons": [...], "triggers": [{"trigger", "title", "reasons": [...]}]}; a reason is
        {"code", "text", "at", "until", "holds", "why": [{"condition", "value", "result", "text"}]}. `reasons` are those
        of the journey as a whole (not live, inside already, may not enter again yet), those of a trigger what it says
        of her: the event that she never did, the condition that did not hold when it was last asked, with its values.
        """
        actor = request.actor  # type: ignore[attr-defined]
        profile = get_or_404(actor, Profile, public_id)
        require(actor, "people.view")
        if profile.erased_at or profile.merged_into_id:
            raise Http404("erased or merged")
        found = get_or_404(actor, Journey, journey)
        answer = why_not.ask(profile, found, actor.workspace, clock.now(), masking.of_request(request))
        return Response(_shown(answer, actor.workspace))


def _shown(answer: Answer, workspace: Workspace) -> dict[str, Any]:
    def reasons(some: list[Reason]) -> list[dict[str, Any]]:
        return [
            {
                "code": reason.code,
                "text": reason.text,
                "at": iso(reason.at),
                "until": iso(reason.until),
                "holds": reason.holds,
                "why": why_json(reason.why, workspace),
            }
            for reason in some
        ]

    journey = answer.journey
    return {
        "journey": {"id": str(journey.public_id), "name": journey.name, "state": journey.state},
        "inside": answer.inside,
        "reasons": reasons(answer.reasons),
        "triggers": [
            {"trigger": way.trigger, "title": way.title, "reasons": reasons(way.reasons)}
            for way in answer.ways
        ],
    }
