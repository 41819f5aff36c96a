"""The filters of ours, and a lid on those of the library that can make much out of little."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sized
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from markupsafe import Markup

if TYPE_CHECKING:
    from liquid import Environment

MOST_CHARACTERS = 200_000
MOST_ITEMS = 5_000
DAYS_KO = "월화수목금토일"
DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SAFE_LINK = re.compile(r"(?:https?:|mailto:|tel:|sms:|#|/|\?|\.|[^:/?#]*(?:[/?#]|$))", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\ufeff]")

# Gone: `safe` and the decoders hand out text that nobody escapes.
GONE = (
    "safe",
    "escapejs",
    "base64_encode",
    "base64_decode",
    "base64_url_safe_encode",
    "base64_url_safe_decode",
    "url_decode",
)
GUARDED = (
    "split",
    "join",
    "replace",
    "replace_first",
    "replace_last",
    "remove",
    "append",
    "prepend",
    "concat",
    "map",
    "uniq",
    "sort",
    "sort_natural",
    "where",
    "reject",
    "find",
    "find_index",
    "has",
    "sum",
    "compact",
    "reverse",
    "times",
    "slice",
    "truncate",
    "truncatewords",
    "url_encode",
    "escape",
    "escape_once",
    "newline_to_br",
    "first",
    "last",
    "strip_html",
)


class TooLarge(Exception):
    """A value beyond what a message may need."""


def register(env: Environment) -> None:
    for name in GONE:
        env.filters.pop(name, None)
    for name in GUARDED:
        env.filters[name] = _guarded(name, env.filters[name])
    for own in (number, money, percent, date_):
        env.add_filter(own.__name__.rstrip("_"), own)
    env.add_filter("link", link)


def link(value: Any) -> str:
    """The address if a mail may lead there, else "#". Added by itself wherever an address begins with a token."""
    # What a capture caught is escaped already; the browser will look at it unescaped, so that is what counts.
    text = html.unescape(value) if isinstance(value, Markup) else str(value)
    if not safe_link(text):
        return "#"
    return value if isinstance(value, Markup) else text


def safe_link(text: str) -> bool:
    return SAFE_LINK.match(_INVISIBLE.sub("", text)) is not None


@with_context
def number(value: Any, digits: Any = None, *, context: Any) -> str:
    """48210 -> 48,210. `digits` after the point: as many as there are, at most two, unless said."""
    found = _decimal(value)
    if found is None:
        return _same(value)
    if digits is not None:
        return f"{found:,.{min(10, max(0, int(digits)))}f}"
    if found == found.to_integral_value():
        return f"{int(found):,}"
    return format_decimal(found, format="#,##0.##", locale=_locale(context.locale))


@with_context
def money(value: Any, currency: Any = "KRW", *, context: Any) -> str:
    """182000 -> 182,000원 (ko), ₩182,000 (en); other currencies by their code: `money: 'USD'`."""
    found = _decimal(value)
    if found is None:
        return _same(value)
    if currency == "KRW":
        amount = f"{int(found.to_integral_value()):,}"
        return f"{amount}원" if str(context.locale).startswith("ko") else f"₩{amount}".replace("₩-", "-₩")
    code = str(currency).upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise FilterArgumentError(f"{code[:20]} is no currency", token=None)
    return format_currency(found, code, locale=_locale(context.locale))


@with_context
def percent(value: Any, *, context: Any) -> str:
    """0.25 -> 25%."""
    found = _decimal(value)
    return _same(value) if found is None else f"{number(found * 100, context=context)}%"


@with_context
def date_(value: Any, style: Any = "day", *, context: Any) -> str:
    """A day or moment in the reader's zone: `date` 17 November 2026 / 2026년 11월 17일, `date: 'short'`, `'time'`,
    `'full'`, or a pattern of strftime's (`'%Y-%m-%d'`). What is no date stays as it is."""
    moment = _moment(value, context)
    if moment is None:
        return _same(value)
    style = str(style)
    if "%" in style:
        return _strftime(moment, style, context.locale)
    locale = _locale(context.locale)
    match style:
        case "time":
            return format_time(moment, "HH:mm", locale=locale)
        case "short":
            return format_date(
                moment,
                "d MMM" if locale.language == "en" else "MMMd" if locale.language != "ko" else "M월 d일",
                locale=locale,
            )
        case "full":
            return f"{_long(moment, locale)} {moment:%H:%M}"
    return _long(moment, locale)


