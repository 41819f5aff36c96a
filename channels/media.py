"""What a message can be made of: e-mail, SMS. A medium knows its words, its icon, and where a person's address lies."""

import re
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from workspaces import words


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"

    @property
    def label(self) -> str | Promise:
        return _LABELS[self]

    @property
    def icon(self) -> str:
        return {Medium.EMAIL: "mail", Medium.SMS: "message-square"}[self]

    @property
    def attribute(self) -> str:
        """The profile's attribute, and generated column, that holds the address."""
        return {Medium.EMAIL: "email", Medium.SMS: "phone"}[self]

    @property
    def pattern(self) -> str:
        """What an address must look like to be worth a try; the same text in Python and in PostgreSQL."""
        return _PATTERNS[self]

    def accepts(self, address: str) -> bool:
        return _COMPILED[self].search(address) is not None and "\n" not in address

    def mask(self, address: str) -> str:
        """The address for eyes that may not see it in full."""
        return words.mask_email(address) if self is Medium.EMAIL else words.mask_phone(address)


_LABELS = {Medium.EMAIL: _("Email"), Medium.SMS: _("Text message (SMS)")}
_PATTERNS = {
    Medium.EMAIL: r"^[^\s@<>(),;:\\\"]+@[^\s@<>(),;:\\\"/]+\.[^\s@<>(),;:\\\"/.]{2,}$",
    Medium.SMS: r"^\+?[0-9][0-9 ()./-]{5,24}$",
}
_COMPILED = {medium: re.compile(pattern) for medium, pattern in _PATTERNS.items()}


def known(medium: str) -> Medium | None:
    """The medium of that name, or None: rows may name one that a later version brings."""
    try:
        return Medium(medium)
    except ValueError:
        return None


def mask(medium: str, address: str) -> str:
    found = known(medium)
    return found.mask(address) if found else "•••" if address else ""
