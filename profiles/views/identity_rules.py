"""Which values name nobody, and what joins two profiles: the page of the rules, with a place to try a value."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lib import clock
from profiles import changing_identity_rules as rules_of
from profiles.identify import MOST_NAMES
from profiles.identity_rules_form import IdentityRulesForm
from profiles.linking import CROWD
from profiles.views.sources import actor_of
from workspaces.access import require

EXAMPLES = ("null", "undefined", "anonymous", "guest", "test", "0000", "00000000-0000-0000-0000-000000000000")


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """?value= is tried against the rules as they are saved."""
    actor = actor_of(request, "sources.view")
    known = rules_of.current(actor.workspace.pk)
    form = IdentityRulesForm(request.POST if request.method == "POST" else None, rules=known)
    if request.method == "POST":
        require(actor, "sources.manage")
        if form.is_valid():
            try:
                rules_of.replace(actor, form.rules, clock.now(), seen=form.cleaned_data["seen"])
            except rules_of.Changed:
                form.add_error(None, _("Somebody has changed these rules meanwhile. Load the page anew."))
            else:
                messages.success(request, _("Saved. The rules hold for calls that come from now on."))
                return redirect("profiles:identity-rules")
    tried = request.GET.get("value", "")[:200]
    context = {
        "form": form,
        "rules": known,
        "blocked": sorted(known.blocked),
        "manages": actor.can("sources.manage"),
        "examples": [value for value in EXAMPLES if known.names_nobody(value)],
        "tried": tried,
        "nobody": bool(tried) and known.names_nobody(tried),
        "crowd": CROWD,
        "most_names": MOST_NAMES,
    }
    status = 422 if form.errors else 200
    return render(request, "profiles/sources/identity_rules.html", context, status=status)
