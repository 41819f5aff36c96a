from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """E-mail and password. Says what to do next, never which of the two was wrong."""

    username = forms.EmailField(
        label=_("Email"),
        error_messages={
            "required": _("Write the e-mail address of your account."),
            "invalid": _("Write the whole address, like name@company.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "inputmode": "email"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        error_messages={"required": _("Write your password.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    error_messages: dict[str, Any] = {
        "invalid_login": _("This address and password don't match. Check both, capital letters too."),
        "inactive": _("This account is switched off. Ask an administrator of your company."),
    }

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).strip().lower()
