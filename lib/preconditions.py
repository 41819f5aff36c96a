"""ETag and If-Match on whatever people edit together (RFC 9110): the revision is the tag."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from lib.problems import ApiProblem


def etag(revision: int | str) -> str:
    return f'"{revision}"'


def require_match(request: HttpRequest, revision: int | str) -> None:
    """428 without If-Match, 412 (with the server's `revision`) where it names another one."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise ApiProblem(428, _("Say which revision you edited: If-Match is missing."), revision=revision)
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    if "*" not in tags and etag(revision) not in tags:
        raise ApiProblem(412, _("Somebody has changed this meanwhile."), revision=revision)


def tagged(response: HttpResponse, revision: int | str) -> HttpResponse:
    response["ETag"] = etag(revision)
    return response
