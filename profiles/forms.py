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


class SourceForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS)
