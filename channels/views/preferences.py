"""The way out: one-click unsubscribing for mailboxes (RFC 8058), and the page where a person chooses what she gets.

Looking at the page changes nothing: mailboxes and scanners fetch every link of a mail. No sign-in, no cookie: the token
is the key, so forged posts have nothing to ride on and CSRF protection would only keep mailboxes out.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels import links, unsubscribe
from channels.media import mask
from channels.models import Message
from channels.views.languages import language_of
from lib import clock
from profiles.models import Profile
from workspaces.models import Workspace

DONE = ("topic", "everything", "saved")


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    message = _message(token)
    if message is None:
        return render(request, "channels/link_gone.html", status=404)
    with translation.override(language_of(message)):
        response = _post(request, message) if request.method == "POST" else _page(request, message)
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
    if request.POST.get("List-Unsubscribe") == "One-Click":
        unsubscribe.withdraw(message, "one-click", "List-Unsubscribe: One-Click (RFC 8058)", now)
        return HttpResponse(_("You are unsubscribed."), content_type="text/plain; charset=utf-8")
    do = request.POST.get("do")
    if do == "topic":
        unsubscribe.withdraw(message, "page", request.POST.get("wording", "")[:200], now)
    elif do == "everything":
        unsubscribe.withdraw_everything(message, "page", request.POST.get("wording", "")[:200], now)
    elif do == "saved":
        unsubscribe.choose(message, request.POST.getlist("topic"), "page", _("What do you want to get?"), now)
    else:
        return _page(request, message, status=400)
    response = HttpResponseRedirect(f"{request.path}?done={do}")
    response.status_code = 303
    return response


def _page(request: HttpRequest, message: Message, status: int = 200) -> HttpResponse:
    choices = unsubscribe.choices(message)
    done = request.GET.get("done", "")
    context = {
        "workspace": Workspace.objects.get(pk=message.workspace_id),
        "medium": message.medium,
        "address": mask(message.medium, message.address),
        "choices": choices,
        "topic": next((choice for choice in choices if choice.slug == message.topic), None),
        "any": any(choice.wanted for choice in choices),
        "done": done if done in DONE else "",
    }
    return render(request, "channels/preferences.html", context, status=status)
