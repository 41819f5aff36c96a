"""The form of the rules of identity."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from profiles import changing_identity_rules as rules_of
from profiles.identity_rules import Rules


class IdentityRulesForm(forms.Form):
    blocked = forms.CharField(
        label=_("Values that name nobody"), required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("One a line. Case doesn’t matter. For kiosks, shared tills, test accounts."),
    )  # fmt: skip
    email_joins = forms.BooleanField(label=_("The same e-mail address joins"), required=False)
    phone_joins = forms.BooleanField(label=_("The same phone number joins"), required=False)
    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, rules: Rules) -> None:
        super().__init__(
            data,
            initial={
                "blocked": "\n".join(sorted(rules.blocked)),
                "email_joins": rules.email_joins,
                "phone_joins": rules.phone_joins,
                "seen": rules_of.revision(rules),
            },
        )

    def clean_blocked(self) -> frozenset[str]:
        try:
            return rules_of.blocked(self.cleaned_data["blocked"].splitlines())
        except rules_of.Unfit as unfit:
            raise forms.ValidationError(str(unfit)) from None

    @property
    def rules(self) -> Rules:
        data = self.cleaned_data
        return Rules(data["blocked"], data["email_joins"], data["phone_joins"])
