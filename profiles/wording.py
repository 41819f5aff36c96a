"""Attributes, events and consents in a reader's words."""

import re
from datetime import date
from typing import Any

from babel import Locale, UnknownLocaleError
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from workspaces import words

LABELS: dict[str, str | Promise] = {
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "name": pgettext_lazy("of a person", "Name"),
    "email": gettext_lazy("Email"),
    "phone": gettext_lazy("Phone"),
    "birthday": gettext_lazy("Birthday"),
    "gender": gettext_lazy("Gender"),
    "locale": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "country": gettext_lazy("Country"),
    "city": gettext_lazy("City"),
    "address": gettext_lazy("Address"),
    "postal_code": gettext_lazy("Postal code"),
    "created_at": gettext_lazy("Joined"),
    "plan": gettext_lazy("Plan"),
    "tier": gettext_lazy("Tier"),
    "orders": gettext_lazy("Orders"),
    "spent": gettext_lazy("Spent"),
    "campaign": gettext_lazy("Campaign"),
    "items": gettext_lazy("Items"),
    "price": gettext_lazy("Price"),
    "product": gettext_lazy("Product"),
    "quantity": gettext_lazy("Quantity"),
    "total": gettext_lazy("Total"),
    "value": gettext_lazy("Value"),
}
BASICS = (
    "first_name",
    "last_name",
    "name",
    "birthday",
    "gender",
    "locale",
    "time_zone",
    "country",
    "city",
    "created_at",
)
CONTACT = ("email", "phone", "address", "postal_code")
EVENTS: dict[str, str | Promise] = {
    "order_completed": gettext_lazy("Placed an order"),
    "cart_updated": gettext_lazy("Changed the cart"),
    "product_viewed": gettext_lazy("Looked at a product"),
    "product_added": gettext_lazy("Put something in the cart"),
    "signed_up": gettext_lazy("Signed up"),
    "signed_in": gettext_lazy("Signed in"),
    "account_closed": gettext_lazy("Closed the account"),
    "page": gettext_lazy("Looked at a page"),
    "screen": gettext_lazy("Looked at a screen of the app"),
    "group": gettext_lazy("Joined a group"),
}
# Icon and tone of events that say more than where they came from.
LOOKS: dict[str, tuple[str, str]] = {
    "order_completed": ("shopping-cart", "entry"),
    "cart_updated": ("shopping-cart", "flow"),
    "product_added": ("shopping-cart", "flow"),
    "product_viewed": ("eye", "flow"),
    "page": ("eye", "flow"),
    "screen": ("eye", "flow"),
    "signed_up": ("user-plus", "entry"),
    "signed_in": ("log-in", "flow"),
    "account_closed": ("log-out", "decide"),
}
MEDIA: dict[str, tuple[str, str | Promise]] = {
    "email": ("mail", gettext_lazy("Email")),
    "sms": ("message-square", gettext_lazy("SMS")),
    "push": ("smartphone", gettext_lazy("Push")),
    "in_app": ("app-window", gettext_lazy("In the app")),
    "social": ("share-2", gettext_lazy("Social")),
    "phone": ("phone", gettext_lazy("Phone")),
    "night": ("moon", gettext_lazy("Night, 21–08")),
}
HIDDEN = "•••"


def attribute_label(name: str) -> str:
    """first_name -> First name; loyalty_level -> Loyalty level."""
    return str(LABELS.get(name) or sentence_case(name))


def sentence_case(name: str) -> str:
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").strip()
    return text[:1].upper() + text[1:].lower() if text.isascii() else text


def value(known: Any) -> str:
    """An attribute's or property's value in one line."""
    if known is True:
        return _("Yes")
    if known is False:
        return _("No")
    if isinstance(known, int | float):
        return words.number(known)
    if isinstance(known, list):
        return ", ".join(value(item) for item in known[:8]) + (" …" if len(known) > 8 else "")
    if isinstance(known, dict):
        return ", ".join(value(item) for item in list(known.values())[:8])
    if isinstance(known, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", known):
        try:
            return words.date(date.fromisoformat(known), year=True)  # type: ignore[arg-type]
        except ValueError:
            return known
    return "" if known is None else str(known)[:300]


def attribute_value(name: str, known: Any) -> str:
    if name == "locale" and isinstance(known, str):
        try:
            language = get_language() or "en"
            return Locale.parse(known, sep="_" if "_" in known else "-").get_language_name(language) or known
        except (UnknownLocaleError, ValueError):
            return known
    return value(known)


def event_title(name: str, properties: dict[str, Any]) -> str:
    if name in ("page", "screen") and isinstance(properties.get("name"), str):
        return _("Looked at “%(name)s”") % {"name": properties["name"][:80]}
    return str(EVENTS.get(name) or sentence_case(name))


def properties_line(event: str, properties: dict[str, Any], most: int = 4) -> str:
    """total 29.33, quantity 2: the first simple ones that the title doesn't say."""
    said = "name" if event in ("page", "screen") else ""
    parts = [
        f"{attribute_label(key).lower() if key.isascii() else key} {value(known)[:80]}"
        for key, known in properties.items()
        if key != said and not isinstance(known, dict | list) and known not in (None, "")
    ]
    return ", ".join(parts[:most])
