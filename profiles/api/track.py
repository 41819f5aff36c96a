"""/v1/: the Segment HTTP tracking spec. The answer says 200 only when the data is durable.

The client libraries differ in small things: short paths (/v1/t), JSON sent as text/plain (a browser then asks no leave
before), gzip, headers of their own, keys in the body. Whatever the type says, the body is read as JSON.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from lib import clock, problems
from profiles import record_event, segment_calls, source_notes, standard, write_keys
from profiles.call import Call
from profiles.segment_calls import MAX_CALL, Reader, Refused

MAX_BATCH = 500 * 1024
ALLOWED = "Authorization, Content-Type, Content-Encoding"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "86400",
}
CODES = {401: "invalid_write_key", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_encoding"}
_HEADERS = re.compile(r"[-A-Za-z0-9_, ]{1,1000}")


class _Answer(Exception):
    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def _endpoint(view: Callable[..., HttpResponse], method: str = "POST") -> Callable[..., HttpResponse]:
    def wrapper(request: HttpRequest, **given: str) -> HttpResponse:
        try:
            if request.method == "OPTIONS":
                answer = HttpResponse(status=204)
            elif request.method != method:
                raise _Answer(405, f"Send it by {method}.", Allow=f"{method}, OPTIONS")
            else:
                answer = view(request, **given)
        except _Answer as refused:
            # The Python libraries read code and message, and stumble over an answer without them.
            code = CODES.get(refused.status, "invalid_request")
            answer = problems.response(refused.status, refused.detail, code=code, message=refused.detail)
            for name, value in refused.headers.items():
                answer[name.replace("_", "-")] = value
        for name, value in CORS.items():
            answer[name] = value
        # No cookie ever counts here, so any header of a library's own is welcome: AnonymousId, X-Retry-Count, ...
        asked = request.headers.get("Access-Control-Request-Headers", "")
        answer["Access-Control-Allow-Headers"] = asked if _HEADERS.fullmatch(asked) else ALLOWED
        return answer

    return csrf_exempt(wrapper)


def single(kind: str) -> Callable[[HttpRequest], HttpResponse]:
    """The endpoint of one kind of call."""

    def view(request: HttpRequest) -> HttpResponse:
        now = clock.now()
        key = _basic(request)
        owner = _owner(key) if key is not None else None
        body = _body(request, MAX_CALL, owner, now)
        try:
            wire = segment_calls.read_single(body)
            owner = owner or _owner(wire.write_key)
            call = Reader(now, standard.region_of(owner.locale)).call(wire, kind)
        except Refused as refused:
            _note(owner, str(refused), body, now)
            raise _Answer(400, str(refused)) from None
        result = record_event.record(owner.workspace_id, owner.source_id, [call], now)
        if result.rejected:
            raise _Answer(400, result.rejected[0][1])
        return JsonResponse({"success": True})

    return _endpoint(view)


def _batch(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    key = _basic(request)
    owner = _owner(key) if key is not None else None
    body = _body(request, MAX_BATCH, owner, now)
    try:
        batch = segment_calls.read_batch(body)
        owner = owner or _owner(batch.write_key)
        calls, indexes, rejected = _read(batch, now, standard.region_of(owner.locale))
    except Refused as refused:
        _note(owner, str(refused), body, now)
        raise _Answer(400, str(refused)) from None
    for index, reason in rejected:
        _note(owner, reason, bytes(batch.batch[index]), now)
    if calls:
        result = record_event.record(owner.workspace_id, owner.source_id, calls, now)
        rejected += [(indexes[position], reason) for position, reason in result.rejected]
    answer: dict[str, object] = {"success": True}
    if rejected:
        answer["rejected"] = [{"index": index, "reason": reason} for index, reason in sorted(rejected)]
    return JsonResponse(answer)


batch = _endpoint(_batch)


def _settings(request: HttpRequest, write_key: str) -> HttpResponse:
    """What analytics.js asks its CDN for before it sends: here, that all goes to this server."""
    _owner(write_key)
    here = {"apiKey": write_key, "apiHost": f"{request.get_host()}/v1", "protocol": request.scheme}
    answer = JsonResponse(
        {
            "integrations": {
                "Segment.io": {**here, "unbundledIntegrations": [], "addBundledMetadata": False}
            },
            "plan": {},  # with rules in it the library would fetch code for them from its maker
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
            "autoInstrumentationSettings": {"sampleRate": 0},
        }
    )
    answer["Cache-Control"] = "public, max-age=300"
    return answer


settings = _endpoint(_settings, "GET")


def _source_config(request: HttpRequest) -> HttpResponse:
    """What RudderStack's SDKs ask their control plane for: no destinations, everything goes to the data plane."""
    key = _basic(request) or request.GET.get("writeKey")
    owner = _owner(key)
    stamp = "2026-01-01T00:00:00Z"
    source: dict[str, object] = {
        "id": str(owner.source_id), "name": "Gilmok", "writeKey": key, "enabled": True,
        "workspaceId": str(owner.workspace_id),
        "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        "sourceDefinition": {"name": "Javascript"}, "connections": [], "destinations": [], "updatedAt": stamp,
        "dataplanes": {},
    }  # fmt: skip
    return JsonResponse({"source": source, "updatedAt": stamp})


