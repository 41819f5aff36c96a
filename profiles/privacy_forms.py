"""The forms of the pages about consent and privacy."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from profiles import double_opt_in, retention, wording
from profiles.conditions.leaves import reachable
from profiles.models import KnownName, PrivacySettings, Topic
from workspaces.models import Workspace


def media() -> list[tuple[str, str]]:
    """The channels that something can be sent by."""
    shown = [str(medium) for some in reachable.offered for medium in some()]
    return [(medium, str(wording.MEDIA.get(medium, ("", medium))[1])) for medium in dict.fromkeys(shown)]


class TopicForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name in English"), max_length=80)
    name_ko = forms.CharField(label=gettext_lazy("Name in Korean"), max_length=80, required=False)
    description = forms.CharField(
        label=gettext_lazy("What it is, in English"), max_length=300, required=False
    )
    description_ko = forms.CharField(
        label=gettext_lazy("What it is, in Korean"), max_length=300, required=False
    )
    slug = forms.CharField(
        label=gettext_lazy("Name for journeys and calls"),
        max_length=50,
        required=False,
        help_text=gettext_lazy(
            "Small letters, digits and dashes. Empty: made from the name. It never changes."
        ),
    )
    media = forms.MultipleChoiceField(  # type: ignore[assignment]
        label=gettext_lazy("People may choose it for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every channel."),
    )
    transactional = forms.BooleanField(
        label=gettext_lazy("Transactional: it needs no consent, and goes out at any hour"), required=False
    )
    double_opt_in = forms.BooleanField(
        label=gettext_lazy("Double opt-in: a yes by e-mail counts after a click in the mailbox"),
        required=False,
    )

    def __init__(self, data: Any = None, *, workspace: Workspace, topic: Topic | None = None) -> None:
        initial = {name: getattr(topic, name) for name in self.base_fields} if topic else None
        super().__init__(data, initial=initial, auto_id="topic_%s")
        self.workspace, self.topic = workspace, topic
        self.fields["media"].choices = media()  # type: ignore[attr-defined]
        if topic:
            del self.fields["slug"]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"].strip()
        if slug and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", slug):
            raise forms.ValidationError(_("Write small letters, digits and dashes, such as new-products."))
        if slug and Topic.objects.filter(workspace=self.workspace, slug=slug).exists():
            raise forms.ValidationError(_("There is a topic of this name already."))
        return slug

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("transactional") and data.get("double_opt_in"):
            self.add_error("double_opt_in", _("A transactional topic asks for no consent."))
        return data


class RetentionForm(forms.Form):
    event = forms.ChoiceField(label=gettext_lazy("Events"))
    days = forms.IntegerField(
        label=gettext_lazy("Keep for, in days"),
        min_value=retention.SHORTEST,
        max_value=retention.LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )

    def __init__(self, data: Any = None, *, workspace: Workspace) -> None:
        super().__init__(data, auto_id="retention_%s")
        names = KnownName.objects.filter(workspace=workspace, kind="event").order_by("name")
        self.fields["event"].choices = [  # type: ignore[attr-defined]
            (retention.EVERY_OTHER, _("All that have no rule of their own")),
            *((name, wording.event_title(name, {})) for name in names.values_list("name", flat=True)[:500]),
        ]


class ErasureForm(forms.Form):
    readmit_events = forms.CharField(
        label=gettext_lazy("Events that are a new sign-up"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "Names with commas between them. Empty: nothing lets an erased person in again."
        ),
    )
    readmit_after_days = forms.IntegerField(
        label=gettext_lazy("Days after which whatever comes lets her in"),
        required=False,
        min_value=1,
        max_value=3650,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy("Empty: never."),
    )

    def names(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["readmit_events"].split(",") if name.strip()]


class ConfirmationForm(forms.Form):
    """The words of the mail in both languages; empty: ours."""

    def __init__(self, data: Any = None, *, kept: PrivacySettings | None) -> None:
        own = kept.confirmation if kept else {}
        super().__init__(data, auto_id="mail_%s")
        labels = {
            "subject": pgettext_lazy("of a mail", "Subject"),
            "text": gettext_lazy("Text"),
            "button": gettext_lazy("Button"),
            "foot": gettext_lazy("Small print"),
        }
        for language, parts in double_opt_in.WORDS.items():
            for part, default in parts.items():
                long = part in ("text", "foot")
                attrs = {"placeholder": default, "lang": language}
                self.fields[f"{language}_{part}"] = forms.CharField(
                    label=labels[part],
                    required=False,
                    max_length=600 if long else 120,
                    initial=(own.get(language) or {}).get(part, ""),
                    widget=forms.Textarea(attrs={**attrs, "rows": 2})
                    if long
                    else forms.TextInput(attrs=attrs),
                )

    @property
    def languages(self) -> list[tuple[str, list[forms.BoundField]]]:
        names = {"en": "English", "ko": "한국어"}
        return [
            (names[language], [self[f"{language}_{part}"] for part in parts])
            for language, parts in double_opt_in.WORDS.items()
        ]

    def words(self) -> dict[str, dict[str, str]]:
        return {
            language: {
                part: text for part in parts if (text := self.cleaned_data[f"{language}_{part}"].strip())
            }
            for language, parts in double_opt_in.WORDS.items()
        }
