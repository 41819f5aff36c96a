"""The small parts that every template is built of: icons, avatars, team and status marks, numbers, times."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zlib import crc32

from django import template
from django.conf import settings
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, npgettext, pgettext

from lib import clock
from workspaces import words
from workspaces.roles import ROLES

register = template.Library()

STATUS = {
    "live": lambda: pgettext("status", "Live"),
    "draft": lambda: pgettext("status", "Draft"),
    "review": lambda: pgettext("status", "Waiting for approval"),
    "paused": lambda: pgettext("status", "Paused"),
    "scheduled": lambda: pgettext("status", "Scheduled"),
    "stopped": lambda: pgettext("status", "Stopped"),
    "archived": lambda: pgettext("status", "Archived"),
    "done": lambda: pgettext("status", "Finished"),
}
STATUS_LOOK = {"stopped": "done", "archived": "done"}


@cache
def _icon_body(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ValueError(f"{name!r} is no icon name")
    path = settings.ROOT / "static" / "icons" / f"{name}.svg"
    found = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.DOTALL)
    if not found:
        raise ValueError(f"{path.name} is no icon")
    return found[1]


@register.simple_tag
def icon(name: str, classes: str = "size-4") -> SafeString:
    """A lucide icon from static/icons, inline and decorative: what it means must also stand in words beside it."""
    return format_html(
        '<svg class="ic {}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>',
        classes,
        mark_safe(_icon_body(name)),  # noqa: S308 - our own files
    )


@register.simple_tag
def mark(size: int = 26) -> SafeString:
    """The product's mark: the letter giyeok is itself a street corner; the lamp waits inside it."""
    return format_html(
        '<svg width="{0}" height="{0}" viewBox="0 0 32 32" aria-hidden="true" class="flex-none">'
        '<rect width="32" height="32" rx="9" fill="oklch(45.5% 0.092 164)"/>'
        '<path d="M8.5 10H19a3.5 3.5 0 0 1 3.5 3.5V24" fill="none" stroke="#fff" stroke-width="3.4" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
        '<circle cx="13" cy="19.5" r="3.1" fill="oklch(82% 0.152 76)"/></svg>',
        size,
    )


@register.filter
def initials(name: Any) -> str:
    return words.initials(str(name))


@register.simple_tag
def avatar(who: Any, size: str = "", label: bool = True) -> SafeString:
    """A person's initials in a disc, its hue fixed by the name. `label=False` beside a written name: decoration only.

    size: "", "sm" or "lg".
    """
    name = str(who)
    extra = f" gm-avatar--{size}" if size else ""
    hue = crc32(name.encode()) % 12
    if label:
        return format_html(
            '<span class="gm-avatar{}" data-h="{}" role="img" aria-label="{}">{}</span>',
            extra, hue, name, words.initials(name),
        )  # fmt: skip
    return format_html(
        '<span class="gm-avatar{}" data-h="{}" aria-hidden="true">{}</span>', extra, hue, words.initials(name)
    )


@register.filter
def team_name(team: Any) -> str:
    """The team's name in the reader's language."""
    return "" if team is None else str(team)


@register.simple_tag
def team_mark(team: Any, label: str = "") -> SafeString:
    """The team's coloured square beside its name; nothing for no team."""
    if team is None:
        return SafeString("")
    return format_html('<span class="gm-team" data-team="{}">{}</span>', team.hue, label or team_name(team))


@register.simple_tag
def status(state: str, label: str = "") -> SafeString:
    """The state of a journey: shape, colour and word."""
    known = STATUS.get(state)
    return format_html(
        '<span class="gm-status" data-s="{}"><i></i>{}</span>',
        STATUS_LOOK.get(state, state),
        label or (known() if known else state),
    )


@register.simple_tag
def chip(text: Any, kind: str = "", icon_name: str = "") -> SafeString:
    """kind: "", line, ok, warn, bad, info, brand, decide, lit."""
    return format_html(
        '<span class="gm-chip{}">{}{}</span>',
        f" gm-chip--{kind}" if kind else "",
        icon(icon_name) if icon_name else "",
        text,
    )


@register.simple_tag
def tile(icon_name: str, tone: str = "flow", size: str = "") -> SafeString:
    """The square icon of a step or an event. tone: entry, message, decide, data, flow."""
    return format_html(
        '<span class="gm-tile{}" data-cat="{}" aria-hidden="true">{}</span>',
        f" gm-tile--{size}" if size else "",
        tone,
        icon(icon_name),
    )


@register.filter
def number(value: Any) -> str:
    return words.number(value)


@register.filter
def compact(value: Any) -> str:
    return words.compact(value)


@register.filter
def percent(value: Any) -> str:
    """0.244 -> 24.4%."""
    return words.percent(value)


@register.filter
def particle(word: Any, pair: str) -> str:
    """{{ name|particle:"이/가" }}: the word with the particle its last sound asks for."""
    return words.with_particle(str(word), pair)


