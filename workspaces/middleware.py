"""What every request knows: who acts (`request.actor`), in which language, with which theme; who must sign in first."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import translation

from workspaces.actor import actor_of
from workspaces.refusals import not_a_member

# These answer for themselves: a key or a token in the address decides, or there is nothing to hide.
OPEN_TO_STRANGERS = (
    "/login/", "/logout/", "/settings/preferences/", "/v1/", "/t/", "/u/", "/c/", "/w/", "/callbacks/", "/hooks/",
    "/healthz",
    "/readyz", "/metrics", "/static/",
)  # fmt: skip
PUBLIC = (*OPEN_TO_STRANGERS, "/api/")


class ActorMiddleware:
    """Stands after AuthenticationMiddleware. Pages outside PUBLIC redirect strangers to the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        site: Any = request
        site.actor = actor_of(user) if user.is_authenticated else None
        site.theme = user.theme if user.is_authenticated else request.COOKIES.get("gilmok_theme", "")
        if site.theme not in {"light", "dark"}:
            site.theme = ""
        if user.is_authenticated and user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            site.LANGUAGE_CODE = user.language
        response = self.get_response(request)
        if user.is_authenticated and response.headers.get("Content-Type", "").startswith("text/html"):
            # A page shows customers, and the browser's back button must not bring an old draft or a past session.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        site: Any = request
        if site.actor is not None:
            return None
        if site.user.is_authenticated and not request.path.startswith(OPEN_TO_STRANGERS):
            return not_a_member(request)
        if request.path.startswith(PUBLIC):
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
        where = (
            request.get_full_path() if request.method == "GET" else resolve_url(settings.LOGIN_REDIRECT_URL)
        )
        return redirect_to_login(where, resolve_url(settings.LOGIN_URL))
