"""What became of a call, for people."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def sentence(note: dict[str, Any]) -> str:
    """`note`: as the log has it, {"state", "status"?, "reason"?, "detail"?, "host"?, "ms"?, "tries"?}."""
    if note.get("state") == "calling":
        if not note.get("reason"):
            return _("Waits for the answer")
        return _("Will be tried again: %(why)s") % {"why": _failed(note) + _tries(note)}
    if note.get("simulated"):
        text = _("Not called in a test: %(request)s") % {"request": note.get("request", "")}
        return f"{text}. {_failed(note)}" if note.get("state") == "call_failed" else text
    seconds = f"{(note.get('ms') or 0) / 1000:.1f}"
    if note.get("state") == "called":
        return _("%(host)s answered %(status)s in %(seconds)s s") % {
            "host": note.get("host", ""), "status": note.get("status", ""), "seconds": seconds,
        }  # fmt: skip
    return _failed(note) + _tries(note)


def _tries(note: dict[str, Any]) -> str:
    tries = int(note.get("tries") or 1)
    if tries < 2:
        return ""
    return " " + ngettext("(after %(n)d try)", "(after %(n)d tries)", tries) % {"n": tries}


def _failed(note: dict[str, Any]) -> str:
    reason = str(note.get("reason", ""))
    host = note.get("host", "")
    if reason == "status":
        return _("%(host)s answered %(status)s") % {"host": host, "status": note.get("status", "")}
    if reason == "render_error":
        return _("The request could not be made: %(why)s") % {"why": note.get("detail", "")}
    known = {
        "timeout": _("%(host)s did not answer in time"),
        "unreachable": _("%(host)s can’t be reached"),
        "unknown_host": _("%(host)s is not known"),
        "refused": _("%(host)s is an address inside the network, and is not called"),
        "too_large": _("The answer of %(host)s was too large"),
        "no_json": _("The answer of %(host)s was no JSON"),
        "no_http": _("The answer of %(host)s could not be read"),
        "tls": _("The certificate of %(host)s can’t be trusted"),
        "moved": _("%(host)s sent the call elsewhere"),
        "too_late": _("No answer for half a day"),
        "drawn": _("It fails in this test"),
        "gave_up": _("The call never came to an end"),
    }.get(reason, _("The call failed"))
    return known % {"host": host} if "%(host)s" in known else known
