"""The blanks of a sentence: small selects and inputs that stand in the text, and the text around them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from profiles.conditions.particles import particle
from profiles.models import KnownName, Segment
from profiles.queries import topic_choices
from workspaces.models import Workspace

Choices = Sequence[tuple[str, Any]]
Grouped = Sequence[tuple[Any, Choices]]
_SLOT = re.compile(r"%\((\w+)\)s(\(([^()/\s]+/[^()/\s]+)\))?")


@dataclass(frozen=True, slots=True)
class Blank:
    """One control, and the words it shows now (they choose the Korean particle after it)."""

    html: SafeString
    shown: str = ""


class Known:
    """What the workspace knows, read once a form: names seen, segments, topics, the message steps of the journey."""

    def __init__(self, workspace: Workspace | None = None, message_steps: Choices = ()) -> None:
        self.workspace = workspace
        self.message_steps = list(message_steps)

    @cached_property
    def _names(self) -> list[tuple[str, str, str, str]]:
        if self.workspace is None:
            return []
        rows = KnownName.objects.filter(workspace=self.workspace).order_by("name")
        return list(rows.values_list("kind", "event", "name", "type")[:5000])

    def names(self, kind: str, event: str = "") -> list[str]:
        return list(
            dict.fromkeys(name for k, of, name, _t in self._names if k == kind and (not event or of == event))
        )

    def type(self, kind: str, name: str, event: str = "") -> str:
        found = (t for k, of, n, t in self._names if k == kind and n == name and (not event or of == event))
        return next(found, "")

    @cached_property
    def segments(self) -> list[tuple[str, str]]:
        if self.workspace is None:
            return []
        return list(
            Segment.objects.filter(workspace=self.workspace, archived_at=None)
            .order_by("name")
            .values_list("slug", "name")
        )

    @cached_property
    def topics(self) -> list[tuple[str, str]]:
        if self.workspace is None:
            return []
        return topic_choices(self.workspace)


@dataclass
class Blanks:
    """Makes the controls of one row. Names are <name>-<field>, ids <id>-<field>: stable, so that focus survives."""

    name: str
    id: str
    known: Known
    lists: dict[str, list[str]] = field(default_factory=dict)  # datalists of the whole widget, by id
    root: str = ""  # the widget's id: datalists are shared within it

    def inside(self, part: str) -> "Blanks":
        return Blanks(f"{self.name}-{part}", f"{self.id}-{part}", self.known, self.lists, self.root)

    def choice(self, key: str, value: str, choices: Choices | Grouped, label: Any, prompt: Any = "") -> Blank:
        """A select. A value that is no choice (any more) stays, as it is."""
        groups = _grouped(choices)
        flat = [(str(v), str(t)) for _head, options in groups for v, t in options]
        empty = value == "" and "" not in dict(flat)
        if empty:
            flat.append(("", str(prompt or label)))
            groups = [("", [("", prompt or label)]), *groups]
        elif value not in dict(flat):
            flat.append((value, value))
            groups = [*groups, ("", [(value, value)])]
        options = format_html_join("", "{}", ((_options(head, some, value),) for head, some in groups))
        html = format_html(
            '<select class="gm-blank{}" name="{}-{}" id="{}-{}" aria-label="{}">{}</select>',
            " gm-blank--empty" if empty else "", self.name, key, self.id, key, label, options,
        )  # fmt: skip
        return Blank(html, dict(flat).get(value, value))

    def text(
        self,
        key: str,
        value: str,
        label: Any,
        *,
        kind: str = "text",
        names: Iterable[str] | None = None,
        list_key: str = "",
        wide: bool = False,
    ) -> Blank:
        """An input; `names` are suggestions, shared by all inputs of the same `list_key`."""
        extra = SafeString("")
        if names is not None:
            list_id = f"{self.root or self.id}-{list_key}-names"
            self.lists.setdefault(list_id, list(names))
            extra = format_html(' list="{}"', list_id)
        if kind == "number":
            kind, extra = "text", format_html('{} inputmode="decimal"', extra)
        html = format_html(
            '<input class="gm-blank{}{}" type="{}" name="{}-{}" id="{}-{}" value="{}" aria-label="{}" placeholder="{}"'
            ' autocomplete="off" maxlength="2000"{}>',
            " gm-blank--empty" if not value else "", " gm-blank--wide" if wide else "",
            kind, self.name, key, self.id, key, value, label, label, extra,
        )  # fmt: skip
        return Blank(html, value)

    def hidden(self, key: str, value: str) -> SafeString:
        return format_html('<input type="hidden" name="{}-{}" value="{}">', self.name, key, value)

    def span(self, number: str, unit: str, key: str = "span", unit_key: str = "unit") -> Blank:
        """A length of time: a number and a unit."""
        amount = self.text(key, number, _("how long"), kind="number")
        written = [("raw", _("as written"))] if unit == "raw" else []
        units = self.choice(unit_key, unit or "days", [*UNITS(number), *written], _("unit of time"))
        return Blank(say("%(number)s %(unit)s", number=amount, unit=units), units.shown)


def UNITS(number: str) -> Choices:  # noqa: N802 - reads as a constant, but speaks the reader's language
    one = number.strip() == "1"
    return [
        ("minutes", _("minute") if one else _("minutes")),
        ("hours", _("hour") if one else _("hours")),
        ("days", _("day") if one else _("days")),
        ("weeks", _("week") if one else _("weeks")),
        ("months", _("month") if one else _("months")),
    ]


def say(template: str, /, **slots: Blank | str | SafeString) -> SafeString:
    """A translated template with named slots, escaped; `%(name)s(이/가)` takes the particle that fits the blank."""
    out: list[str] = []
    at = 0
    for match in _SLOT.finditer(template):
        out.append(conditional_escape(template[at : match.start()]))
        slot = slots.get(match[1], "")
        html, shown = (
            (slot.html, slot.shown) if isinstance(slot, Blank) else (conditional_escape(slot), str(slot))
        )
        out += [html, particle(shown, match[3]) if match[3] else ""]
        at = match.end()
    out.append(conditional_escape(template[at:]))
    return mark_safe("".join(out))  # noqa: S308 - every part is escaped


def _grouped(choices: Choices | Grouped) -> list[tuple[Any, Choices]]:
    if choices and isinstance(choices[0][1], list | tuple):
        return list(choices)
    return [("", choices)]  # type: ignore[list-item]


def _options(head: Any, options: Choices, value: str) -> SafeString:
    inside = format_html_join(
        "", '<option value="{}"{}>{}</option>',
        ((v, SafeString(" selected") if str(v) == value else "", text) for v, text in options),
    )  # fmt: skip
    return format_html('<optgroup label="{}">{}</optgroup>', head, inside) if head else inside


def fields_of(data: Mapping[str, Any], name: str, keys: Iterable[str]) -> dict[str, str]:
    """What was posted for a row: NUL and line breaks can't be typed into a blank."""
    return {key: str(data.get(f"{name}-{key}") or "").replace("\0", "") for key in keys}