@register.filter
def korean_particle(word: Any, pair: str) -> str:
    """Only the particle that the word asks for, and only where Korean is read; "" elsewhere."""
    return words.with_particle(str(word), pair)[len(str(word)) :] if get_language() == "ko" else ""


@register.filter
def mask_email(value: Any) -> str:
    return words.mask_email(str(value or ""))


@register.filter
def mask_phone(value: Any) -> str:
    return words.mask_phone(str(value or ""))


@register.simple_tag(takes_context=True)
def when(context: Context, moment: datetime | None, style: str = "near") -> SafeString:
    """A moment as `<time>`, in the workspace's zone and the reader's language; the full moment on hover.

    style: "near" (4 min ago, Yesterday, 17 Nov), "clock" (14:32), "day" (Tue 17 Nov), "full".
    """
    if moment is None:
        return format_html('<span aria-label="{}">–</span>', gettext("none"))
    actor = getattr(context.get("request"), "actor", None)
    local = words.in_zone(moment, actor.workspace.time_zone if actor else "UTC")
    now = words.in_zone(context.get("now") or clock.now(), actor.workspace.time_zone if actor else "UTC")
    text = {
        "near": lambda: words.near(local, now),
        "clock": lambda: f"{local:%H:%M}",
        "day": lambda: words.day(local, now),
        "full": lambda: words.full(local),
    }[style]()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), words.full(local), text
    )


@register.filter
def days_since(moment: datetime, now: datetime) -> int:
    return (now - moment).days


@register.filter
def span(value: timedelta) -> str:
    return words.span(value)


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's own query string with `changes`; an empty value takes the key away. "?" alone when none is left."""
    given = context["request"].GET.copy()
    for key, value in changes.items():
        if value in ("", None):
            given.pop(key, None)
        else:
            given[key] = str(value)
    return f"?{given.urlencode()}"


@register.filter
def field_kind(bound: Any) -> str:
    """How templates/components/field.html draws a form field: text, select, area, check, radio, file, hidden."""
    kind = type(bound.field.widget).__name__
    if bound.is_hidden:
        return "hidden"
    return {
        "Textarea": "area", "Select": "select", "SelectMultiple": "multiple", "CheckboxInput": "check",
        "RadioSelect": "radio", "CheckboxSelectMultiple": "checks", "NullBooleanSelect": "select",
        "ClearableFileInput": "file",
    }.get(kind, "text")  # fmt: skip


@register.simple_tag
def control(bound: Any, size: str = "sm", **attrs: Any) -> SafeString:
    """The input of a bound field with the design's classes and the links to its help and error lines."""
    kind = field_kind(bound)
    base = {
        "area": "textarea", "select": "select", "multiple": "select", "check": "checkbox checkbox-primary",
        "file": "file-input w-full", "text": "input",
    }.get(kind, "")  # fmt: skip
    head = base.split(" ")[0]
    given = {
        **{key.replace("_", "-"): value for key, value in attrs.items()},
        "class": " ".join(
            part
            for part in (
                base,
                f"{head}-{size}" if head else "",
                bound.field.widget.attrs.get("class", ""),
                attrs.get("class", ""),
            )
            if part
        ),
    }
    described = [f"{bound.id_for_label}-error"] if bound.errors else []
    if bound.help_text:
        described.append(f"{bound.id_for_label}-help")
    if described:
        given["aria-describedby"] = " ".join(described)
    if bound.errors:
        given["aria-invalid"] = "true"
    return SafeString(bound.as_widget(attrs=given))


@register.filter
def plural_people(count: int) -> str:
    return npgettext("count", "%(n)s person", "%(n)s people", count) % {"n": words.number(count)}


@register.filter
def local(moment: datetime, zone: str) -> datetime:
    return timezone.localtime(moment, words.zone(zone))


@register.simple_tag
def role_label(key: str) -> str:
    return str(ROLES[key].label) if key in ROLES else key


@register.simple_tag(takes_context=True)
def day_change(context: Context, moment: datetime, first: bool) -> str:
    """The heading of the moment's day where a list sorted by time comes to a new day, else ""."""
    actor = getattr(context.get("request"), "actor", None)
    local_moment = words.in_zone(moment, actor.workspace.time_zone if actor else "UTC")
    memory = context.render_context
    key = "day_change"
    if not first and memory.get(key) == local_moment.date():
        return ""
    memory[key] = local_moment.date()
    now = words.in_zone(context.get("now") or clock.now(), actor.workspace.time_zone if actor else "UTC")
    text = words.day(local_moment, now)
    days = (now.date() - local_moment.date()).days
    if days == 0:
        return gettext("Today, %(day)s") % {"day": text}
    return gettext("Yesterday, %(day)s") % {"day": text} if days == 1 else text
