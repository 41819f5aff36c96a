"""The ways to reach a person. A medium knows its words, its icon, where her address lies and what it looks like.

What this installation offers is fewer: the media that have an adapter (channels.adapters.registry.offered)."""

import re
from collections.abc import Callable
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from profiles.addresses import ADDRESSES
from workspaces import words


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    IN_APP = "in_app"
    SOCIAL = "social"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]

    @property
    def icon(self) -> str:
        return _ICONS[self]

    @property
    def address_sql(self) -> str:
        """An expression over the profile `p` that is the person's address, or null."""
        return ADDRESSES[self]

    @property
    def pattern(self) -> str:
        """What an address must look like to be worth a try; the same text in Python and in PostgreSQL."""
        return _PATTERNS[self]

    def accepts(self, address: str) -> bool:
        return _COMPILED[self].search(address) is not None

    @property
    def look(self) -> Callable[[str], object]:
        """`accepts` for thousands: something or None."""
        return _COMPILED[self].search

    def mask(self, address: str) -> str:
        """The address for eyes that may not see it in full."""
        if self is Medium.EMAIL:
            return words.mask_email(address)
        if self is Medium.SMS:
            return words.mask_phone(address)
        return f"{address[:4]}•••" if len(address) > 12 else "•••"


_LABELS = {
    Medium.EMAIL: _("Email"),
    Medium.SMS: _("Text message (SMS)"),
    Medium.PUSH: _("Push"),
    Medium.IN_APP: _("In the app"),
    Medium.SOCIAL: _("Social"),
}
_ICONS = {
    Medium.EMAIL: "mail",
    Medium.SMS: "message-square",
    Medium.PUSH: "smartphone",
    Medium.IN_APP: "app-window",
    Medium.SOCIAL: "share-2",
}
_PATTERNS = {
    Medium.EMAIL: r"^[^\s@<>(),;:\\\"]+@[^\s@<>(),;:\\\"/]+\.[^\s@<>(),;:\\\"/.]{2,}$",
    Medium.SMS: r"^\+?[0-9][0-9 ()./-]{5,24}$",
    Medium.PUSH: r"^[!-~]{8,}$",  # an address at a browser's push service, or a registration token
    Medium.IN_APP: r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    Medium.SOCIAL: r"^[!-~]{1,200}$",
}
# Python's "$" would let a line break pass behind the address.
_COMPILED = {medium: re.compile(pattern.removesuffix("$") + r"\Z") for medium, pattern in _PATTERNS.items()}


def known(medium: str) -> Medium | None:
    """The medium of that name, or None: rows may name one that a later version brings."""
    try:
        return Medium(medium)
    except ValueError:
        return None


def mask(medium: str, address: str) -> str:
    found = known(medium)
    return found.mask(address) if found else "•••" if address else ""
