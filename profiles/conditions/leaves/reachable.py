from collections.abc import Callable, Iterable
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from profiles.conditions import media
from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known, say
from profiles.conditions.builder import Builder
from profiles.conditions.registry import register
from profiles.conditions.tree import Json

ADDRESS = {"email": "email", "sms": "phone"}  # the profile's columns
# channels adds SQL that is true for an address that can't or must not be written to: (medium, address, builder).
blocked: list[Callable[[str, str, Builder], str]] = []


@register
class Reachable(LeafKind):
    """Has an address for the medium that may be written to, and has not refused the medium as a whole."""

    key, label, order = "reachable", gettext_lazy("who can be reached"), 50
    keys = ("medium",)
    of_profile = True

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if leaf.get("reachable") not in dict(media.choices()):
            yield "/reachable", _("Choose a channel.")

    def value(self, leaf: Json, build: Builder) -> str:
        medium = leaf["reachable"]
        if medium not in ADDRESS:
            return "false"
        address = build.profile(ADDRESS[medium])
        tests = [
            f"coalesce({address}, '') <> ''",
            *(f"not {block(medium, address, build)}" for block in blocked),
        ]
        tests.append(
            f"not exists (select from profiles_consent c where c.profile_id = {build.person} "
            f"and c.medium = {build.param(medium, 'text')} and c.topic = '*' and c.state = 'withdrawn')"
        )
        return f"({' and '.join(tests)})"

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return f"coalesce({v}, false)"

    def sentence(self, leaf: Json, workspace: Any) -> str:
        return _("can be reached by %(medium)s") % {"medium": media.name(leaf["reachable"])}

    def why(self, leaf: Json, value: Any, result: bool, workspace: Any) -> str:
        words = {"medium": media.name(leaf["reachable"])}
        return (_("can be reached by %(medium)s") if result else _("can't be reached by %(medium)s")) % words

    def empty(self) -> Json:
        return {"reachable": ""}

    def fields(self, leaf: Json) -> Fields:
        return {"medium": leaf.get("reachable", "")}

    def read(self, found: Fields, known: Known) -> Json:
        return {"reachable": found["medium"]}

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        choices = [(medium, label) for medium, label in media.choices() if medium in ADDRESS]
        return say(
            pgettext("reachable", "by %(medium)s"),
            medium=blanks.choice("medium", found["medium"], choices, _("channel")),
        )
