"""A file from the browser: begun, sent in pieces, explained, read, its rejects."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lib import clock
from lib.nudge import nudge
from profiles import live_calls, mapping_form, masking, reason_words, tasks
from profiles import sources as source_actions
from profiles import uploads as actions
from profiles.importing import rejects as list_of_rejects
from profiles.importing.shape import ENCODINGS, WIDE
from profiles.models import Source, Upload
from profiles.views.sources import actor_of
from workspaces.actor import Actor

DELIMITERS = [(",", ","), (";", ";"), ("\t", "⇥"), ("|", "|")]


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET: the page with the field for a file; POST (JSON): it begins, or goes on where the same file stopped."""
    actor = actor_of(request, "people.import")
    if request.method == "GET":
        unfinished = _of(actor).filter(state="uploading").order_by("-pk")[:5]
        return render(
            request, "profiles/sources/upload_new.html", {"unfinished": unfinished, "piece": actions.PIECE}
        )
    name, size = request.POST.get("name", "file").strip(), request.POST.get("size", "")
    fingerprint = request.POST.get("fingerprint", "")
    if not (size.isascii() and size.isdigit() and len(size) < 16):
        return JsonResponse({"error": _("Choose a file.")}, status=422)
    found = (
        _of(actor)
        .filter(
            state="uploading", user=actor.user, name=name[:255], size=int(size), fingerprint=fingerprint[:64]
        )
        .order_by("-pk")
        .first()
    )
    try:
        upload = found or actions.begin(actor, _files(actor), name, int(size), fingerprint, clock.now())
    except actions.Unfit as unfit:
        said = (
            _("This file is empty.")
            if str(unfit) == "empty"
            else _("This file is too large for this server.")
        )
        return JsonResponse({"error": said}, status=422)
    return JsonResponse({"id": str(upload.public_id), "received": upload.received, "size": upload.size})


