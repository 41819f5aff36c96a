"""What the journey resources share: the journey by public id, under the actor's rights."""

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from journeys.models import Journey
from lib.problems import ApiProblem
from workspaces import scopes
from workspaces.access import get_or_404, require
from workspaces.actor import Actor


class JourneyAPI(APIView):
    """`journey(request, verb)`: 404 for strangers, 403 for members who may not."""

    def actor(self, request: Request) -> Actor:
        return request.actor  # type: ignore[no-any-return, attr-defined]

    def journey(self, request: Request, verb: str = "view") -> Journey:
        return get_or_404(
            self.actor(request),
            Journey,
            self.kwargs["public_id"],
            verb,
            related=("team", "live", "workspace"),
        )


def may_name(request: Request, person: Any) -> None:
    """Who is simulated, or has a test kept of her: a real person's answer shows what is known of her."""
    if isinstance(person, dict) and ("id" in person or "external_id" in person):
        require(request.actor, "people.view")  # type: ignore[attr-defined]
        scopes.require(request, "profiles:read")


def as_object(data: Any) -> dict[str, Any]:
    """The body as a JSON object, or 400."""
    if not isinstance(data, dict):
        raise ApiProblem(
            400,
            "The body must be a JSON object.",
            errors=[{"pointer": "", "detail": "Not an object.", "code": "invalid"}],
        )
    return data
