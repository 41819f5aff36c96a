"""The standard attributes: what every source calls differently, under one name and in one form.

email, phone, first_name, last_name, name, birthday, locale, time_zone, country, city, ...: the Segment spec's reserved
traits in snake case. A company's own traits keep their names.
"""

import re
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

RENAMED = {
    "firstName": "first_name",
    "lastName": "last_name",
    "createdAt": "created_at",
    "timezone": "time_zone",
    "timeZone": "time_zone",
    "postalCode": "postal_code",
    "emailAddress": "email",
    "phoneNumber": "phone",
    "dateOfBirth": "birthday",
}
ADDRESS = {"postalCode": "postal_code", "postcode": "postal_code", "zip": "postal_code"}
TEXTS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "name",
    "birthday",
    "locale",
    "time_zone",
    "country",
    "city",
)
_KOREAN_MOBILE = re.compile(r"01[016789]\d{7,8}")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_SEPARATORS = str.maketrans("", "", " -.()\t\u00a0")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def attributes(traits: dict[str, Any], region: str = "") -> dict[str, Any]:
    """traits as a source sends them -> attributes. `region` ("KR"): where a phone number without +.. is from.

    An empty text or None takes an attribute away (None). An address gives country and city too.
    """
    found: dict[str, Any] = {}
    for key, value in traits.items():
        name = RENAMED.get(key, key)
        if isinstance(value, str):
            value = value.strip() or None
        found[name] = value
    address = found.get("address")
    if isinstance(address, dict):
        found["address"] = address = {ADDRESS.get(key, key): value for key, value in address.items()}
        for name in ("country", "city"):
            if name not in found and isinstance(address.get(name), str):
                found[name] = address[name]
    for name in TEXTS:
        if isinstance(found.get(name), int | float) and not isinstance(found[name], bool):
            found[name] = str(found[name])
    if isinstance(birthday := found.get("birthday"), str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}T.*", birthday):
        found["birthday"] = birthday[:10]
    if isinstance(given := found.get("phone"), str):
        found["phone"] = phone(given, _region(found) or region)
    return found


def from_context(context: dict[str, Any]) -> dict[str, Any]:
    """What a call's context says of the person, where nothing better is known: locale and time_zone."""
    found = {}
    locale, zone = context.get("locale"), context.get("timezone")
    if isinstance(locale, str) and _LOCALE.fullmatch(locale):
        found["locale"] = locale
    if isinstance(zone, str) and is_zone(zone):
        found["time_zone"] = zone
    return found


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    if len(name) > 64:
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError of old, of paths an OSError
        return False
    except KeyError:
        return False
    return True


@lru_cache(maxsize=4096)
def phone(text: str, region: str = "") -> str:
    """E.164 where the number can be understood ("010-1234-5678", "KR" -> "+821012345678"), else as it was given."""
    bare = text.translate(_SEPARATORS)
    if _E164.fullmatch(bare):
        return bare
    if region == "KR" and _KOREAN_MOBILE.fullmatch(bare):
        return "+82" + bare[1:]
    try:
        parsed = phonenumbers.parse(text[:40], region or None)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(parsed):
        return text
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def region_of(locale: str) -> str:
    """ko-KR -> KR; ko -> KR; en -> "" (too many)."""
    parts = re.split("[-_]", locale)
    if len(parts) > 1 and len(parts[-1]) == 2 and parts[-1].isalpha():
        return parts[-1].upper()
    return {"ko": "KR", "ja": "JP"}.get(parts[0].lower(), "")


def _region(found: dict[str, Any]) -> str:
    country = found.get("country")
    if isinstance(country, str) and len(country) == 2:
        return country.upper()
    locale = found.get("locale")
    return region_of(locale) if isinstance(locale, str) else ""