@require_POST
def piece(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """?offset=: where the body's bytes belong. 409 says where the file ends, if that is elsewhere."""
    actor = actor_of(request, "people.import")
    upload = _upload(actor, public_id)
    offset = request.GET.get("offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 16):
        return JsonResponse({"error": "offset"}, status=400)
    body = request.read(actions.PIECE + 1)
    if len(body) > actions.PIECE:
        return JsonResponse({"error": "large"}, status=413)
    try:
        received = actions.append(upload, int(offset), body)
    except actions.Elsewhere as elsewhere:
        return JsonResponse({"received": elsewhere.received, "state": upload.state}, status=409)
    except actions.Unfit:
        return JsonResponse({"error": "large"}, status=413)
    return JsonResponse({"received": received, "state": upload.state})


@require_GET
@never_cache
def upload(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Whatever it is at: sending, its columns, the worker's progress, what came of it."""
    actor = actor_of(request, "people.import")
    found = _upload(actor, public_id)
    if found.state == "mapping":
        return _mapping(request, found, found.mapping, "profiles/sources/upload_mapping.html")
    return render(request, "profiles/sources/upload.html", _progress(found))


@require_POST
def mapping(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The mapping as it stands in the form: drawn anew with what it makes of the first rows; `start`: it begins."""
    actor = actor_of(request, "people.import")
    found = _upload(actor, public_id)
    if found.state != "mapping":
        return redirect("profiles:upload", found.public_id)
    if "encoding" in request.POST and _reshaped(request, found):
        return _mapping(request, found, found.mapping, "profiles/sources/upload_mapping.html")
    given = mapping_form.read(request.POST, found.shape.get("columns", []))
    if request.POST.get("was_kind") not in (None, given["kind"]):
        given = mapping_form.turned(given, given["kind"])
    if "start" in request.POST:
        problems = actions.start(actor, found, given, request.POST.get("announce") == "1", clock.now())
        if not problems:
            nudge(tasks.import_uploads)
            return redirect("profiles:upload", found.public_id)
        return _mapping(request, found, given, "profiles/sources/upload_mapping.html", 422)
    return _mapping(request, found, given, "profiles/sources/upload_mapping.html")


@require_POST
def cancellation(request: HttpRequest, public_id: UUID) -> HttpResponse:
    actor = actor_of(request, "people.import")
    found = _upload(actor, public_id)
    actions.cancel(actor, found, clock.now())
    messages.success(request, _("“%(name)s” is stopped. What was read so far stays.") % {"name": found.name})
    return redirect("profiles:upload", found.public_id)


@require_GET
def rejects(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """Line, reason (in the reader's language) and text of what was not taken, as CSV."""
    actor = actor_of(request, "people.import")
    found = _upload(actor, public_id)
    path = actions.rejects(found)
    if not path.is_file():
        messages.error(request, _("The list of what was left out is no longer kept."))
        return redirect("profiles:upload", found.public_id)
    name = found.name.rpartition(".")[0] or found.name
    answer = StreamingHttpResponse(
        list_of_rejects.told(path, get_language() or "en"), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = content_disposition_header(True, f"{name}.rejects.csv") or "attachment"
    return answer


def _mapping(
    request: HttpRequest, found: Upload, given: dict[str, Any], template: str, status: int = 200
) -> HttpResponse:
    preview = actions.preview(found, given, clock.now())
    show = masking.masker(request.actor, contacts=True)  # type: ignore[attr-defined]
    context = mapping_form.context(given, preview.columns, preview.rows, show) | {
        "upload": found,
        "preview": preview,
        "calls": [
            (
                live_calls.pretty({key: show(key, value) for key, value in call.items()}) if call else "",
                reason_words.marked(reason),
            )
            for call, reason in preview.calls
        ],
        "announce": request.POST.get("announce") == "1",
        "encodings": [(key, label) for key, label in ENCODINGS.items() if key not in WIDE],
        "was": ENCODINGS.get(found.shape.get("was", ""), ""),
        "delimiters": DELIMITERS,
        "named": found.shape.get("named", True),
        "tried": status == 422,
    }
    return render(request, template, context, status=status)


def _reshaped(request: HttpRequest, found: Upload) -> bool:
    """Whether encoding, delimiter or header were changed."""
    encoding, delimiter = request.POST["encoding"], request.POST.get("delimiter", ",")
    named = request.POST.get("named") == "1"
    now = (found.shape.get("encoding"), found.shape.get("delimiter"), found.shape.get("named", True))
    if (encoding, delimiter, named) == now or encoding not in ENCODINGS or encoding in WIDE:
        return False
    try:
        actions.reshape(found, encoding=encoding, delimiter=delimiter, named=named)
    except actions.Unfit:
        messages.error(request, _("The file can't be read so."))
        return False
    return True


def _progress(found: Upload) -> dict[str, Any]:
    size = found.shape.get("bytes") or found.size or 1
    done = found.received if found.state == "uploading" else found.offset
    whole = found.size if found.state == "uploading" else size
    return {
        "upload": found,
        "error": reason_words.marked(found.error),
        "percent": 100 if found.state == "done" else min(99, done * 100 // max(whole, 1)),
        "people": found.mapping.get("kind") == "people",
        "piece": actions.PIECE,
        "now": clock.now(),
    }


def _of(actor: Actor) -> Any:
    return Upload.objects.filter(source__workspace=actor.workspace).select_related(
        "source__workspace", "user"
    )


def _upload(actor: Actor, public_id: UUID) -> Upload:
    found = _of(actor).filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such upload")
    return found  # type: ignore[no-any-return]


def _files(actor: Actor) -> Source:
    """The source under which files appear: the first of its kind, made when there is none."""
    found = (
        Source.objects.filter(workspace=actor.workspace, kind="file", is_active=True).order_by("pk").first()
    )
    return found or source_actions.create(actor, _("Files"), "file", clock.now())
