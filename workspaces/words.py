"""How numbers, times and names read, per language (the tables of the design's section on words).

Pure text: no request, no database. `now` is always given; moments must already be in the reader's zone (in_zone).
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import get_language, gettext, ngettext, pgettext

MINUS = "\u2212"
DAYS_KO = "월화수목금토일"
DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _korean() -> bool:
    return (get_language() or "en").startswith("ko")


def number(value: float | int | None) -> str:
    """48210 -> 48,210; None -> –; a true minus sign."""
    if value is None:
        return "–"
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    return text.replace("-", MINUS)


def compact(value: float | int | None) -> str:
    """38000 -> 38k / 3.8만; 4000 -> 4k / 4천."""
    if value is None:
        return "–"
    steps = (
        ((100_000_000, "억"), (10_000, "만"), (1_000, "천"))
        if _korean()
        else ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))
    )
    for size, unit in steps:
        if abs(value) >= size:
            return f"{value / size:.1f}".removesuffix(".0").replace("-", MINUS) + unit
    return number(value)


def percent(value: float | None) -> str:
    """0.244 -> 24.4%."""
    return "–" if value is None else f"{value * 100:.1f}%".replace("-", MINUS)


def zone(name: str) -> ZoneInfo:
    """The zone, or UTC when the name is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def in_zone(moment: datetime, name: str) -> datetime:
    return moment.astimezone(zone(name))


def date(moment: datetime, *, year: bool) -> str:
    """17 Nov, 17 Nov 2026 / 11월 17일, 2026년 11월 17일."""
    if _korean():
        return (f"{moment.year}년 " if year else "") + f"{moment.month}월 {moment.day}일"
    return f"{moment.day} {MONTHS_EN[moment.month - 1]}" + (f" {moment.year}" if year else "")


def day(moment: datetime, now: datetime) -> str:
    """Tue 17 Nov / 11월 17일 (화); with the year when it is not this one."""
    year = moment.year != now.year
    if _korean():
        return f"{date(moment, year=year)} ({DAYS_KO[moment.weekday()]})"
    return f"{DAYS_EN[moment.weekday()]} {date(moment, year=year)}"


def full(moment: datetime) -> str:
    """Tue 17 Nov 2026, 14:32 / 2026년 11월 17일 (화) 14:32."""
    if _korean():
        return f"{date(moment, year=True)} ({DAYS_KO[moment.weekday()]}) {moment:%H:%M}"
    return f"{DAYS_EN[moment.weekday()]} {date(moment, year=True)}, {moment:%H:%M}"


def near(moment: datetime, now: datetime) -> str:
    """4 min ago, Today 11:40, Yesterday, 17 Nov, 3 Sep 2025; for the future: in 5 min, Tomorrow 10:00."""
    gap = now - moment
    if timedelta(0) <= gap < timedelta(minutes=1):
        return gettext("just now")
    if timedelta(0) <= gap < timedelta(hours=1):
        minutes = int(gap.total_seconds() // 60)
        return ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
    if timedelta(0) < -gap < timedelta(hours=1):
        minutes = max(1, round(-gap.total_seconds() / 60))
        return ngettext("in %(n)d min", "in %(n)d min", minutes) % {"n": minutes}
    days = (now.date() - moment.date()).days
    if days == 0:
        return gettext("Today %(clock)s") % {"clock": f"{moment:%H:%M}"}
    if days == 1:
        return pgettext("day", "Yesterday")
    if days == -1:
        return gettext("Tomorrow %(clock)s") % {"clock": f"{moment:%H:%M}"}
    text = date(moment, year=moment.year != now.year)
    return f"{text} {moment:%H:%M}" if days < 0 else text


def span(value: timedelta) -> str:
    """1 day 6 h / 1일 6시간: the two largest parts."""
    seconds = int(value.total_seconds())
    parts = []
    for size, english, korean in (
        (86400, "day", "일"),
        (3600, "h", "시간"),
        (60, "min", "분"),
        (1, "s", "초"),
    ):
        count, seconds = divmod(seconds, size)
        if count:
            unit = (
                korean if _korean() else f" {english}s" if english == "day" and count > 1 else f" {english}"
            )
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or ("0초" if _korean() else "0 s")


def initials(name: str) -> str:
    """Seoyeon Kim -> SK; 김서연 -> 서; an e-mail address -> its first letter."""
    name = name.strip()
    if re.fullmatch(r"[가-힣]{2,4}", name):
        return name[1] if len(name) > 2 else name[0]
    letters = [part[0] for part in re.split(r"[\s@.]+", name) if part]
    if not letters:
        return "?"
    return (letters[0] if "@" in name or len(letters) == 1 else letters[0] + letters[-1]).upper()


def ends_in_consonant(word: str) -> bool:
    """Whether the last sound of the word closes with a consonant, for Korean particles. Digits as they are read."""
    for char in reversed(word):
        if "가" <= char <= "힣":
            return (ord(char) - 0xAC00) % 28 != 0
        if char.isdigit():
            return char in "013678"
        if char.isascii() and char.isalpha():
            return char.lower() in "lmnbckpt" or word.lower().endswith("ng")
    return False


def with_particle(word: str, pair: str) -> str:
    """with_particle("서연", "이/가") -> 서연이. Pairs as consonant/vowel: 이/가, 을/를, 은/는, 과/와, 으로/로."""
    closed, opened = pair.split("/", 1)
    last = word.rstrip("”’\"')")[-1:]
    if closed == "으로" and "가" <= last <= "힣" and (ord(last) - 0xAC00) % 28 == 8:  # ㄹ takes 로
        return word + opened
    return word + (closed if ends_in_consonant(word) else opened)


def mask_email(address: str) -> str:
    """yujin.jung@example.com -> yujin.j•••@…"""
    local, at, _ = address.partition("@")
    if not at:
        return "•••" if address else ""
    kept = min(7, max(1, len(local) // 2))
    return f"{local[:kept]}•••@…"


def mask_phone(phone: str) -> str:
    """+82 10-1234-2048 -> 010-••••-2048; others keep their last four digits."""
    digits = re.sub(r"\D", "", phone)
    if not digits:
        return ""
    if digits.startswith("8210"):
        digits = "0" + digits[2:]
    if digits.startswith("01") and len(digits) in (10, 11):
        return f"{digits[:3]}-••••-{digits[-4:]}"
    return f"••••-{digits[-4:]}" if len(digits) > 6 else "••••"
