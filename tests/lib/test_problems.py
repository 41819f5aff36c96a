import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, serializers

from lib import problems
from lib.problems import ApiProblem, exception_handler


class Line(serializers.Serializer):
    price = serializers.IntegerField()


class Order(serializers.Serializer):
    name = serializers.CharField(max_length=3)
    lines = Line(many=True)


def test_fields_are_named_by_pointers():
    order = Order(data={"name": "long", "lines": [{"price": 1}, {"price": "x"}]})
    with pytest.raises(exceptions.ValidationError) as refused:
        order.is_valid(raise_exception=True)
    answer = exception_handler(refused.value, {})
    assert answer.status_code == 400
    assert [(error["pointer"], error["code"]) for error in answer.data["errors"]] == [
        ("/name", "max_length"),
        ("/lines/1/price", "invalid"),
    ]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Http404(), 404),
        (PermissionDenied(), 403),
        (RequestDataTooBig(), 413),
        (exceptions.ParseError(), 400),
        (exceptions.MethodNotAllowed("PUT"), 405),
        (ApiProblem(412, "Stale", revision=3), 412),
    ],
)
def test_every_refusal_is_a_problem(error, status):
    answer = exception_handler(error, {})
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.data["status"] == status
    assert answer.data["title"]


def test_more_joins_the_body():
    assert exception_handler(ApiProblem(412, "Stale", revision=3), {}).data["revision"] == 3


def test_a_throttled_caller_learns_when_to_come_back():
    assert exception_handler(exceptions.Throttled(wait=2.2), {})["Retry-After"] == "3"


def test_a_fault_of_ours_stays_one():
    assert exception_handler(ZeroDivisionError(), {}) is None


def test_pointers_are_escaped():
    assert problems.pointer("a/b", 0, "c~d") == "/a~1b/0/c~0d"
