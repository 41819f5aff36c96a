"""A divergence of a stored test as a sentence, in the reader's language and with the steps' names."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from journeys.engine.explain import end_reason, skip_reason
from journeys.steps.registry import steps

Json = dict[str, Any]
Titles = Mapping[str, str]


def titles_of(document: Any) -> dict[str, str]:
    """What each step is called: its name, else its kind's."""
    found: dict[str, str] = {}
    for key, step in (document.get("steps") or {}).items():
        kind = steps.get(str(step.get("kind")))
        found[key] = str(step.get("name") or (kind.label if kind else step.get("kind")))
    return found


def sentence(name: str, divergence: Json, titles: Titles) -> str:
    """“Expected vs got”, of the test `name`."""
    if divergence["kind"] == "error":
        return _("Test “%(name)s” can't run: %(why)s") % {"name": name, "why": divergence["got"]}
    expected, got = (_phrase(divergence["kind"], divergence[side], titles) for side in ("expected", "got"))
    return _("Test “%(name)s”: expected %(expected)s, got %(got)s.") % {
        "name": name,
        "expected": expected,
        "got": got,
    }


def _phrase(kind: str, value: Any, titles: Titles) -> str:
    if kind == "path":
        return _("the end of the walk") if value is None else f"“{titles.get(value, value)}”"
    if kind == "outlet":
        return _("still waiting") if value is None else _("the way “%(way)s”") % {"way": value}
    if kind == "message":
        return _message(value, titles)
    if kind == "ended":
        return _("still inside") if value is None else f"“{end_reason(value)}”"
    if kind == "entered":
        return _("entries: %(n)s") % {"n": value}
    return str(value)


def _message(value: Json | None, titles: Titles) -> str:
    if value is None:
        return _("no message")
    state, reason = value.get("state"), value.get("reason")
    said = {
        "sent": _("a message sent"),
        "delivered": _("a message delivered"),
        "skipped": _("a message not sent"),
        "held": _("a message held back"),
        "failed": _("a message failed"),
    }.get(str(state), _("a message"))
    if reason:
        said = f"{said} ({skip_reason(str(reason))})"
    step = titles.get(str(value.get("step")))
    return f"{said} (“{step}”)" if step else said
