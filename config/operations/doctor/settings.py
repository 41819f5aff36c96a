"""Settings: the secret key, the address the world sees, what a production installation must not do."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from config.operations.doctor.finding import Check, Finding, fail, ok, warn


def _secret_key(_now: datetime) -> Iterator[Finding]:
    key = settings.SECRET_KEY
    if len(key) < 50 or len(set(key)) < 5:
        yield fail(
            "secret key",
            "is short or no random text: whoever guesses it can sign in as anybody",
            "Set GILMOK_SECRET_KEY to 50 random characters. Channel passwords must then be typed in anew.",
        )
    else:
        yield ok("secret key", f"{len(key)} characters")


def _base_url(_now: datetime) -> Iterator[Finding]:
    url = urlsplit(settings.BASE_URL)
    local = url.hostname in {"localhost", "127.0.0.1", "::1"}
    if not settings.PRODUCTION:
        yield ok("base URL", f"{settings.BASE_URL} (settings for one's own machine)")
    elif local:
        yield fail(
            "base URL",
            f"{settings.BASE_URL}: links and pixels in messages lead nowhere",
            "Set GILMOK_BASE_URL to the address that customers reach.",
        )
    elif url.scheme != "https":
        yield warn(
            "base URL",
            f"{settings.BASE_URL} is not encrypted: passwords and keys travel in the open",
            "Put a proxy with a certificate in front and set GILMOK_BASE_URL to its https address.",
        )
    else:
        yield ok("base URL", settings.BASE_URL)


def _debugging(_now: datetime) -> Iterator[Finding]:
    if settings.DEBUG:
        yield fail(
            "debugging",
            "is on: error pages show code and settings to everybody, and memory grows",
            "Unset GILMOK_DEBUG.",
        )
    else:
        yield ok("debugging", "off")


def _hosts(_now: datetime) -> Iterator[Finding]:
    if "*" in settings.ALLOWED_HOSTS:
        yield warn(
            "host names",
            "every host name is answered: links made from a request can be forged",
            "List the names in GILMOK_ALLOWED_HOSTS.",
        )
    else:
        yield ok("host names", ", ".join(settings.ALLOWED_HOSTS))


CHECKS = [Check(_secret_key), Check(_base_url), Check(_debugging), Check(_hosts)]
