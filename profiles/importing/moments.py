"""Times as files write them."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from profiles.segment_calls import EARLIEST, Refused

# In the order in which they are tried: what could be either, month first or day first, is taken as the first that
# fits every row looked at.
FORMATS = {
    "iso": "2026-01-31 09:30",
    "%m/%d/%Y %H:%M": "1/31/2026 9:30",
    "%d/%m/%Y %H:%M": "31/1/2026 9:30",
    "%m/%d/%Y %H:%M:%S": "1/31/2026 9:30:15",
    "%d/%m/%Y %H:%M:%S": "31/1/2026 9:30:15",
    "%d.%m.%Y %H:%M": "31.01.2026 09:30",
    "%Y.%m.%d %H:%M": "2026.01.31 09:30",
    "%Y/%m/%d %H:%M": "2026/1/31 9:30",
    "%Y/%m/%d %H:%M:%S": "2026/1/31 9:30:15",
    "%m/%d/%Y": "1/31/2026",
    "%d/%m/%Y": "31/1/2026",
    "%d.%m.%Y": "31.01.2026",
    "%Y.%m.%d": "2026.01.31",
    "%Y/%m/%d": "2026/1/31",
    "%Y%m%d": "20260131",
    "%Y%m%d%H%M%S": "20260131093015",
    "seconds": "1769851815",
    "milliseconds": "1769851815000",
}
_LENGTHS = {"%Y%m%d": 8, "%Y%m%d%H%M%S": 14}
_COMPACT = re.compile(r"\d{8}|\d{14}")


def guess(samples: Iterable[str]) -> str:
    """The first form that every sample fits; "" if none does."""
    given = [text.strip() for text in samples if text.strip()]
    if not given:
        return ""
    for form in FORMATS:
        if form == "iso" and all(_COMPACT.fullmatch(text) for text in given):
            continue  # fromisoformat reads them too, but so would a member number be a day
        if form in _LENGTHS and not all(len(text) == _LENGTHS[form] for text in given):
            continue  # strptime would take ten digits apart as well
        if form in ("seconds", "milliseconds"):
            low, high = (10**8, 10**10) if form == "seconds" else (10**11, 10**13)
            if all(text.isascii() and text.isdigit() and low <= int(text) < high for text in given):
                return form
            continue
        try:
            for text in given:
                _naive(form, text)
        except ValueError:
            continue
        return form
    return ""


@lru_cache(maxsize=64)
def reader(form: str, zone: str) -> Callable[[str, datetime], datetime]:
    """(text, now) -> the moment in UTC; Refused with the reason."""
    here = ZoneInfo(zone)

    @lru_cache(maxsize=8192)
    def read(text: str) -> datetime:
        try:
            if form in ("seconds", "milliseconds"):
                moment = datetime.fromtimestamp(float(text) / (1000 if form == "milliseconds" else 1), UTC)
            else:
                moment = _naive(form, text)
                if moment.tzinfo is None:
                    moment = moment.replace(tzinfo=here)
            return moment.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            raise Refused(f"{text[:40]!r} is no time like {FORMATS.get(form, form)}") from None

    def moment(text: str, now: datetime) -> datetime:
        found = read(text.strip())
        if not EARLIEST <= found <= now:
            raise Refused("the time lies in the future" if found > now else "the time is before 1970")
        return found

    return moment


def _naive(form: str, text: str) -> datetime:
    return datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)  # noqa: DTZ007
