"""What conditions can ask of messages, and which addresses can't be reached."""

from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from channels.adapters.registry import offered
from channels.media import Medium
from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known, say
from profiles.conditions.builder import Builder
from profiles.conditions.leaves import reachable
from profiles.conditions.registry import register
from profiles.conditions.tree import Json

# SQL over a message `m`, true when it happened. A click or an answer says that it came and was read.
HAPPENED = {
    "sent": "m.sent_at is not null or m.state in ('sent', 'delivered')",
    "delivered": "coalesce(m.delivered_at, m.opened_at, m.clicked_at) is not null or m.state = 'delivered'",
    "opened": "m.opened_at is not null or m.clicked_at is not null",
    "clicked": "m.clicked_at is not null",
    "replied": "exists (select from channels_messageevent h where h.message_id = m.id and h.kind = 'replied')",
    "bounced": "exists (select from channels_messageevent h where h.message_id = m.id and h.kind = 'bounced')",
    "failed": "m.state = 'failed'",
    "skipped": "m.state = 'skipped'",
}


@register
class Message(LeafKind):
    """What became of the message of a step of this enrolment. A step visited twice: of any of its messages."""

    key, in_audience = "message", False
    label, order = gettext_lazy("whose message"), 80
    keys = ("message", "op")

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if not isinstance(leaf.get("message"), str) or not leaf["message"]:
            yield "/message", _("Choose a message step.")
        if leaf.get("op") not in HAPPENED:
            yield "/op", _("Choose what became of the message.")

    def needs_enrolment(self, leaf: Json) -> bool:
        return True

    def events(self, leaf: Json, workspace_id: int) -> Iterable[str]:
        # A click says opened and delivered, too. Sending itself is no event of the person.
        told = ("delivered", "opened", "clicked", "replied", "bounced", "failed")
        return [f"message_{what}" for what in told] if leaf["op"] in told else []

    def value(self, leaf: Json, build: Builder) -> str:
        step = build.param(leaf["message"], "text")
        found = f"select from channels_message m where m.enrolment_id = b.enrolment_id and m.step = {step}"
        return f"exists ({found} and ({HAPPENED[leaf['op']]}))"

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return v

    def sentence(self, leaf: Json, workspace: Any) -> str:
        words = {"step": leaf["message"]}
        return {
            "sent": _("the message of %(step)s was sent"),
            "delivered": _("the message of %(step)s was delivered"),
            "opened": _("the message of %(step)s was opened"),
            "clicked": _("the message of %(step)s was clicked"),
            "replied": _("the message of %(step)s was answered"),
            "bounced": _("the message of %(step)s bounced"),
            "failed": _("the message of %(step)s failed"),
            "skipped": _("the message of %(step)s was skipped"),
        }[leaf["op"]] % words

    def empty(self) -> Json:
        return {"message": "", "op": "opened"}

    def fields(self, leaf: Json) -> Fields:
        return {"message": leaf.get("message", ""), "op": leaf.get("op", "")}

    def read(self, found: Fields, known: Known) -> Json:
        return {"message": found["message"], "op": found["op"]}

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        ops = [
            ("sent", pgettext("message", "was sent")), ("delivered", pgettext("message", "was delivered")),
            ("opened", pgettext("message", "was opened")), ("clicked", pgettext("message", "was clicked")),
            ("replied", pgettext("message", "was answered")), ("bounced", pgettext("message", "bounced")),
            ("failed", pgettext("message", "failed")), ("skipped", pgettext("message", "was skipped")),
        ]  # fmt: skip
        return say(
            pgettext("message", "of %(step)s %(op)s"),
            step=blanks.choice("message", found["message"], blanks.known.message_steps, _("step")),
            op=blanks.choice("op", found["op"], ops, _("what became of it")),
        )


def _blocked(medium: str, address: str, build: Builder) -> str:
    """The same rule that eligibility applies before a message is made."""
    pattern = build.param(Medium(medium).pattern, "text")
    return (
        f"({address} !~ {pattern} or exists (select from channels_suppression s where s.workspace_id = %(workspace)s "
        f"and s.medium = {build.param(medium, 'text')} and s.address = {address}))"
    )


reachable.blocked.append(_blocked)
reachable.offered.append(lambda: [medium.value for medium in offered()])
