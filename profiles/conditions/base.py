"""What a leaf is: faults of its JSON, the SQL of its value and of its result, its sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils.safestring import SafeString

from profiles.conditions.blanks import Blanks, Known, fields_of
from profiles.conditions.tree import Json

Fields = dict[str, Any]


@dataclass(slots=True)
class Builder:
    """Collects parameters. SQL may use the aliases `p` (the profile: id, attributes, email, phone) and `b` (the row:
    enrolment_id, entered_at, entry, context) and the parameters now, workspace and zone."""

    workspace_id: int
    params: dict[str, Any] = field(default_factory=dict)
    segments: tuple[str, ...] = ()

    def param(self, value: Any, cast: str = "") -> str:
        name = f"c{len(self.params)}"
        self.params[name] = value
        return f"%({name})s{'::' + cast if cast else ''}"


class LeafKind:
    """`value` gives SQL of type jsonb; `result` gives SQL that is true or false, never null, reading it as `v`."""

    key: ClassVar[str]
    in_audience: ClassVar[bool] = True  # False: only means something inside an enrolment
    needs_entry: ClassVar[bool] = False
    needs_context: ClassVar[bool] = False

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        """(pointer within the leaf, sentence)"""
        return ()

    def value(self, leaf: Json, build: Builder) -> str:
        raise NotImplementedError

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        raise NotImplementedError

    def events(self, leaf: Json, workspace_id: int) -> Iterable[str]:
        """Names of events whose arrival may change the answer."""
        return ()

    def sentence(self, leaf: Json, workspace: Any) -> str:
        raise NotImplementedError

    # Editing. A kind without a label is not offered, and its leaves are edited as JSON.

    label: ClassVar[Any] = ""
    order: ClassVar[int] = 100
    keys: ClassVar[tuple[str, ...]] = ()  # the fields of a row

    def empty(self) -> Json:
        """A new leaf, its blanks still to be filled."""
        raise NotImplementedError

    def fields(self, leaf: Json) -> Fields:
        """The texts of the blanks. A leaf that `read` does not give back unchanged is edited as JSON."""
        raise NotImplementedError

    def read(self, found: Fields, known: Known) -> Json:
        raise NotImplementedError

    def posted(self, data: Mapping[str, Any], name: str) -> Fields:
        return dict(fields_of(data, name, self.keys))

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        """The sentence with its blanks."""
        raise NotImplementedError


def moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
