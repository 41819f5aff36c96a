"""`tests/`: the stored tests of a journey, each with how it went on the present draft."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import testing
from journeys.api.base import JourneyAPI, as_object, may_name
from journeys.api.documents import MATCH
from journeys.document.shape import DocumentError
from journeys.engine.simulate import SimulationError
from journeys.expectation_words import titles_of
from journeys.expectations import ExpectationError
from journeys.models import Journey, StoredTest
from lib import clock
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem
from workspaces.idempotency import idempotent


class TestsView(JourneyAPI):
    @extend_schema(operation_id="journey_tests", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """All tests with their results; one whose result is older than the draft is run first. Not paged: a journey
        keeps few."""
        journey = self.journey(request)
        found = testing.run(journey, clock.now())
        return Response({"next": None, "previous": None, "results": tests_as_json(journey, found)})

    @extend_schema(
        operation_id="journey_test_keep", request=OpenApiTypes.OBJECT, responses={201: OpenApiTypes.OBJECT}
    )
    @idempotent
    def post(self, request: Request, public_id: Any) -> Response:
        """Keeps a test: {"name", "given": what a simulation takes, "expect"}. Without `expect`, what happens on the
        draft now is expected from now on."""
        journey = self.journey(request, "change")
        body = as_object(request.data)
        may_name(request, _person(body.get("given")))
        with refused():
            test = testing.keep(
                self.actor(request),
                journey,
                name=_name(body) or "",
                given_=body.get("given"),
                expect=body.get("expect"),
                now=clock.now(),
            )
        testing.run(journey, clock.now())
        return _answer(journey, test.pk, status.HTTP_201_CREATED)


class TestView(JourneyAPI):
    def _test(self, request: Request, test_id: Any, verb: str = "view") -> StoredTest:
        journey = self.journey(request, verb)
        test = journey.tests.filter(public_id=test_id).first()
        if test is None:
            raise Http404
        test.journey = journey
        return test

    @extend_schema(operation_id="journey_test", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any, test_id: Any) -> Response:
        test = self._test(request, test_id)
        testing.run(test.journey, clock.now())
        return _answer(test.journey, test.pk)

    @extend_schema(
        operation_id="journey_test_patch",
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        parameters=[MATCH],
    )
    def patch(self, request: Request, public_id: Any, test_id: Any) -> Response:
        """Name, given, expect. `"expect": null`: what happens now is right, and expected from now on."""
        test = self._test(request, test_id, "change")
        require_match(request, test.revision)
        body = as_object(request.data)
        may_name(request, _person(body.get("given")))
        changes: dict[str, Any] = {name: body[name] for name in ("name", "given", "expect") if name in body}
        if "name" in changes and not _name(body):
            raise _wrong("/name", _("Give the test a name."))
        with refused():
            testing.change(self.actor(request), test, changes, now=clock.now())
        testing.run(test.journey, clock.now())
        return _answer(test.journey, test.pk)

    @extend_schema(operation_id="journey_test_delete", responses={204: None})
    def delete(self, request: Request, public_id: Any, test_id: Any) -> Response:
        testing.remove(self.actor(request), self._test(request, test_id, "change"), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class TestRunsView(JourneyAPI):
    @extend_schema(operation_id="journey_tests_run", request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, public_id: Any) -> Response:
        """Runs all tests anew on the present draft and contents."""
        journey = self.journey(request)
        found = testing.run(journey, clock.now(), anew=True)
        return Response({"next": None, "previous": None, "results": tests_as_json(journey, found)})


@contextmanager
def refused(below: str = "") -> Iterator[None]:
    """What can't be kept as a 400 that names the place; `below`: where the test stands in the request."""
    try:
        yield
    except SimulationError as error:
        raise _wrong(below + error.pointer, str(error)) from error
    except ExpectationError as error:
        raise _wrong(f"{below}/expect{error.pointer}", str(error)) from error
    except DocumentError as error:
        raise _wrong(f"{below}/given", _(error.template) % error.params) from error
    except testing.TooMany as error:
        raise ApiProblem(409, str(error)) from error


def keep_all(request: Request, journey: Journey, tests: list[dict[str, Any]], now: datetime) -> None:
    """The tests that came with a journey's export."""
    for place, test in enumerate(tests):
        may_name(request, _person(test.get("given")))
        with refused(f"/tests/{place}"):
            testing.keep(
                request.actor,  # type: ignore[attr-defined]
                journey,
                name=str(test.get("name") or ""),
                given_=test.get("given"),
                expect=test.get("expect"),
                now=now,
            )


def tests_as_json(journey: Journey, tests: list[StoredTest]) -> list[dict[str, Any]]:
    titles = titles_of(journey.draft)
    return [test_as_json(test, titles) for test in tests]


def test_as_json(test: StoredTest, titles: dict[str, str]) -> dict[str, Any]:
    divergence = test.divergence or {}
    return {
        "id": str(test.public_id),
        "name": test.name,
        "given": test.given,
        "expect": test.expect,
        "revision": test.revision,
        "created_at": test.created_at,
        "updated_at": test.updated_at,
        "result": None
        if test.ran_at is None
        else {
            "passed": test.passed,
            "ran_at": test.ran_at,
            "draft_revision": test.ran_on,
            "step": divergence.get("step"),
            "message": testing.message_of(test, titles),
            "expected": divergence.get("expected"),
            "got": divergence.get("got"),
        },
    }


def _answer(journey: Journey, pk: int, code: int = status.HTTP_200_OK) -> Response:
    test = journey.tests.get(pk=pk)
    answer = Response(test_as_json(test, titles_of(journey.draft)), status=code)
    return tagged(answer, test.revision)  # type: ignore[return-value]


def _person(given: Any) -> Any:
    return given.get("person") if isinstance(given, dict) else None


def _name(body: dict[str, Any]) -> str | None:
    name = body.get("name")
    if name is not None and not isinstance(name, str):
        raise _wrong("/name", _("Give the test a name."))
    return name.strip() if name else None


def _wrong(pointer: str, detail: str) -> ApiProblem:
    return ApiProblem(400, detail, errors=[{"pointer": pointer, "detail": detail, "code": "invalid"}])
