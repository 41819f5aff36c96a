"""Rate limits of the API, counted by all web processes together where they have a cache in common (docs/settings.md).

A window is fixed: so many calls in each minute of the clock. One call costs one increment, and a limit is never passed
by two processes at once. While the cache is away everybody may call: a limit is no reason to be down.
"""

import time
from typing import TYPE_CHECKING

import redis
import structlog
from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which reads the settings that name this module

log = structlog.get_logger(__name__)

PAUSE = 5.0  # seconds without asking a cache that did not answer
_away_until = 0.0


class _Counted(SimpleRateThrottle):
    num_requests: int | None
    duration: int | None
    left = 0.0  # seconds of the window

    def allow_request(self, request: Request, view: "APIView") -> bool:
        key = self.get_cache_key(request, view) if self.rate is not None else None
        if key is None or self.duration is None or self.num_requests is None:
            return True
        now = self.timer()
        window = int(now // self.duration)
        self.left = (window + 1) * self.duration - now
        return _count(f"{key}:{window}", self.duration) <= self.num_requests

    def wait(self) -> float:
        return self.left


class UserThrottle(_Counted, UserRateThrottle):
    """By user, and so by API key."""


class AnonymousThrottle(_Counted, AnonRateThrottle):
    """By address."""


def seconds_to_wait(key: str, most: int, seconds: int = 60) -> float:
    """0 while a caller outside of the API may go on; else how long its window still lasts."""
    window, past = divmod(time.time(), seconds)
    return seconds - past if _count(f"{key}:{int(window)}", seconds) > most else 0.0


def _count(key: str, seconds: int) -> int:
    """How often the key was counted, this time included; 0 when nobody knows."""
    global _away_until
    if time.monotonic() < _away_until:
        return 0
    cache = caches["shared"]
    try:
        try:
            return int(cache.incr(key))
        except ValueError:  # the first of its window
            return 1 if cache.add(key, 1, seconds + 1) else int(cache.incr(key))
    except (redis.RedisError, OSError) as error:
        _away_until = time.monotonic() + PAUSE
        log.warning("throttle_not_counted", reason=type(error).__name__)
        return 0
