from collections.abc import Collection
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


class SecretForm(forms.Form):
    """A new secret, or a new value for one of the same name: never by chance, and never without saying who gets it."""

    def __init__(self, *args: Any, taken: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.taken = taken

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9_]*$", _("Small letters, digits and _ only, a letter first."))
        ],
        help_text=_("Webhooks use it by this name. A name that exists already gets the new value."),
    )
    value = forms.CharField(
        label=_("Value"),
        required=False,
        max_length=4000,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("What the receiver gave you. Empty: one is made up, for signing."),
    )
    renew = forms.BooleanField(
        label=_("Make up a new value for a secret that exists"),
        required=False,
        help_text=_("Receivers that check signatures need the new value at once."),
    )
    host = forms.CharField(
        label=_("Only for this host"),
        required=False,
        max_length=255,
        validators=[RegexValidator(rf"^{HOST}$", _("Write it like api.example.com."))],
        help_text=_("No other host ever gets it. Empty: it signs calls, and nobody gets it."),
    )

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        if any(ord(character) < 32 for character in value):
            raise forms.ValidationError(_("One line, please."))
        return value

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name, value = data.get("name"), data.get("value")
        if name in self.taken and value == "" and not data.get("renew"):
            text = _("“%(name)s” exists. Write its new value, or have one made up.")
            self.add_error("value", forms.ValidationError(text, params={"name": name}))
        if data.get("renew") and value:
            self.add_error("renew", _("A value is written already."))
        return data
