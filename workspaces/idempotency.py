"""Idempotency-Key on POST: a client that heard no answer may ask again without doing it twice."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from lib import clock
from lib.problems import ApiProblem
from workspaces.models import IdempotentRequest

KEEP = timedelta(hours=24)


def idempotent(post: Callable[..., Response]) -> Callable[..., Response]:
    """For a view's `post`. Without the header nothing changes. Refusals (4xx) are not remembered: mend and retry.

    The same key with another body: 422. While the first is still at work: 409 with Retry-After.
    """

    @wraps(post)
    def wrapper(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key:
            return post(self, request, *args, **kwargs)
        if len(key) > 255:
            raise ApiProblem(400, _("An Idempotency-Key has at most 255 characters."))
        user: Any = request.user  # signed in: the views ask for it before their methods run
        digest = hashlib.sha256(repr(request.data).encode()).hexdigest()
        try:
            with transaction.atomic():
                row = IdempotentRequest.objects.create(
                    user=user, path=request.path, key=key, digest=digest, created_at=clock.now()
                )
        except IntegrityError:
            return _again(user, request.path, key, digest)
        try:
            response = post(self, request, *args, **kwargs)
        except BaseException:
            row.delete()
            raise
        row.status = response.status_code
        row.body = _plain(response.data)
        row.save(update_fields=["status", "body"])
        return response

    return wrapper


def _again(user: Any, path: str, key: str, digest: str) -> Response:
    row = IdempotentRequest.objects.filter(user=user, path=path, key=key).first()
    if row is None or row.status is None:
        return Response(
            {"detail": _("The first request with this key is still at work.")},
            status=409,
            headers={"Retry-After": "1"},
        )
    if row.digest != digest:
        raise ApiProblem(422, _("This Idempotency-Key was used with another body."))
    return Response(row.body, status=row.status, headers={"Idempotent-Replayed": "true"})


def _plain(data: Any) -> Any:
    import json

    return json.loads(json.dumps(data, cls=DjangoJSONEncoder))


def forget(now: datetime) -> int:
    """Drops answers older than a day; a clock job calls it."""
    return IdempotentRequest.objects.filter(created_at__lt=now - KEEP).delete()[0]
