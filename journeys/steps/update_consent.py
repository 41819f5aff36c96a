from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from channels.adapters.registry import offered
from channels.media import Medium
from journeys.document.settings import setting
from journeys.document.shape import Step
from journeys.forms.node import NodeForm
from journeys.steps.base import Context, Group, Problem, StepKind, SummaryContext, Visits
from journeys.steps.outcomes import Go, Outcome, Outcomes
from journeys.steps.registry import steps
from profiles import night
from profiles.consent import EVERY_TOPIC
from profiles.models import Topic
from profiles.person_consents import medium_label
from profiles.queries import topic_choices


@dataclass(frozen=True, slots=True)
class Settings:
    """In the words of the API's `consents`: {medium: {topic: state}}. `topic` "*": every topic of the medium."""

    state: Literal["granted", "withdrawn"]
    medium: str = setting(length=16)
    topic: str = setting(EVERY_TOPIC, length=50)


class UpdateConsentForm(NodeForm):
    state = forms.ChoiceField(
        label=_("From now on"),
        choices=[("granted", _("They may be contacted")), ("withdrawn", _("They may not be contacted"))],
        help_text=_(
            "Only grant what people have said yes to; the journey and this step are kept as the proof."
        ),
    )
    medium = forms.ChoiceField(label=_("By"))
    topic = forms.ChoiceField(label=_("About"), required=False)

    def bind(self) -> None:
        media = [(medium.value, medium.label) for medium in offered()]
        if self.workspace.night_consent:
            media.append((night.MEDIUM, medium_label(night.MEDIUM)))
        self._choose("medium", media)
        self._choose("topic", [(EVERY_TOPIC, _("Every topic")), *topic_choices(self.workspace)])

    def _choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        """What the document names stays choosable, also when it is gone."""
        field, now = self.fields[name], self.before.get(name)
        assert isinstance(field, forms.ChoiceField)
        if now and now not in dict(choices):
            choices.append((now, gettext("%(name)s (gone)") % {"name": now}))
        field.choices = choices


@steps.register
class UpdateConsent(StepKind[Settings]):
    kind, label, icon, group, tone = (
        "update_consent",
        _("Update consent"),
        "shield-check",
        Group.DATA,
        "data",
    )
    description = _("Writes down what people allow, or no longer allow")
    order = 61
    settings_class = Settings
    example = Settings(medium="email", state="withdrawn")
    form_class = UpdateConsentForm

    def summary(self, settings: Settings, names: SummaryContext) -> str:
        about = {"medium": _medium(settings.medium), "topic": settings.topic}
        if settings.medium == night.MEDIUM:
            granted = settings.state == "granted"
            return gettext("Night granted, 21–08") if granted else gettext("Night withdrawn, 21–08")
        if settings.topic == EVERY_TOPIC and settings.state == "granted":
            return gettext("%(medium)s granted, every topic") % about
        if settings.topic == EVERY_TOPIC:
            return gettext("%(medium)s withdrawn, every topic") % about
        if settings.state == "granted":
            return gettext("%(medium)s granted, %(topic)s") % about
        return gettext("%(medium)s withdrawn, %(topic)s") % about

    def problems(self, step: Step, settings: Settings, context: Context) -> Iterable[Problem]:
        if settings.medium == night.MEDIUM:
            if settings.topic != EVERY_TOPIC:
                text = gettext("Consent to the night is for every topic.")
                yield Problem("error", "unknown_topic", text, step.key, "topic")
            return
        if settings.medium not in set(Medium):
            text = gettext("“%(medium)s” is no kind of message.") % {"medium": settings.medium}
            yield Problem("error", "unknown_medium", text, step.key, "medium")
        if settings.topic != EVERY_TOPIC and context.workspace_id is not None:
            known = Topic.objects.filter(workspace_id=context.workspace_id, slug=settings.topic)
            if not known.exists():
                text = gettext("The topic “%(topic)s” does not exist.") % {"topic": settings.topic}
                yield Problem("error", "unknown_topic", text, step.key, "topic")

    def run(self, settings: Settings, visits: Visits, now: datetime) -> Outcomes:
        visits.world.write_consents(visits, settings.medium, settings.topic, settings.state)
        on: Outcome = Go("next")
        return [on] * len(visits)


def _medium(name: str) -> str:
    return str(Medium(name).label) if name in set(Medium) else name
