"""What a leaf is: faults of its JSON, the SQL of its value and of its result, its sentence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from profiles.conditions.tree import Json


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


def moment(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    from datetime import UTC

    return found if found.tzinfo else found.replace(tzinfo=UTC)
