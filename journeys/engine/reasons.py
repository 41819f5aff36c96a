"""Why people left and messages did not, in words."""

from django.utils.translation import gettext as _


def end_reason(reason: str) -> str:
    """Why an enrolment ended, for people."""
    return {
        "completed": _("Reached the end"),
        "goal": _("Reached the goal"),
        "exit_rule": _("Left by a rule of the journey"),
        "stopped": _("The journey was stopped"),
        "merged": _("Goes on under another profile"),
        "step_removed": _("The step is gone"),
        "erased": _("Erased"),
        "max_stay": _("Stayed as long as the journey lets people"),
        "failed": _("Could not go on"),
    }.get(reason, reason)


def skip_reason(reason: str) -> str:
    """Why a message was not sent, for people."""
    return {
        "no_consent": _("no consent"),
        "no_address": _("no address"),
        "quiet_hours": _("quiet hours"),
        "night_consent": _("no consent to messages between 21:00 and 08:00"),
        "frequency_cap": _("too many messages"),
        "paused": _("asked for a rest"),
        "suppressed": _("the address is blocked"),
        "expired": _("too late"),
        "holdout": _("in the control group"),
        "not_approved": _("the content is not approved"),
        "exit_rule": _("left the journey before"),
        "render_error": _("the content could not be made"),
    }.get(reason, reason)
