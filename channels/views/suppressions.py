"""The list of addresses that are not written to."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from channels import suppressing
from channels.media import Medium, known
from channels.models import Suppression
from lib import clock
from workspaces.access import require
from workspaces.actor import Actor

PAGE = 50
MEDIA = (Medium.EMAIL, Medium.SMS)
REASONS = {
    "hard_bounce": lambda: pgettext("address", "Bounced"),
    "complaint": lambda: pgettext("address", "Complained"),
    suppressing.BY_HAND: lambda: pgettext("address", "By hand"),
}


class AddForm(forms.Form):
    medium = forms.ChoiceField(label=gettext_lazy("Channel"))
    address = forms.CharField(label=gettext_lazy("Address or number"), max_length=254)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="add_%s")
        self.fields["medium"].choices = [(medium.value, medium.label) for medium in MEDIA]  # type: ignore[attr-defined]


class ImportForm(forms.Form):
    medium = forms.ChoiceField(label=gettext_lazy("Channel"))
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy("A column of addresses, and maybe one of reasons."),
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="import_%s")
        self.fields["medium"].choices = [(medium.value, medium.label) for medium in MEDIA]  # type: ignore[attr-defined]


@require_GET
def suppressions(request: HttpRequest) -> HttpResponse:
    """?q= the whole address, ?medium=, ?page=."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "people.view")
    return _page(request, actor)


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "people.import")
    form = AddForm(request.POST)
    if not form.is_valid():
        return _page(request, actor, form=form)
    try:
        new = suppressing.add(
            actor,
            Medium(form.cleaned_data["medium"]),
            form.cleaned_data["address"],
            suppressing.BY_HAND,
            clock.now(),
        )
    except ValueError as error:
        form.add_error("address", str(error))
        return _page(request, actor, form=form)
    messages.success(
        request, _("Nothing goes to this address any more.") if new else _("It was on the list already.")
    )
    return redirect("suppressions:list")


@require_POST
def import_(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "people.import")
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, actor, import_form=form)
    data = form.cleaned_data["file"].read()
    result = suppressing.import_csv(actor, Medium(form.cleaned_data["medium"]), data, clock.now())
    return _page(request, actor, result=result)


@require_POST
def remove(request: HttpRequest, suppression_id: int) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = Suppression.objects.filter(workspace=actor.workspace, pk=suppression_id).first()
    if row is None:
        raise Http404("No such suppression")
    require(actor, "people.change")
    suppressing.remove(actor, row, clock.now())
    messages.success(request, _("The address may be written to again."))
    return redirect("suppressions:list")


def _page(request: HttpRequest, actor: Actor, **more: Any) -> HttpResponse:
    text, medium = request.GET.get("q", "")[:254].replace("\0", ""), request.GET.get("medium", "")
    pages: Paginator[Suppression] = Paginator(suppressing.search(actor, text, medium), PAGE)  # type: ignore[arg-type]
    page = pages.get_page(request.GET.get("page"))
    rows = [
        {
            "row": row,
            "medium": known(row.medium),
            "address": found.mask(row.address) if (found := known(row.medium)) else "•••",
            "reason": REASONS.get(row.reason, lambda text=row.reason: text)(),  # type: ignore[misc]
        }
        for row in page
    ]
    context = {
        "rows": rows,
        "page": page,
        "total": pages.count,
        "q": text,
        "medium": medium,
        "media": MEDIA,
        "form": AddForm(),
        "import_form": ImportForm(),
        "may_add": actor.can("people.import"),
        "may_remove": actor.can("people.change"),
        "manages": actor.can("privacy.manage"),
        "tab": "suppressions",
        "now": clock.now(),
        **more,
    }
    bad = any(form.errors for form in (context["form"], context["import_form"]) if form.is_bound)
    return render(request, "channels/suppressions.html", context, status=422 if bad else 200)
