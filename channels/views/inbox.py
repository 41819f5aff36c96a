"""/v1/inbox/…: what a site or an app asks for in-app messages, from its customers' browsers. Nobody signs in: the write
key says whose site it is, a signature or an anonymous id whose inbox (channels.inbox).

    POST /v1/inbox/<channel>/         {"writeKey", "userId", "userToken"} or {"writeKey", "anonymousId"}
    POST /v1/inbox/<channel>/events/  the same and {"message", "what": "seen" | "clicked" | "dismissed", "action": 0}

Bodies are JSON, whatever the content type says: a browser that leaves the page sends plain text.
"""

import hashlib
import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.throttling import BaseThrottle

from channels import inbox
from channels.adapters.base import AccountSettings
from channels.deliver import account_settings
from channels.media import Medium
from channels.models import Account
from lib import clock, problems
from profiles import write_keys
from workspaces.throttling import seconds_to_wait

MOST_BODY = 4096
LONGEST = 500
POLL_AFTER = 60  # seconds
A_MINUTE = {"person": 60, "address": 600}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}


class _Asks:
    """Who asks, of which channel; checked."""

    def __init__(self, request: HttpRequest, channel: UUID) -> None:
        self.body = _body(request)
        source = write_keys.find(self.text("writeKey"))
        if source is None:
            raise problems.ApiProblem(401, "This write key is unknown.")
        account = Account.objects.filter(
            public_id=channel, workspace_id=source.workspace_id, medium=Medium.IN_APP, is_active=True
        ).first()
        if account is None:
            raise problems.ApiProblem(404, "There is no such channel.")
        self.account = account
        user, anonymous = self.text("userId"), self.text("anonymousId")
        # Whose inbox it is counts once that is proven: nobody uses up somebody else's calls.
        _slow_down("address", f"{account.pk}:{BaseThrottle().get_ident(request)}")  # type: ignore[arg-type]
        given: AccountSettings = account_settings(account)
        try:
            self.profile_id = inbox.owner(
                account.workspace_id, given, user, self.text("userToken"), anonymous
            )
        except inbox.NotProven as refused:
            raise problems.ApiProblem(403, str(refused)) from refused
        _slow_down("person", f"{account.pk}:{user or anonymous}")

    def text(self, name: str) -> str:
        value = self.body.get(name)
        if value is None:
            return ""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or len(value) > LONGEST or not _storable(value):
            raise problems.ApiProblem(400, f"{name} must be a text of at most {LONGEST} characters.")
        return value


def _endpoint(view: Callable[[HttpRequest, UUID], HttpResponse]) -> Callable[..., HttpResponse]:
    def wrapper(request: HttpRequest, channel: UUID) -> HttpResponse:
        if request.method == "OPTIONS":
            answer = HttpResponse(status=204)
        elif request.method != "POST":
            answer = problems.response(405, "Send it by POST.")
            answer["Allow"] = "POST, OPTIONS"
        else:
            try:
                answer = view(request, channel)
            except problems.ApiProblem as refused:
                answer = problems.response(refused.status, refused.detail)
                if wait := refused.more.get("wait"):
                    answer["Retry-After"] = str(wait)
        for name, value in CORS.items():
            answer[name] = value
        answer["Cache-Control"] = "no-store"
        return answer

    return csrf_exempt(wrapper)


@_endpoint
def messages(request: HttpRequest, channel: UUID) -> HttpResponse:
    """What waits. Nobody is told whether a name is known: strangers have an empty inbox."""
    now: datetime = clock.now()
    asks = _Asks(request, channel)
    found = inbox.fetch(asks.account, asks.profile_id, now) if asks.profile_id else []
    look = asks.account.settings.get("look") or "card"
    return JsonResponse({"messages": found, "look": look, "poll_after": POLL_AFTER})


@_endpoint
def events(request: HttpRequest, channel: UUID) -> HttpResponse:
    """What she did with one of them. 404 for a message that is none of hers."""
    now: datetime = clock.now()
    asks = _Asks(request, channel)
    what = asks.text("what")
    if what not in inbox.WHATS:
        raise problems.ApiProblem(400, f"what must be one of {', '.join(inbox.WHATS)}.")
    button = asks.body.get("action")
    if what == "clicked" and (
        not isinstance(button, int) or isinstance(button, bool) or not 0 <= button < 10
    ):
        raise problems.ApiProblem(400, "action must be the number of the button, from 0.")
    try:
        message = UUID(asks.text("message"))
    except ValueError:
        raise problems.ApiProblem(400, "message must be the id of a message.") from None
    if not asks.profile_id or not inbox.happen(asks.account, asks.profile_id, message, what, button, now):
        raise problems.ApiProblem(404, "There is no such message in this inbox.")
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        raw = request.read(MOST_BODY + 1)
    except OSError:
        raise problems.ApiProblem(400, "The body broke off.") from None
    if len(raw) > MOST_BODY:
        raise problems.ApiProblem(413, f"This may have {MOST_BODY // 1024} kB.")
    try:
        given = json.loads(raw)
    except (ValueError, RecursionError):
        raise problems.ApiProblem(400, "The body must be JSON.") from None
    if not isinstance(given, dict):
        raise problems.ApiProblem(400, "The body must be a JSON object.")
    return given


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _slow_down(what: str, who: str) -> None:
    digest = hashlib.sha256(who.encode()).hexdigest()[:32]
    if wait := seconds_to_wait(f"inbox:{what}:{digest}", A_MINUTE[what]):
        raise problems.ApiProblem(429, "Too many calls. Ask again later.", wait=math.ceil(wait))
