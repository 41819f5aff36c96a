"""What a reader gets to see of a value: by the class of the attribute and the reader's role.

    show = masker(actor)              # a list, a page: one query
    show("email", "a@b.c")            # "a•••@…", or in full for whom it is not hidden
    masker(actor, revealed=True)      # once a reason was given and kept: everything

Pages mask contact details for everybody until they are revealed; the API shows them to roles that include them
(`contacts=True`). What is sensitive needs a role of its own, or a reveal.
"""

from collections.abc import Callable
from typing import Any

from profiles import data_classes, wording
from workspaces.actor import Actor

Show = Callable[[str, Any], Any]


def masker(actor: Actor, *, revealed: bool = False, contacts: bool = False) -> Show:
    """(attribute, value) -> the value as the actor may see it here."""
    chosen = {} if revealed else data_classes.of_workspace(actor.workspace.pk)
    contacts = contacts and actor.can("people.view_contact")
    sensitive = actor.can("people.view_sensitive")
    hide = wording.masker(shown=False)

    def show(name: str, value: Any) -> Any:
        if revealed or value in (None, "", [], {}):
            return value
        kind = data_classes.class_of(name, chosen)
        if kind == data_classes.SENSITIVE:
            return value if sensitive else wording.HIDDEN
        if kind == data_classes.CONTACT:
            return value if contacts else _masked(name, value, hide)
        # Nothing personal by its class; an address that stands in a text is masked all the same.
        return value if contacts or _declared_open(name, chosen) else hide("", value)

    return show


def mask(workspace_id: int, attribute: str, value: Any, actor: Actor) -> Any:
    """One value, as the actor may see it without a reveal; for more than one take `masker`."""
    if actor.workspace.pk != workspace_id:
        return wording.HIDDEN
    return masker(actor)(attribute, value)


def hidden(workspace_id: int, attribute: str, value: Any) -> Any:
    """A value for those of whom nothing is known: logs, catalogue, samples."""
    kind = data_classes.class_of(attribute, data_classes.of_workspace(workspace_id))
    if kind == data_classes.NONE:
        return wording.masker(shown=False)("", value)
    return (
        wording.HIDDEN if kind == data_classes.SENSITIVE else _masked(attribute, value, wording.masker(False))
    )


def _masked(name: str, value: Any, hide: Show) -> Any:
    """An address or number keeps its looks; anything else of a contact is hidden as a whole."""
    if name in ("email", "phone"):
        return hide(name, value)
    if isinstance(value, str) and "@" in value:
        return hide("email", value)
    return wording.HIDDEN


def _declared_open(name: str, chosen: dict[str, str]) -> bool:
    return chosen.get(name) == data_classes.NONE