def _long(moment: datetime, locale: Locale) -> str:
    if locale.language == "ko":
        return f"{moment.year}년 {moment.month}월 {moment.day}일"
    return format_date(moment, "d MMMM y" if locale.language == "en" else "long", locale=locale)


def _strftime(moment: datetime, pattern: str, locale: str) -> str:
    """Only the letters that mean the same everywhere; the platform's own takes widths of a million."""
    korean = locale.startswith("ko")
    words = {
        "Y": f"{moment.year:04}",
        "y": f"{moment.year % 100:02}",
        "m": f"{moment.month:02}",
        "d": f"{moment.day:02}",
        "e": str(moment.day),
        "H": f"{moment.hour:02}",
        "I": f"{(moment.hour - 1) % 12 + 1:02}",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "j": f"{moment.timetuple().tm_yday:03}",
        "%": "%",
        "p": ("오전", "오후")[moment.hour > 11] if korean else ("AM", "PM")[moment.hour > 11],
        "A": DAYS_KO[moment.weekday()] + "요일" if korean else DAYS_EN[moment.weekday()],
        "a": DAYS_KO[moment.weekday()] if korean else DAYS_EN[moment.weekday()][:3],
        "B": f"{moment.month}월" if korean else format_date(moment, "MMMM", locale="en"),
        "b": f"{moment.month}월" if korean else format_date(moment, "MMM", locale="en"),
        "F": f"{moment:%Y-%m-%d}",
        "T": f"{moment:%H:%M:%S}",
    }
    return re.sub(
        r"%(-?)([A-Za-z%])",
        lambda m: (words.get(m[2], m[0]).lstrip("0") or "0") if m[1] else words.get(m[2], m[0]),
        pattern[:200],
    )


def _moment(value: Any, context: Any) -> datetime | None:
    if isinstance(value, str) and value in {"now", "today"}:
        raise FilterArgumentError("a message has no clock: give it a date", token=None)
    if isinstance(value, str):
        text = value.strip()
        try:
            value = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            value = datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    if isinstance(value, datetime):
        return value.astimezone(_zone(context)) if value.tzinfo else value
    return datetime.combine(value, time.min) if isinstance(value, date) else None


def _zone(context: Any) -> ZoneInfo:
    names = (context.globals.get(key, {}) for key in ("person", "workspace"))
    for found in names:
        name = found.get("time_zone") if isinstance(found, dict) else None
        if isinstance(name, str) and name:
            try:
                return ZoneInfo(name)
            except (LookupError, ValueError, OSError):
                continue
    return ZoneInfo("UTC")


@lru_cache(maxsize=100)
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale.parse("en")


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = Decimal(str(value).replace(",", "").strip() or "x")
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal(10) ** 18 else None


def _same(value: Any) -> Any:
    """What has no other form stays what it was; nothing stays nothing."""
    return "" if value is None else value


def _guarded(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(inner)  # keeps the library's marks: with_context, with_environment
    def guarded(*values: Any, **more: Any) -> Any:
        sizes = [len(value) for value in values if isinstance(value, Sized)]
        for value in values:
            if isinstance(value, list | tuple | range) and len(value) > MOST_ITEMS:
                raise TooLarge
            if isinstance(value, int) and value.bit_length() > 256:
                raise TooLarge
        if name in {"replace", "join"} and len(sizes) > 1 and max(1, sizes[0]) * sizes[-1] > MOST_CHARACTERS:
            raise TooLarge
        result = inner(*values, **more)
        if isinstance(result, str) and len(result) > MOST_CHARACTERS:
            raise TooLarge
        if isinstance(result, list) and len(result) > MOST_ITEMS:
            raise TooLarge
        return result

    return guarded


__all__ = ["TooLarge", "link", "register", "safe_link"]
