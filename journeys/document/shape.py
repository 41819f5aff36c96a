"""Reads a document's outer shape. Odd content is kept and left to `problems`; only what is no document is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from journeys.document.words import gettext_noop

FORMAT = "gilmok.journey/1"
MAX_DEPTH = 40

Json = dict[str, Any]


class DocumentError(ValueError):
    """Not a journey document. `pointer` is the place; translate with `gettext(error.template) % error.params`."""

    def __init__(self, pointer: str, template: str, **params: object) -> None:
        super().__init__(template % params if params else template)
        self.pointer, self.template, self.params = pointer, template, params


@dataclass(frozen=True, slots=True)
class Trigger:
    """A way in. `settings` are all its keys but kind, name, note, team and next."""

    key: str
    kind: str
    next: str | None
    settings: Json
    name: str = ""
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step. `next` maps outlets to step keys."""

    key: str
    kind: str
    settings: Json
    next: dict[str, str]
    name: str = ""
    note: str = ""
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    time_zone: str | None
    triggers: dict[str, Trigger]
    steps: dict[str, Step]
    policy: Json = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


def blank(name: str = "", time_zone: str = "UTC") -> Json:
    """The document of a new journey."""
    return {
        "format": FORMAT,
        "name": name,
        "description": "",
        "time_zone": time_zone,
        "triggers": {},
        "steps": {},
        "policy": {"reentry": {"mode": "after_exit"}, "quiet_hours": "workspace"},
        "layout": {},
        "notes": [],
    }


def parse(document: object) -> Document:
    """Raises DocumentError for anything that is no document; never for what a person could have drawn."""
    whole = _object(document, "")
    _check_depth(document, "", 0)
    found = whole.get("format", FORMAT)
    if found != FORMAT:
        raise DocumentError(
            "/format",
            gettext_noop("The format “%(found)s” is unknown; this product reads %(format)s."),
            found=str(found)[:80],
            format=FORMAT,
        )
    triggers = {}
    for key, value in _object(whole.get("triggers", {}), "/triggers").items():
        triggers[key] = _trigger(key, value)
    steps = {}
    for key, value in _object(whole.get("steps", {}), "/steps").items():
        if key in triggers:
            raise DocumentError(
                f"/steps/{escape(key)}",
                gettext_noop("The key “%(key)s” is used twice: keys are unique in a document."),
                key=key,
            )
        steps[key] = _step(key, value)
    for name in ("policy", "layout"):
        _object(whole.get(name, {}), f"/{name}")
    if not isinstance(whole.get("notes", []), list):
        raise DocumentError("/notes", gettext_noop("This must be a list."))
    return Document(
        name=_text(whole.get("name", ""), "/name"),
        time_zone=_text(whole["time_zone"], "/time_zone") if whole.get("time_zone") is not None else None,
        triggers=triggers,
        steps=steps,
        policy=whole.get("policy", {}),
        raw=whole,
    )


def escape(part: object) -> str:
    """A part of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _trigger(key: str, value: object) -> Trigger:
    pointer = f"/triggers/{escape(key)}"
    data = _object(value, pointer)
    following = data.get("next")
    if following is not None and not isinstance(following, str):
        raise DocumentError(f"{pointer}/next", gettext_noop("This must be the key of a step."))
    rest = {name: v for name, v in data.items() if name not in ("kind", "name", "note", "team", "next")}
    return Trigger(
        key=key,
        kind=_text(data.get("kind", ""), f"{pointer}/kind"),
        next=following or None,
        settings=rest,
        name=_text(data.get("name") or "", f"{pointer}/name"),
        team=_maybe(data.get("team"), f"{pointer}/team"),
    )


def _step(key: str, value: object) -> Step:
    pointer = f"/steps/{escape(key)}"
    data = _object(value, pointer)
    following = {}
    for outlet, target in _object(
        {} if data.get("next") is None else data["next"], f"{pointer}/next"
    ).items():
        if target is None or target == "":
            continue
        if not isinstance(target, str):
            raise DocumentError(
                f"{pointer}/next/{escape(outlet)}", gettext_noop("This must be the key of a step.")
            )
        following[outlet] = target
    return Step(
        key=key,
        kind=_text(data.get("kind", ""), f"{pointer}/kind"),
        settings=_object({} if data.get("settings") is None else data["settings"], f"{pointer}/settings"),
        next=following,
        name=_text(data.get("name") or "", f"{pointer}/name"),
        note=_text(data.get("note") or "", f"{pointer}/note"),
        team=_maybe(data.get("team"), f"{pointer}/team"),
    )


def _object(value: object, pointer: str) -> Json:
    if not isinstance(value, dict):
        raise DocumentError(pointer, gettext_noop("This must be an object with named parts."))
    return value


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise DocumentError(pointer, gettext_noop("This must be a text."))
    if "\0" in value:
        raise DocumentError(pointer, gettext_noop("A text must not hold the character NUL."))
    return value


def _maybe(value: object, pointer: str) -> str | None:
    return None if value is None else _text(value, pointer)


def _check_depth(value: object, pointer: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise DocumentError(pointer, gettext_noop("This is nested too deeply."))
    if isinstance(value, dict):
        for key, inner in value.items():
            if "\0" in key:
                raise DocumentError(pointer, gettext_noop("A text must not hold the character NUL."))
            _check_depth(inner, f"{pointer}/{escape(key)}", depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_depth(inner, f"{pointer}/{index}", depth + 1)
    elif isinstance(value, str) and "\0" in value:
        raise DocumentError(pointer, gettext_noop("A text must not hold the character NUL."))
    elif isinstance(value, float) and not isfinite(value):
        raise DocumentError(pointer, gettext_noop("This is no number."))
