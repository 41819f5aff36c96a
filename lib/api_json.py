"""JSON from strangers: what can't be stored or was never meant to be JSON is refused with its reason.

Stricter than Python's own reader: no NaN, no numbers beyond a float, bounded depth, no lone surrogates, and no NUL
characters, which PostgreSQL can't keep. An API body names each key of an object once.
"""

import json
from collections.abc import Mapping
from typing import IO, Any

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_DEPTH = 64


class Unreadable(ValueError):
    """The reason, fit to be shown to the caller."""


def read(body: bytes | str) -> Any:
    """The value in `body`; Unreadable with the reason where there is none."""
    try:
        value = msgspec.json.decode(body)
    except RecursionError:
        raise Unreadable("JSON is nested too deeply") from None
    except UnicodeError:
        raise Unreadable("JSON must be valid UTF-8") from None
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None
    _check(value)
    return value


def _check(root: Any) -> None:
    level, depth = [root], 0
    while level:  # by level, without recursion: the depth is what is to be bounded
        depth += 1
        if depth > MAX_DEPTH:
            raise Unreadable(f"JSON is nested more than {MAX_DEPTH} levels deep")
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if "\0" in value:
                    raise Unreadable("Text may not hold NUL characters")
            elif isinstance(value, dict):
                if any("\0" in key for key in value):
                    raise Unreadable("Text may not hold NUL characters")
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
        level = deeper


def _refuse_twins(body: bytes) -> None:
    """Of two values under one key a reader would drop one without a word."""

    def pairs(found: list[tuple[str, Any]]) -> None:
        if len({key for key, _value in found}) < len(found):
            keys = [key for key, _value in found]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise Unreadable(f"The key “{twice[:80]}” stands twice in one object")

    json.loads(body, object_pairs_hook=pairs)


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise RequestDataTooBig
        try:
            value = read(body)
            _refuse_twins(body)
            return value
        except Unreadable as error:
            raise ParseError(str(error)) from None


class MergePatchParser(JSONParser):
    """RFC 7396."""

    media_type = "application/merge-patch+json"
