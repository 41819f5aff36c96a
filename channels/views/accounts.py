"""The channels page: the accounts, their forms, a test message."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from channels import accounts as actions
from channels.adapters.registry import adapters
from channels.deliver import account_settings
from channels.media import Medium, known
from channels.models import Account
from channels.queries import unsettled_by_account
from lib import clock
from profiles.models import Source
from workspaces.access import get_or_404, own_teams, require, scoped


class AddressForm(forms.Form):
    """Where a test message goes."""

    address = forms.CharField(max_length=2000)

    def __init__(self, *args: Any, medium: Medium, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.medium = medium
        self.fields["address"].label = {
            Medium.EMAIL: _("Send a test to this address"),
            Medium.SMS: _("Send a test to this number"),
            Medium.IN_APP: _("Send a test to this person: email or user ID"),
            Medium.SOCIAL: _("Send a test to this person: email, user ID or the network’s ID"),
        }.get(medium, _("Send a test to this person: email, user ID or device token"))

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip()
        if self.medium in (Medium.EMAIL, Medium.SMS) and not self.medium.accepts(address):
            raise forms.ValidationError(_("This is no address for this channel."))
        return address


@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    from channels.views.caps import CapsForm  # its view draws this page, too

    actor: Any = request.actor  # type: ignore[attr-defined]
    return render(request, "channels/list.html", page(actor, CapsForm(workspace=actor.workspace)))


def page(actor: Any, caps: forms.Form) -> dict[str, Any]:
    """What the list needs."""
    found = list(scoped(actor, Account).select_related("team").order_by("medium", "-is_default", "name"))
    usable = set(scoped(actor, Account, "use").values_list("pk", flat=True))
    changeable = set(scoped(actor, Account, "change").values_list("pk", flat=True))
    waiting = unsettled_by_account([account.pk for account in found])
    rows = [
        {
            "account": account,
            "medium": known(account.medium),
            "adapter": adapters.get(account.kind),
            "waiting": waiting.get(account.pk, 0),
            "may_use": account.pk in usable,
            "may_change": account.pk in changeable,
        }
        for account in found
    ]
    manages = actor.can("channels.manage")
    return {"rows": rows, "manages": manages, "kinds": list(adapters), "caps": caps}


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest, kind: str) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    require(actor, "channels.manage")
    adapter = adapters.get(kind)
    if adapter is None:
        raise Http404("No such kind of channel")
    form = actions.form_for(
        adapter, actor, own_teams(actor), request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and form.is_valid():
        account = actions.create(actor, adapter, form, clock.now())
        messages.success(request, _("“%(name)s” is set up. Send a test to be sure.") % {"name": account.name})
        return redirect("channels:edit", account.public_id)
    context = {"form": form, "adapter": adapter}
    return render(request, "channels/edit.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, account_id: UUID) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    account = get_or_404(actor, Account, account_id, "change", related=("team",))
    adapter = _adapter(account)
    data = request.POST if request.method == "POST" else None
    form = actions.form_for(adapter, actor, own_teams(actor), data, account)
    if data is not None and form.is_valid():
        actions.change(actor, account, form, clock.now())
        messages.success(request, _("Saved."))
        return redirect("channels:edit", account.public_id)
    context = {
        "form": form,
        "adapter": adapter,
        "account": account,
        "test": AddressForm(medium=adapter.medium),
        "setup": adapter.setup(account_settings(account)),
        "base_url": settings.BASE_URL.rstrip("/"),
        "source": Source.objects.filter(workspace=actor.workspace, is_active=True).order_by("pk").first()
        if adapter.setup_template
        else None,
    }
    return render(request, "channels/edit.html", context, status=422 if form.is_bound else 200)


@require_POST
def test_message(request: HttpRequest, account_id: UUID) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    account = get_or_404(actor, Account, account_id, "use")
    form = AddressForm(request.POST, medium=_adapter(account).medium)
    if form.is_valid():
        try:
            actions.test_message(account, form.cleaned_data["address"], get_language() or "en", clock.now())
            messages.success(request, _("The test is on its way."))
        except ValueError as error:
            messages.error(request, str(error))
    else:
        messages.error(request, " ".join(map(str, form.errors["address"])))
    back = "channels:edit" if request.POST.get("from") == "edit" else "channels:list"
    return redirect(back, account.public_id) if back == "channels:edit" else redirect(back)


@require_POST
def activity(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """Switch it off (`active` empty) or on."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    account = get_or_404(actor, Account, account_id, "change")
    actions.switch(actor, account, bool(request.POST.get("active")), clock.now())
    return redirect("channels:list")


@require_POST
def delete(request: HttpRequest, account_id: UUID) -> HttpResponse:
    actor: Any = request.actor  # type: ignore[attr-defined]
    account = get_or_404(actor, Account, account_id, "change")
    name = account.name
    actions.delete(actor, account, clock.now())
    messages.success(request, _("“%(name)s” is deleted.") % {"name": name})
    return redirect("channels:list")


def _adapter(account: Account) -> Any:
    try:
        return actions.adapter_of(account)
    except actions.NoAdapter as missing:
        raise Http404("This kind of channel is not installed") from missing
