import re
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from profiles.addresses import ADDRESSES
from profiles.conditions import media
from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known, say
from profiles.conditions.builder import Builder
from profiles.conditions.registry import register
from profiles.conditions.tree import Json

# channels adds SQL that is true for an address that can't or must not be written to: (medium, address, builder).
blocked: list[Callable[[str, str, Builder], str]] = []
# channels adds the media that messages can be sent by: the others are not offered.
offered: list[Callable[[], Iterable[str]]] = []


COLUMN = re.compile(r"p\.\w+")


@register
class Reachable(LeafKind):
    """Has an address for the medium that may be written to, and has not refused the medium as a whole."""

    key, label, order = "reachable", gettext_lazy("who can be reached"), 50
    keys = ("medium",)
    of_profile = untold = True  # an address may come to be blocked without any news of the person

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if leaf.get("reachable") not in dict(media.choices()):
            yield "/reachable", _("Choose a channel.")

    def value(self, leaf: Json, build: Builder) -> str:
        medium = leaf["reachable"]
        address = found = build.address(ADDRESSES[medium])
        if not COLUMN.fullmatch(found):
            address = "a.address"  # looked up once
        known = " and ".join(
            [f"coalesce({address}, '') <> ''", *(f"not {block(medium, address, build)}" for block in blocked)]
        )
        if address is not found:
            known = f"(select {known} from (select {found} as address offset 0) a)"
        return (
            f"({known} and not exists (select from profiles_consent c where c.profile_id = {build.person} "
            f"and c.medium = {build.param(medium, 'text')} and c.topic = '*' and c.state = 'withdrawn'))"
        )

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return f"coalesce({v}, false)"

    def of_nobody(self, leaf: Json) -> bool | None:
        return False

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
        shown = {medium for some in offered for medium in some()} | {found["medium"]}
        choices = [(medium, label) for medium, label in media.choices() if medium in shown]
        return say(
            pgettext("reachable", "by %(medium)s"),
            medium=blanks.choice("medium", found["medium"], choices, _("channel")),
        )
