from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from profiles import night
from profiles.conditions import media
from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known, say
from profiles.conditions.builder import Builder
from profiles.conditions.registry import register
from profiles.conditions.tree import Json

STATES = ("granted", "withdrawn", "unknown")
_NIGHT = {
    "granted": gettext_lazy("agreed to advertising at night"),
    "withdrawn": gettext_lazy("refused advertising at night"),
    "unknown": gettext_lazy("was never asked about advertising at night"),
}


@register
class Consent(LeafKind):
    """What the person said about a medium and a topic, by the rule that lets messages out (channels.eligibility).

    The topic's own answer, else the medium's ("*"); who withdrew everything is won back by a later yes to the topic.
    """

    key, label, order = "consent", gettext_lazy("whose consent"), 40
    keys = ("medium", "topic", "op")
    of_profile = True

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if not isinstance(leaf.get("consent"), str) or not leaf["consent"]:
            yield "/consent", _("Choose a channel.")
        if leaf.get("op", "granted") not in STATES:
            yield "/op", _("“%(op)s” is no comparison.") % {"op": str(leaf.get("op"))[:40]}
        if not isinstance(leaf.get("topic") or "", str):
            yield "/topic", _("Choose a topic.")

    def value(self, leaf: Json, build: Builder) -> str:
        medium = build.param(leaf["consent"], "text")
        row = f"profiles_consent {{0}} on {{0}}.profile_id = {build.person} and {{0}}.medium = {medium}"
        topic = build.param(leaf.get("topic") or "*", "text")
        return (
            "(select case "
            "when own.state = 'granted' and (every.state is distinct from 'withdrawn' or own.at >= every.at) "
            "then 'granted' when own.state = 'withdrawn' then 'withdrawn' else coalesce(every.state, 'unknown') end "
            f"from (select) one left join {row.format('own')} and own.topic = {topic} "
            f"left join {row.format('every')} and every.topic = '*')"
        )

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return f"({v} = {build.param(leaf.get('op', 'granted'), 'text')})"

    def reads(self, leaf: Json, workspace_id: int) -> Iterable[tuple[str, str]]:
        yield "profile", "consents"

    def of_nobody(self, leaf: Json) -> bool | None:
        return bool(leaf.get("op", "granted") == "unknown")

    def sentence(self, leaf: Json, workspace: Any) -> str:
        return self._said(leaf, leaf.get("op", "granted"), workspace)

    def why(self, leaf: Json, value: Any, result: bool, workspace: Any) -> str:
        return self._said(leaf, value, workspace)

    def _said(self, leaf: Json, state: str, workspace: Any) -> str:
        if leaf["consent"] == night.MEDIUM:
            return str(_NIGHT[state])
        topic = leaf.get("topic") or "*"
        about = _("everything") if topic == "*" else media.topic(topic, workspace)
        texts = {
            "granted": _("agreed to %(topic)s by %(medium)s"),
            "withdrawn": _("refused %(topic)s by %(medium)s"),
            "unknown": _("was never asked about %(topic)s by %(medium)s"),
        }
        return texts[state] % {"medium": media.name(leaf["consent"]), "topic": about}

    def empty(self) -> Json:
        return {"consent": "", "topic": "*", "op": "granted"}

    def fields(self, leaf: Json) -> Fields:
        return {"medium": leaf.get("consent", ""), "topic": leaf.get("topic") or "", "op": leaf.get("op", "")}

    def read(self, found: Fields, known: Known) -> Json:
        topic = {"topic": found["topic"]} if found["topic"] else {}
        return {"consent": found["medium"], **topic, "op": found["op"]}

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        every = ("" if found["topic"] == "" else "*", _("every topic"))
        states = [
            ("granted", pgettext("consent", "was given")),
            ("withdrawn", pgettext("consent", "was withdrawn")),
            ("unknown", pgettext("consent", "was never asked for")),
        ]

        return say(
            _("to %(topic)s by %(medium)s %(state)s"),
            state=blanks.choice("op", found["op"], states, _("the answer")),
            topic=blanks.choice("topic", found["topic"], [every, *blanks.known.topics], _("topic")),
            medium=blanks.choice("medium", found["medium"], _media(found, blanks), _("channel")),
        )


def _media(found: Fields, blanks: Blanks) -> list[tuple[str, str]]:
    """The channels, and the night where the workspace asks for it or the leaf names it already."""
    workspace = blanks.known.workspace
    asked = workspace is not None and workspace.night_consent
    at_night = (
        [(night.MEDIUM, pgettext("medium", "night"))] if asked or found["medium"] == night.MEDIUM else []
    )
    return [*media.choices(), *at_night]
