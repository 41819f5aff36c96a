"""Each request has an id, in every line it causes (in workers, too) and in the answer's X-Request-ID."""

import re
import uuid
from typing import Any

import structlog
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django_structlog import signals

HEADER = "X-Request-ID"
_READABLE = re.compile(r"[\w.:-]{1,64}", re.ASCII)


@receiver(signals.bind_extra_request_metadata)
def take_over(request: HttpRequest, log_kwargs: dict[str, Any], **_rest: object) -> None:
    """A proxy's id is taken where it is one; nobody writes texts of her own into our logs."""
    given = request.headers.get(HEADER, "")
    known = given if _READABLE.fullmatch(given) else str(uuid.uuid4())
    structlog.contextvars.bind_contextvars(request_id=known)
    log_kwargs["request"] = f"{request.method} {request.path}"


@receiver(signals.bind_extra_request_finished_metadata)
def answer(request: HttpRequest, response: HttpResponse, log_kwargs: dict[str, Any], **_rest: object) -> None:
    log_kwargs["request"] = f"{request.method} {request.path}"  # queries hold what people search for
    _put(response)


@receiver(signals.update_failure_response)
def answer_failure(response: HttpResponse, **_rest: object) -> None:
    _put(response)


def _put(response: HttpResponse) -> None:
    if known := structlog.contextvars.get_contextvars().get("request_id"):
        response.headers[HEADER] = str(known)
