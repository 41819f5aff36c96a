"""Why a message was not sent, or not yet, in words a marketer reads (journeys.md, rule 9)."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from channels.models import Message

STATES: dict[str, str | Promise] = {
    "created": pgettext_lazy("message", "Waiting to be sent"),
    "held": pgettext_lazy("message", "Held back"),
    "sent": pgettext_lazy("message", "Sent"),
    "delivered": pgettext_lazy("message", "Delivered"),
    "skipped": pgettext_lazy("message", "Not sent"),
    "failed": pgettext_lazy("message", "Failed"),
}
REASONS: dict[str, str | Promise] = {
    "no_consent": gettext_lazy("There is no consent for this topic."),
    "no_address": gettext_lazy("There is no address to send to."),
    "quiet_hours": gettext_lazy("It is quiet hours for this person."),
    "night_consent": gettext_lazy("This person did not agree to messages between 21:00 and 08:00."),
    "frequency_cap": gettext_lazy("This person has got enough messages lately."),
    "paused": gettext_lazy("This person asked for a rest."),
    "suppressed": gettext_lazy("This address must not be written to any more."),
    "expired": gettext_lazy("Its time was over before it could be sent."),
    "holdout": gettext_lazy("This person is in the hold-out, which gets nothing."),
    "not_approved": gettext_lazy("The content is not approved."),
    "exit_rule": gettext_lazy("This person left the journey first."),
    "render_error": gettext_lazy("The content could not be filled in for this person."),
    "no_account": gettext_lazy("No channel is set up for this kind of message."),
    "provider_refused": gettext_lazy("The provider did not take it."),
    "bounced": gettext_lazy("It could not be delivered."),
    "gave_up": gettext_lazy("Sending was tried too often without an end."),
}


def state_label(state: str) -> str:
    return str(STATES.get(state, state))


def sentence(reason: str, error: str = "") -> str:
    """The reason in the reader's language, with what the provider or the template said; empty without a reason.

    Our own sentences among those are kept in English and translated here; a provider's words stay as they are."""
    words = str(REASONS.get(reason, reason))
    if words and error:
        return pgettext("a reason and its detail", "%(reason)s (%(detail)s)") % {
            "reason": words.removesuffix("."),
            "detail": _(error),
        }
    return words


def of(message: Message) -> str:
    """Why this message stands where it stands; empty where there is nothing to explain."""
    if message.state == "created" and message.frozen:
        return _("The journey is paused.")
    if message.state == "created" and message.error:
        return _("It will be tried again: %(detail)s") % {"detail": _(message.error)}
    return sentence(message.reason, message.error) if message.state in {"held", "skipped", "failed"} else ""
