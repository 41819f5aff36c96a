"""The open pixel, the click redirect and the hosted view of a message. Nobody signs in here: the token decides."""

import base64

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from channels import happened, links
from channels.models import Message, MessageBody
from lib import clock

log = structlog.get_logger(__name__)

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
# A mail is a stranger's HTML: no scripts, no forms, no cookies of ours; links open outside of the sandbox.
VIEW_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; default-src 'none'; "
    "img-src https: http: data:; style-src 'unsafe-inline' https:; font-src https: data:; base-uri 'none'; "
    "form-action 'none'"
)


class WebRedirect(HttpResponseRedirect):
    allowed_schemes = ["http", "https"]


@never_cache
@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The picture comes whatever happens: a mail must not look broken because we are."""
    try:
        message = links.read("open", token)
    except links.BadToken:
        return _missing(request)
    if request.method == "GET":
        try:
            happened.opened(message, clock.now())
        except DatabaseError:
            log.exception("open_not_recorded")
    return HttpResponse(PIXEL, content_type="image/gif")


@never_cache
@require_safe
def clicked(request: HttpRequest, token: str) -> HttpResponse:
    """On to the page that was meant: only addresses that we signed."""
    try:
        message, target = links.read_click(token)
    except links.BadToken:
        return _missing(request)
    if request.method == "GET":
        try:
            happened.clicked(message, target, clock.now())
        except DatabaseError:
            log.exception("click_not_recorded")
    response = WebRedirect(target)
    response["Referrer-Policy"] = "no-referrer"  # the token is nobody else's business
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_safe
def view(request: HttpRequest, token: str) -> HttpResponse:
    """The message in a browser, as it was sent; clicks count as in the mailbox."""
    try:
        public_id = links.read("view", token)
    except links.BadToken:
        return _missing(request)
    message = Message.objects.filter(public_id=public_id).first()
    body = MessageBody.objects.filter(message=message).first() if message else None
    if message is None or body is None:
        return _missing(request)
    if html := body.data.get("html"):
        response = HttpResponse(links.track_clicks(html, message.public_id))
        response["Content-Security-Policy"] = VIEW_POLICY
    else:
        text = body.data.get("text") or body.data.get("body") or ""
        response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _missing(request: HttpRequest) -> HttpResponse:
    """A link that was cut off on its way, or never was one."""
    return render(request, "channels/link_gone.html", status=404)
