"""Errors of the API as RFC 9457 problem details, with a JSON pointer for each field.

{"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "...",
 "errors": [{"pointer": "/properties/price", "detail": "...", "code": "invalid"}]}
"""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

MEDIA_TYPE = "application/problem+json"


class ApiProblem(Exception):
    """An expected refusal with a status of its own; `more` joins the body (a revision, say)."""

    def __init__(
        self, status: int, detail: str, *, errors: list[dict[str, str]] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.more = status, detail, errors, more


def body(
    status: int, detail: str, *, errors: list[dict[str, str]] | None = None, **more: Any
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    if errors:
        content["errors"] = errors
    return content


def response(
    status: int, detail: str, *, errors: list[dict[str, str]] | None = None, **more: Any
) -> HttpResponse:
    """The same outside of DRF."""
    return JsonResponse(body(status, detail, errors=errors, **more), status=status, content_type=MEDIA_TYPE)


def pointer(*parts: str | int) -> str:
    """RFC 6901: /a/0/b"""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. None lets what is a fault of ours become a 500 that is logged."""
    headers: dict[str, str] = {}
    status, errors, more = 500, None, {}
    match error:
        case ApiProblem():
            status, detail, errors, more = error.status, error.detail, error.errors, error.more
        case exceptions.ValidationError():
            status, detail = 400, _("Some values can't be accepted.")
            errors = list(_flatten(error.detail))
        case exceptions.APIException():
            status, detail = error.status_code, _sentence(error.detail)
            if challenge := getattr(error, "auth_header", None):
                headers["WWW-Authenticate"] = challenge
            if (wait := getattr(error, "wait", None)) is not None:
                headers["Retry-After"] = str(max(1, int(wait + 0.999)))
        case ValidationError():
            status, detail = 400, _("Some values can't be accepted.")
            errors = list(_flatten(error.message_dict if hasattr(error, "error_dict") else error.messages))
        case Http404():
            status, detail = 404, _("There is nothing here.")
        case PermissionDenied():
            status, detail = 403, str(error) or _("You may not do this.")
        case RequestDataTooBig():
            status, detail = 413, _("This is too large.")
        case _:
            return None
    set_rollback()
    answer = Response(body(status, detail, errors=errors, **more), status=status, headers=headers)
    answer.content_type = MEDIA_TYPE
    return answer


def _sentence(detail: Any) -> str:
    if isinstance(detail, Mapping):
        return " ".join(_sentence(value) for value in detail.values())
    if isinstance(detail, list):
        return " ".join(_sentence(value) for value in detail)
    return str(detail)


def _flatten(detail: Any, at: tuple[str | int, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from _flatten(value, at if key in {"non_field_errors", "__all__"} else (*at, key))
    elif isinstance(detail, list | tuple):
        # A list holds either the messages about one value, or, for a list of objects, each one's own errors.
        for index, value in enumerate(detail):
            yield from _flatten(value, (*at, index) if isinstance(value, Mapping | list) else at)
    else:
        yield {
            "pointer": pointer(*at),
            "detail": str(detail),
            "code": str(getattr(detail, "code", None) or "invalid"),
        }


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/v1/"))
