"""`simulations/people/`: customers drawn at random, to test a journey with all of them at once."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import test_people
from journeys.api.base import JourneyAPI
from lib.problems import ApiProblem
from profiles import masking
from workspaces import scopes
from workspaces.access import require

MOST = 50
_PERSON = inline_serializer(
    "TestPerson",
    {
        "id": serializers.UUIDField(),
        "name": serializers.CharField(),
        "detail": serializers.CharField(),
        "locale": serializers.CharField(allow_null=True),
    },
    many=True,
)


class TestPeopleView(JourneyAPI):
    __test__ = False

    @extend_schema(
        operation_id="journey_test_people",
        parameters=[OpenApiParameter("count", int, description=f"1 to {MOST}; 10 unless told")],
        responses=inline_serializer("TestPeople", {"results": _PERSON}),
    )
    def get(self, request: Request, public_id: Any) -> Response:
        """Other people with every call."""
        self.journey(request)
        actor = self.actor(request)
        require(actor, "people.view")
        scopes.require(request, "profiles:read")
        given = request.query_params.get("count", "10")
        if not given.isascii() or not given.isdigit() or not 1 <= int(given[:9]) <= MOST:
            detail = f"Write a number from 1 to {MOST}."
            raise ApiProblem(400, detail, errors=[{"pointer": "/count", "detail": detail, "code": "invalid"}])
        show = masking.masker(actor)
        people = test_people.some(actor, int(given))
        return Response({"results": [test_people.shown(person, show) for person in people]})
