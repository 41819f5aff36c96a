"""What a reader gets to see of a value: by the class of the attribute and the reader's role.

    show = masker(actor)              # a list, a page: one query
    show("email", "a@b.c")            # "a•••@…", or in full for whom it is not hidden
    masker(actor, revealed=True)      # once a reason was given and kept: everything
    of_request(request)               # an answer of the API

Pages mask contact details for everybody until they are revealed; the API shows them to keys whose role includes them.
What is sensitive needs a role of its own, or a reveal. Values inside of objects and lists have the class of their own
name too: {"customer": {"religion": ..}}. The name of a person is shown to everybody who sees people.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from profiles import data_classes
from profiles.models import Profile
from profiles.wording import HIDDEN
from workspaces import words
from workspaces.actor import Actor
from workspaces.models import ApiKey

Json = dict[str, Any]
# Only from the beginning of a word: from each letter of a long one it would be looked through to its end.
_ADDRESS = re.compile(r"(?<![^@\s])[^@\s]++@[^@\s]+\.[^@\s]+")
_NAMED = ("attribute", "entry", "context")  # leaves of conditions that look at one named value
SHORTEST = 3  # what is shorter stands in any text


class Show:
    """show(attribute, value): the value as the reader may see it here."""

    __slots__ = ("_chosen", "_contacts", "_revealed", "_sensitive")

    def __init__(
        self,
        chosen: Mapping[str, str],
        *,
        revealed: bool = False,
        contacts: bool = False,
        sensitive: bool = False,
    ) -> None:
        self._chosen, self._revealed, self._contacts, self._sensitive = chosen, revealed, contacts, sensitive

    def __call__(self, name: str, value: Any) -> Any:
        if self._revealed or value in (None, "", [], {}):
            return value
        kind = data_classes.class_of(name, self._chosen)
        if kind == data_classes.SENSITIVE:
            return value if self._sensitive else HIDDEN
        if kind == data_classes.CONTACT and not self._contacts:
            return _masked(name, value)
        if self._chosen.get(name) == data_classes.NONE:  # decided by people
            return value
        if isinstance(value, dict):
            return {key: self._inside(name, str(key), inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self(name, inner) for inner in value]
        # Nothing personal by its class; an address that stands in a text is masked all the same.
        return value if self._contacts else _text(value)

    def _inside(self, name: str, key: str, value: Any) -> Any:
        path = f"{name}.{key}"
        return self(path if path in self._chosen else key, value)

    def hides(self, name: str) -> bool:
        """Whether values of that name are sensitive, and not for this reader."""
        if self._revealed or self._sensitive:
            return False
        return data_classes.class_of(name, self._chosen) == data_classes.SENSITIVE


def masker(actor: Actor, *, revealed: bool = False, contacts: bool = False) -> Show:
    """(attribute, value) -> the value as the actor may see it here."""
    return Show(
        {} if revealed else data_classes.of_workspace(actor.workspace.pk),
        revealed=revealed,
        contacts=contacts and actor.can("people.view_contact"),
        sensitive=actor.can("people.view_sensitive"),
    )


def of_request(request: Request) -> Show:
    """A key shows what its role includes: somebody decided that when it was made. A browser's session shows what its
    page would."""
    return masker(request.actor, contacts=isinstance(request.auth, ApiKey))  # type: ignore[attr-defined]


def of_nobody(workspace_id: int) -> Show:
    """For readers of whom nothing is known: everything personal is hidden."""
    return Show(data_classes.of_workspace(workspace_id))


def mask(workspace_id: int, attribute: str, value: Any, actor: Actor) -> Any:
    """One value, as the actor may see it without a reveal; for more than one take `masker`."""
    if actor.workspace.pk != workspace_id:
        return HIDDEN
    return masker(actor)(attribute, value)


def hidden(workspace_id: int, attribute: str, value: Any) -> Any:
    """A value for those of whom nothing is known: logs, catalogue, samples."""
    return of_nobody(workspace_id)(attribute, value)


def name_of(profile: Profile, show: Show) -> str:
    """What a person is called in a list; never an address in full."""
    address = show("email", profile.email) or show("phone", profile.phone)
    return profile.name or str(profile.external_id or address or _("Not known yet"))


def person(profile: Profile, show: Show) -> Json:
    """Her attributes as a template has them, and her id."""
    values = {name: show(name, value) for name, value in profile.attributes.items()}
    return {**values, "id": str(profile.public_id)}


def facts(why: Iterable[Json], show: Show | None) -> list[Json]:
    """The values that decided a condition ([{"condition", "value", "result"}]). Of a sensitive one what was asked for
    is hidden as well: beside the result it would say the value."""
    return [_fact(fact, show) for fact in why] if show is not None else list(why)


def redactor(attributes: Mapping[str, Any], show: Show) -> Callable[[str], str]:
    """Texts that were made of somebody's attributes (messages that were sent), without those that the reader may not
    see. A value that a template changed on its way can't be found: the editor warns of sensitive ones in contents."""
    found: dict[str, str] = {}
    for name, value in attributes.items():
        for text, path in _leaves(name, value):
            shown = show(path, text)
            if len(text) >= SHORTEST and shown != text:
                found[text] = str(shown)
    order = sorted(found, key=len, reverse=True)

    def redact(text: str) -> str:
        for value in order:
            text = text.replace(value, found[value])
        return text

    return redact


def _fact(fact: Json, show: Show) -> Json:
    leaf = fact.get("condition")
    name = next((str(leaf[key]) for key in _NAMED if key in leaf), None) if isinstance(leaf, dict) else None
    if name is None or not isinstance(leaf, dict):
        return fact
    if show.hides(name):
        leaf = {**leaf, "value": HIDDEN} if "value" in leaf else leaf
        return {**fact, "condition": leaf, "value": HIDDEN}
    return {**fact, "value": show(name, fact.get("value"))}


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value), name


def _masked(name: str, value: Any) -> Any:
    """An address or number keeps its looks; anything else of a contact is hidden as a whole."""
    if name == "phone":
        return words.mask_phone(str(value)) or HIDDEN
    if name == "email" or (isinstance(value, str) and "@" in value):
        return words.mask_email(str(value))
    return HIDDEN


def _text(value: Any) -> Any:
    return _ADDRESS.sub(lambda found: words.mask_email(found[0]), value) if isinstance(value, str) else value