source_config = _endpoint(_source_config, "GET")


def _metrics(request: HttpRequest) -> HttpResponse:
    """Libraries report on themselves: heard, not kept."""
    return JsonResponse({"success": True})


metrics = _endpoint(_metrics)


def _read(
    batch: segment_calls.Batch, now: datetime, region: str
) -> tuple[list[Call], list[int], list[tuple[int, str]]]:
    if batch.context is not None:
        segment_calls.check(batch.context, "context")
    reader = Reader(now, region, batch.sent_at, batch.context)
    calls: list[Call] = []
    indexes: list[int] = []
    rejected: list[tuple[int, str]] = []
    for index, raw in enumerate(batch.batch):
        try:
            calls.append(reader.read(raw))
            indexes.append(index)
        except Refused as refused:
            rejected.append((index, str(refused)))
    return calls, indexes, rejected


def _basic(request: HttpRequest) -> str | None:
    """The user name of HTTP Basic; None when there is no such header."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(token.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _owner(key: str | None) -> write_keys.Owner:
    owner = write_keys.find(key) if key else None
    if owner is None:
        detail = "This write key is unknown." if key else "A write key must come with the call."
        raise _Answer(401, detail, WWW_Authenticate='Basic realm="write key"')
    return owner


def _note(owner: write_keys.Owner | None, reason: str, body: bytes | None, now: datetime) -> None:
    """So that the one who minds the source sees what it sends in vain."""
    if owner is not None:
        source_notes.refused(owner.source_id, owner.workspace_id, reason, body, now)


def _body(
    request: HttpRequest, limit: int, owner: write_keys.Owner | None = None, now: datetime | None = None
) -> bytes:
    try:
        return _unpacked(request, limit)
    except _Answer as refused:
        _note(owner, refused.detail, None, now or clock.now())
        raise


def _unpacked(request: HttpRequest, limit: int) -> bytes:
    too_large = _Answer(413, f"This may have {limit // 1024} kB.")
    try:
        body = request.read(limit + 1)
    except OSError:
        raise _Answer(400, "The body broke off.") from None
    if len(body) > limit:
        raise too_large
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding == "gzip":
        unpack = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            body = unpack.decompress(body, limit + 1)
        except zlib.error:
            raise _Answer(400, "The body is no gzip.") from None
        if len(body) > limit:
            raise too_large
        if not unpack.eof:
            raise _Answer(400, "The gzip body broke off.")
    elif encoding not in ("", "identity"):
        raise _Answer(415, "Content-Encoding may be gzip.")
    return body
