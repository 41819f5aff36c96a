"""POST /hooks/<key>/: somebody else's webhook. 200 only when what it told is durable."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt

from lib import clock, problems
from profiles import record_event, source_notes, standard, write_keys
from profiles.connectors import webhook
from profiles.models import Source
from profiles.segment_calls import Refused

MOST = 1024 * 1024


@csrf_exempt
def receive(request: HttpRequest, key: str) -> HttpResponse:
    if request.method != "POST":
        answer = problems.response(405, "Send it by POST.")
        answer["Allow"] = "POST"
        return answer
    now = clock.now()
    owner = write_keys.find(key)
    source = Source.objects.filter(pk=owner.source_id, kind="hook").first() if owner else None
    if owner is None or source is None:
        return problems.response(401, "This address is unknown.")

    def refuse(status: int, reason: str, sample: Any) -> HttpResponse:
        source_notes.refused(source.pk, source.workspace_id, reason, sample, now)
        return problems.response(status, reason)

    try:
        raw = request.read(MOST + 1)
    except OSError:
        return problems.response(400, "The body broke off.")
    if len(raw) > MOST:
        return refuse(413, f"a body may have {MOST // 1024} kB", raw[:2000])
    signing = (source.secret or {}).get("signing")
    if signing and not webhook.signed(
        signing, raw, request.headers.get(source.settings.get("header", ""), "")
    ):
        return refuse(401, "the signature is missing or wrong", raw)
    try:
        body = _body(request, raw)
        read = webhook.read(source.settings, body, now, standard.region_of(owner.locale), str(source.pk))
    except Refused as refused:
        return refuse(400, str(refused), raw)
    rejected = [(place, reason) for place, reason, _thing in read.rejected]
    for _place, reason, thing in read.rejected:
        source_notes.refused(
            source.pk,
            source.workspace_id,
            reason,
            thing if isinstance(thing, dict | list) else str(thing),
            now,
        )
    stored = known = 0
    if read.calls:
        result = record_event.record(source.workspace_id, source.pk, read.calls, now)
        stored, known = result.stored, len(result.duplicates)
        rejected += [(read.places[index], reason) for index, reason in result.rejected]
    if not stored and not known:
        return problems.response(422, sorted(rejected)[0][1])
    told: dict[str, Any] = {"stored": stored, "known": known}
    if rejected:
        told["rejected"] = [{"index": index, "reason": reason} for index, reason in sorted(rejected)]
    return JsonResponse(told)


def _body(request: HttpRequest, raw: bytes) -> Any:
    """JSON, or the fields of a form. Refused."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return {name: given if len(given) > 1 else given[0] for name, given in QueryDict(raw).lists()}
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise Refused(f"no JSON: {error}"[:160]) from None
