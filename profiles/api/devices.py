"""/v1/devices: a browser that lets a site send push messages says so here, and takes it back (POST, DELETE).

The write key comes as with every other call of /v1/: by HTTP Basic, or as `writeKey` in the body. Browsers call from
the customers' own sites, so everybody may.
"""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from lib import clock, http, problems
from profiles import consent, devices, record_event
from profiles.api import track
from profiles.call import Call
from profiles.models.device import KINDS
from profiles.segment_calls import MAX_CALL, MAX_NAME, Refused, decode

CORS = {
    **track.CORS,
    "Access-Control-Allow-Methods": "POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
}


class Wire(msgspec.Struct, rename="camel"):
    """What comes. A browser's subscription is `token` (its `endpoint`) and `keys`, or `subscription` as a whole: the
    JSON of a PushSubscription."""

    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    type: str | None = None
    token: str | None = None
    keys: dict[str, Any] | None = None
    subscription: dict[str, Any] | None = None
    app: str | None = None
    consents: dict[str, Any] | None = None
    write_key: str | None = None


_wire = msgspec.json.Decoder(Wire)


@csrf_exempt
def devices_of_browsers(request: HttpRequest) -> HttpResponse:
    try:
        if request.method == "OPTIONS":
            answer = HttpResponse(status=204)
        elif request.method not in ("POST", "DELETE"):
            raise track._Answer(
                405, "Send it by POST, or DELETE to take it back.", Allow="POST, DELETE, OPTIONS"
            )
        else:
            answer = _answer(request)
    except track._Answer as refused:
        answer = problems.response(refused.status, refused.detail)
        for name, value in refused.headers.items():
            answer[name.replace("_", "-")] = value
    for name, value in CORS.items():
        answer[name] = value
    return answer


def _answer(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    key = track._basic(request)
    owner = track._owner(key) if key is not None else None
    try:
        wire: Wire = decode(_wire, track._body(request, MAX_CALL))
        owner = owner or track._owner(wire.write_key)
        if request.method == "DELETE":
            devices.unregister(owner.workspace_id, _token(wire))
            return JsonResponse({"success": True})
        call = _call(wire)
    except Refused as refused:
        raise track._Answer(400, str(refused)) from None
    call.ts = now
    result = record_event.record(owner.workspace_id, owner.source_id, [call], now)
    if result.rejected:
        raise track._Answer(400, result.rejected[0][1])
    return JsonResponse({"success": True})


def _call(wire: Wire) -> Call:
    """An identify call that says nothing but whose device it is. Refused."""
    token, kind = _token(wire), (wire.type or "web").strip().lower()
    if kind not in KINDS:
        raise Refused("type must be one of " + ", ".join(KINDS))
    keys = wire.keys if wire.keys is not None else (wire.subscription or {}).get("keys")
    if token.startswith(("https://", "http://")):
        if kind != "web":
            raise Refused("the token of an app is no web address")
        try:
            http.check_literal(token)
        except http.Refused as error:
            raise Refused(f"token: {error}") from None
        if token.startswith("http://") and not http.is_allowed(token):
            raise Refused("token must be an https address")
        keys = devices.keys_of(keys)
        if not keys:
            raise Refused("keys must hold p256dh and auth, as the browser's subscription has them")
    elif keys:
        raise Refused("keys belong to a subscription, whose token is a web address")
    if wire.app is not None and (len(wire.app) > devices.LONGEST_APP or "\0" in wire.app):
        raise Refused(f"app may have {devices.LONGEST_APP} characters")
    device = {"type": kind, "token": token, "keys": keys or {}, "app": wire.app or ""}
    call = Call("identify", clock.now(), context={"device": device})
    call.user_id, call.anonymous_id = _id("userId", wire.user_id), _id("anonymousId", wire.anonymous_id)
    if not (call.user_id or call.anonymous_id):
        raise Refused("userId or anonymousId must say who")
    if wire.consents is not None:
        try:
            call.consents = consent.read(wire.consents)
        except ValueError as error:
            raise Refused(str(error)) from None
    return call


def _token(wire: Wire) -> str:
    token = wire.token if wire.token is not None else (wire.subscription or {}).get("endpoint")
    if not isinstance(token, str) or not devices.TOKEN.fullmatch(token):
        raise Refused("token must be the device's token: 8 to 2000 characters without spaces")
    return token


def _id(field: str, value: str | int | None) -> str | None:
    text = "" if value is None else str(value).strip()
    if len(text) > MAX_NAME:
        raise Refused(f"{field} is longer than {MAX_NAME} characters")
    if "\0" in text:
        raise Refused(f"{field}: text may not hold NUL characters")
    return text or None
