"""POST: the reader's language and theme. For who is signed in on her account, for others in a cookie."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

YEAR = 365 * 24 * 3600


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Fields language (en, ko), theme (light, dark, "" for the system's), next (where to go back to, this host only).

    A program that accepts JSON gets 204.
    """
    chosen: dict[str, str] = {}
    if request.POST.get("language") in dict(settings.LANGUAGES):
        chosen["language"] = request.POST["language"]
    if request.POST.get("theme") in {"light", "dark", ""}:
        chosen["theme"] = request.POST["theme"]
    user: Any = request.user
    if user.is_authenticated and chosen:
        for name, value in chosen.items():
            setattr(user, name, value)
        user.save(update_fields=list(chosen))
    response: HttpResponse
    if "application/json" in request.headers.get("Accept", ""):
        response = HttpResponse(status=204)
    else:
        back = request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        response = HttpResponseRedirect(back if safe else resolve_url(settings.LOGIN_REDIRECT_URL))
    if "language" in chosen:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen["language"], max_age=YEAR, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE, httponly=True,
        )  # fmt: skip
    if "theme" in chosen:
        response.set_cookie(
            "gilmok_theme", chosen["theme"], max_age=YEAR, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE, httponly=True,
        )  # fmt: skip
    return response
