from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS = [
    ("web", _("Web")),
    ("app", _("App")),
    ("store", _("Store")),
    ("api", _("API")),
    ("other", pgettext_lazy("kind of source", "Something else")),
]
EVERY = [
    (5, _("every 5 minutes")),
    (15, _("every 15 minutes")),
    (60, _("every hour")),
    (360, _("every 6 hours")),
    (1440, _("every day")),
]


def every_kind() -> list[tuple[str, Any]]:
    from profiles.connectors.registry import connectors

    return [*KINDS, *((connector.kind, connector.label) for connector in connectors)]


class SourceForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=every_kind)


class NameForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)


class SqlForm(forms.Form):
    """Where the database is and what is asked of it. An empty password stays as it was."""

    engine = forms.ChoiceField(
        label=_("Database system"), choices=[("postgresql", "PostgreSQL"), ("mysql", "MySQL, MariaDB")]
    )
    host = forms.CharField(
        label=_("Host"), max_length=200, widget=forms.TextInput(attrs={"placeholder": "db.example.com"})
    )
    port = forms.IntegerField(
        label=_("Port"), required=False, min_value=1, max_value=65535, help_text=_("Empty: the usual one.")
    )
    database = forms.CharField(label=_("Database"), max_length=100)
    user = forms.CharField(label=_("User name"), max_length=100, help_text=_("One that may only read."))
    password = forms.CharField(
        label=_("Password"), max_length=400, required=False, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    tls = forms.ChoiceField(
        label=_("Encryption"),
        choices=[
            ("verify", _("Required, certificate checked")),
            ("require", _("Required")),
            ("prefer", _("If the server can")),
        ],
        initial="require",
    )
    query = forms.CharField(
        label=_("Query"), max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "font-mono text-xs!",
                                     "placeholder": "select id, member_id, total, paid_at from orders"}),
    )  # fmt: skip
    cursor = forms.CharField(
        label=_("Column that only grows"), max_length=100, required=False,
        help_text=_(
            "A number or a time of change, such as updated_at: only rows beyond the last one are fetched. "
            "Without it, every run fetches all."
        ),
    )  # fmt: skip


class HookForm(forms.Form):
    """JMESPath, field by field."""

    type = forms.ChoiceField(
        label=_("It tells"), choices=[("track", _("what somebody did")), ("identify", _("who somebody is"))]
    )
    each = forms.CharField(
        label=_("Several in one body"),
        required=False,
        help_text=_("orders[] for a list called orders. Empty: the body is one."),
    )
    user_id = forms.CharField(label=_("Member number"), required=False)
    email = forms.CharField(label=_("Email address"), required=False)
    phone = forms.CharField(label=_("Phone number"), required=False)
    anonymous_id = forms.CharField(label=_("Device"), required=False)
    event = forms.CharField(
        label=_("Event name"),
        required=False,
        help_text=_("A fixed name stands in single quotes: 'order_placed'."),
    )
    time = forms.CharField(
        label=_("When it happened"), required=False, help_text=_("Empty: when it arrives.")
    )
    message_id = forms.CharField(
        label=_("Its own number"),
        required=False,
        help_text=_(
            "Keeps what is delivered twice from counting twice. Empty: the same body counts once in two days."
        ),
    )
    properties = forms.CharField(
        label=_("What else is known"), required=False, help_text=_("{amount: total, shop: store.name}"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "font-mono text-xs!"}),
    )  # fmt: skip
    sample = forms.CharField(
        label=_("A sample of what arrives"), required=False, max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "font-mono text-xs!"}),
    )  # fmt: skip
    header = forms.CharField(
        label=_("Header with the signature"),
        required=False,
        max_length=80,
        help_text=_("HMAC-SHA256 of the body, such as X-Signature. Empty: the secret address is enough."),
    )
    signing = forms.CharField(
        label=_("Secret of the signature"), required=False, max_length=400, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("each", "user_id", "email", "phone", "anonymous_id", "event", "time", "message_id"):
            self.fields[name].widget.attrs |= {"class": "font-mono text-xs!", "spellcheck": "false"}
