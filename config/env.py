"""Typed readers of the environment. A bad value is refused at start, with its name and how to mend it.

Every setting may also come from a file: `GILMOK_X_FILE` holds the path of a file with the value of `GILMOK_X`
(how container platforms hand over secrets).
"""

import os
import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


class BadSetting(ImproperlyConfigured):
    """Says which setting can't be right and what it should look like."""


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, or of the file that `name`_FILE names, or `default`; without one: BadSetting."""
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE: {path} can't be read ({error.strerror})") from error
    if default is None:
        raise BadSetting(f"{name} is not set")
    return default


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise BadSetting(f"{name} must be a whole number, not {raw!r}") from None
    if not low <= value <= high:
        raise BadSetting(f"{name} must be from {low} to {high}, not {value}")
    return value


def flag(name: str, default: bool) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} must be 1 or 0, not {raw!r}")


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, default: str) -> dict[str, object]:
    """A Django DATABASES entry from `postgresql://user:password@host:port/name`."""
    raw = text(name, default)
    url = urlsplit(raw)
    if url.scheme not in {"postgres", "postgresql"} or not url.path.strip("/"):
        raise BadSetting(f"{name} must look like postgresql://user:password@host:5432/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
    }


def broker(name: str, default: str) -> str:
    raw = text(name, default)
    if urlsplit(raw).scheme not in {"redis", "rediss", "amqp", "amqps", "pyamqp", "memory"}:
        raise BadSetting(f"{name} must start with redis:// or amqp://")
    return raw


def cache(name: str, default: str) -> str:
    raw = text(name, default)
    if raw and urlsplit(raw).scheme not in {"redis", "rediss"}:
        raise BadSetting(f"{name} must start with redis:// or rediss://")
    return raw


def choice(name: str, default: str, allowed: Collection[str]) -> str:
    value = text(name, default).lower()
    if value not in allowed:
        raise BadSetting(f"{name} must be one of {', '.join(sorted(allowed))}, not {value!r}")
    return value


def web_address(name: str, default: str) -> str:
    """`https://host[:port]`, without a path and without the slash at its end."""
    raw = text(name, default)
    url = urlsplit(raw)
    if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
        raise BadSetting(f"{name} must look like https://journeys.example.com, not {raw!r}")
    return f"{url.scheme}://{url.netloc}"


def host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


def rate(name: str, default: str) -> str:
    """So many calls a second, minute, hour or day: `1200/min`."""
    raw = text(name, default)
    if not re.fullmatch(r"[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)", raw):
        raise BadSetting(f"{name} must look like 1200/min, not {raw!r}")
    return raw


def secret_key(name: str) -> str:
    value = text(name)
    if len(value) < 50:
        raise BadSetting(f"{name} must hold 50 random characters or more")
    return value


def token(name: str) -> str:
    """A password between machines, 20 characters or more; "" where it is not set."""
    value = text(name, "")
    if value and len(value) < 20:
        raise BadSetting(f"{name} must hold 20 random characters or more")
    return value
