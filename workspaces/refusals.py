"""The pages of a refusal that Django doesn't know: no membership, a sign-in locked for a while."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lib import problems


def not_a_member(request: HttpRequest) -> HttpResponse:
    """Signed in, but in no workspace."""
    why = _("Ask an administrator of your company to add you to a workspace.")
    if problems.is_api(request):
        return problems.response(403, why)
    page = {"title": _("You are in no workspace yet"), "text": why, "code": 403, "sign_out": True}
    return render(request, "workspaces/refusal.html", page, status=403)


def locked_out(
    request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any, **kwargs: Any
) -> HttpResponse:
    """Too many wrong passwords; AXES_LOCKOUT_CALLABLE."""
    return render(request, "workspaces/login.html", {"locked": True}, status=429)
