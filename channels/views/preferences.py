"""The way out: one-click unsubscribing for mailboxes (RFC 8058), and the page where a person chooses what she gets.

Looking at the page changes nothing: mailboxes and scanners fetch every link of a mail. No sign-in, no cookie: the token
is the key, so forged posts have nothing to ride on and CSRF protection would only keep mailboxes out.
"""

from axes.helpers import get_client_ip_address
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels import confirmation, links, preference_centre
from channels.media import mask
from channels.models import Message
from channels.preference_centre import Proof
from lib import clock
from profiles import double_opt_in
from profiles.models import Profile
from workspaces import words
from workspaces.models import Workspace

DONE = ("topic", "everything", "saved", "asked", "pause", "resume", "language")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    message = _message(token)
    if message is None:
        return render(request, "channels/link_gone.html", status=404)
    with translation.override(preference_centre.language_of(message)):
        response = _post(request, message) if request.method == "POST" else _page(request, message)
    return _private(response)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a double opt-in mail. GET shows what is agreed to and a button; the button says yes."""
    waiting = confirmation.read(token)
    if waiting is None or waiting.profile.erased_at:
        return render(request, "channels/link_gone.html", status=404)
    workspace = Workspace.objects.get(pk=waiting.workspace_id)
    locale = str(waiting.profile.attributes.get("locale") or workspace.default_locale)
    language = "ko" if locale.lower().startswith("ko") else "en"
    with translation.override(language):
        topics = [
            double_opt_in.topic_name(workspace.pk, row.topic, language)
            for row in double_opt_in.asked_with(waiting)
        ]
        done = request.method == "POST" and double_opt_in.confirm(
            waiting, clock.now(), ip=_ip(request), user_agent=request.headers.get("User-Agent", "")
        )
        context = {
            "workspace": workspace,
            "topics": topics,
            "address": mask("email", waiting.address),
            "done": done,
            "too_late": request.method == "POST" and not done,
        }
        status = 410 if context["too_late"] else 200
        return _private(render(request, "channels/confirm.html", context, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _message(token: str) -> Message | None:
    try:
        message = Message.objects.filter(public_id=links.read("unsubscribe", token)).first()
    except links.BadToken:
        return None
    there = message and Profile.objects.filter(pk=message.profile_id, erased_at=None).exists()
    return message if there else None


def _post(request: HttpRequest, message: Message) -> HttpResponse:
    now = clock.now()
    agent = request.headers.get("User-Agent", "")
    if request.POST.get("List-Unsubscribe") == "One-Click":
        proof = Proof("one-click", _ip(request), agent)
        preference_centre.withdraw(message, "List-Unsubscribe: One-Click (RFC 8058)", proof, now)
        return HttpResponse(_("You are unsubscribed."), content_type="text/plain; charset=utf-8")
    do, proof = request.POST.get("do"), Proof("page", _ip(request), agent)
    wording = request.POST.get("wording", "")[:200]
    if do == "topic":
        preference_centre.withdraw(message, wording, proof, now)
    elif do == "everything":
        preference_centre.withdraw_everything(message, wording, proof, now)
    elif do == "saved":
        if preference_centre.save(message, request.POST.getlist("topic"), proof, now):
            do = "asked"
    elif do == "pause":
        preference_centre.pause(message, now)
    elif do == "resume":
        preference_centre.resume(message)
    elif do == "language":
        preference_centre.speak(message, request.POST.get("language", ""), now)
    else:
        return _page(request, message, status=400)
    response = HttpResponseRedirect(f"{request.path}?done={do}")
    response.status_code = 303
    return response


def _page(request: HttpRequest, message: Message, status: int = 200) -> HttpResponse:
    now = clock.now()
    rows = preference_centre.rows(message)
    done = request.GET.get("done", "")
    own = next((row for row in rows if row.slug == message.topic), None)
    workspace = Workspace.objects.get(pk=message.workspace_id)
    until = preference_centre.paused_until(message.profile_id, now)
    context = {
        "workspace": workspace,
        "medium": message.medium,
        "address": mask(message.medium, message.address),
        "rows": rows,
        "night": preference_centre.at_night(message) if rows else None,
        "several": len({box.medium for row in rows for box in row.boxes}) > 1,
        "topic": own,
        "topic_wanted": own is not None
        and any(box.wanted for box in own.boxes if box.medium == message.medium),
        "any": any(box.wanted or box.waits for row in rows for box in row.boxes),
        "paused_until": words.day(
            words.in_zone(until, workspace.time_zone), words.in_zone(now, workspace.time_zone)
        )
        if until
        else "",
        "done": done if done in DONE else "",
        "now": now,
    }
    return render(request, "channels/preferences.html", context, status=status)


def _ip(request: HttpRequest) -> str | None:
    """Through as many reverse proxies as the installation has (GILMOK_PROXIES)."""
    return get_client_ip_address(request) or None
