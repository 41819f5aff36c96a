"""The page of a list: who is in it, putting people in by hand or by a file, taking them out."""

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from lib import clock
from profiles.models import Profile, Segment, SegmentMember
from profiles.segments import editing, lists, shown
from profiles.views.segment_form import team_choices
from workspaces import words
from workspaces.access import get_or_404
from workspaces.actor import Actor

PAGE = 40
MOST_BYTES = 50 * 1024 * 1024


def page(request: HttpRequest, actor: Actor, found: Segment, context: dict[str, Any]) -> HttpResponse:
    """A POST changes name and description; ?after= is the last person of the page before."""
    if request.method == "POST":
        raw = request.POST.get("version", "")
        try:
            version = int(raw) if raw.isdecimal() and len(raw) < 9 else 0
            name, description = request.POST.get("name", ""), request.POST.get("description", "")
            team = request.POST.get("team")
            editing.change(actor, found, version, clock.now(), name=name, description=description, team=team)
        except editing.Conflict:
            messages.error(request, _("Somebody has changed this meanwhile. Look at it, and save again."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("Saved."))
        return redirect("segments:segment", found.public_id)
    raw = request.GET.get("after", "")
    after = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 16 else 0
    if actor.can("people.view"):
        rows = list(
            SegmentMember.objects.filter(segment_id=found.pk, profile_id__gt=after)
            .order_by("profile_id")
            .values_list("profile_id", "since")[: PAGE + 1]
        )
        people = Profile.objects.in_bulk([pk for pk, _since in rows[:PAGE]])
        context |= {
            "members": shown.shown(
                [(people[pk], []) for pk, _since in rows[:PAGE] if pk in people], actor, dict(rows)
            ),
            "next": rows[PAGE - 1][0] if len(rows) > PAGE else None,
        }
    context |= {"teams": team_choices(actor, found), "team": found.team.slug if found.team else ""}
    context |= {"segment": found, "uploads": found.uploads.order_by("-at")[:5]}
    return render(request, "segments/people.html", context)


@require_POST
def members(request: HttpRequest, public_id: str) -> HttpResponse:
    """Puts in whoever is named in `names` (a name a line, or separated by commas); `out` takes one person out."""
    actor, found = _list(request, public_id)
    now = clock.now()
    if out := request.POST.get("out", ""):
        person = get_or_404(actor, Profile, out)
        lists.take_out(actor, found, [person.pk], now)
        messages.success(request, _("Taken out of the list."))
        return redirect("segments:segment", found.public_id)
    names = [
        name for one in request.POST.get("names", "").replace(",", "\n").split("\n") if (name := one.strip())
    ][: lists.CHUNK]
    matched = lists.match(actor.workspace.pk, [name.replace("\0", "")[:300] for name in names])
    added = lists.put(actor, found, sorted({pk for pk in matched if pk is not None}), now)
    unknown = [name for name, pk in zip(names, matched, strict=True) if pk is None]
    _say(request, added, len(unknown), unknown)
    return redirect("segments:segment", found.public_id)


@require_POST
def upload(request: HttpRequest, public_id: str) -> HttpResponse:
    actor, found = _list(request, public_id)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choose a file."))
    elif (file.size or 0) > MOST_BYTES:
        messages.error(request, _("A file of names may have up to 50 MB."))
    else:
        report = lists.upload(actor, found, cast(BinaryIO, file.file), file.name or "", clock.now())
        _say(request, report.added, report.missed, report.unknown)
    return redirect("segments:segment", found.public_id)


def _say(request: HttpRequest, added: int, missed: int, unknown: list[str]) -> None:
    said = ngettext("%(n)s person added.", "%(n)s people added.", added) % {"n": words.number(added)}
    if not missed:
        messages.success(request, said)
        return
    names = ", ".join(unknown[:5]) + ("…" if missed > 5 else "")
    slots = {"n": words.number(missed), "names": names}
    missing = ngettext("%(n)s name fits nobody: %(names)s", "%(n)s names fit nobody: %(names)s", missed)
    messages.warning(request, f"{said} {missing % slots}")


def _list(request: HttpRequest, public_id: str) -> tuple[Actor, Segment]:
    actor: Any = request.actor  # type: ignore[attr-defined]
    found = get_or_404(actor, Segment, public_id, "change")
    if not found.is_list or found.archived_at:
        raise Http404("only a list is kept by hand")
    return actor, found
