"""What the columns of a file, or of a query, mean: which says who, which when, and what is known of the rest.

    {"kind": "events", "event": "order_placed", "group_by": "InvoiceNo",
     "columns": [{"column": "CustomerID", "to": "user_id"},
                 {"column": "InvoiceDate", "to": "time"},
                 {"column": "Quantity", "to": "property", "name": "quantity", "type": "number"}, ...],
     "time": {"format": "%m/%d/%Y %H:%M", "zone": "Europe/London"},
     "computed": [{"name": "amount", "left": "Quantity", "by": "*", "right": "UnitPrice"}]}

`group_by`: neighbouring lines with the same value there are one event, as the lines of an order: what they have in
common are its properties, the rest stands in its `items`, and computed values are added up.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles import standard
from profiles.importing.cells import TYPES
from profiles.importing.moments import FORMATS
from profiles.segment_calls import MAX_NAME

PEOPLE, EVENTS = "people", "events"
WHO = ("user_id", "email", "phone", "anonymous_id")
TARGETS = {
    PEOPLE: ("skip", "user_id", "email", "phone", "attribute", "consent"),
    EVENTS: ("skip", "user_id", "email", "phone", "anonymous_id", "event", "time", "message_id", "property"),
}
NAMED = ("attribute", "property", "consent")
MOST_COLUMNS = 300
OPERATORS = {
    "*": gettext_lazy("times"),
    "+": gettext_lazy("plus"),
    "-": gettext_lazy("minus"),
    "/": gettext_lazy("divided by"),
}


@dataclass(frozen=True, slots=True)
class Column:
    column: str
    to: str = "skip"
    name: str = ""
    type: str = "auto"


@dataclass(frozen=True, slots=True)
class Computed:
    name: str
    left: str
    by: str
    right: str

    def of(self, left: Any, right: Any) -> float | int | None:
        """In decimals: 3 times 0.85 is 2.55."""
        if isinstance(left, bool) or isinstance(right, bool):
            return None
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            return None
        a, b = Decimal(str(left)), Decimal(str(right))
        if self.by == "*":
            value = a * b
        elif self.by == "+":
            value = a + b
        elif self.by == "-":
            value = a - b
        else:
            if not b:
                return None
            value = a / b
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)


@dataclass(frozen=True, slots=True)
class Mapping:
    kind: str = EVENTS
    columns: tuple[Column, ...] = ()
    event: str = ""
    time_format: str = "iso"
    zone: str = "UTC"
    computed: tuple[Computed, ...] = ()
    group_by: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    def to(self, target: str) -> list[Column]:
        return [column for column in self.columns if column.to == target]

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "columns": [
                {"column": c.column, "to": c.to, "name": c.name, "type": c.type} for c in self.columns
            ],
            "event": self.event,
            "time": {"format": self.time_format, "zone": self.zone},
            "computed": [
                {"name": c.name, "left": c.left, "by": c.by, "right": c.right} for c in self.computed
            ],
            "group_by": self.group_by,
        }


def read(given: dict[str, Any], known: list[str]) -> Mapping:
    """From JSON. `known`: the columns there are. Whatever is wrong stands in `problems`, in the reader's language."""
    kind = given.get("kind")
    kind = kind if kind in TARGETS else EVENTS
    columns = [
        Column(
            str(entry.get("column", "")),
            str(entry.get("to") or "skip"),
            str(entry.get("name") or "").strip(),
            str(entry.get("type") or "auto"),
        )
        for entry in given.get("columns") or []
    ]
    time = given.get("time") or {}
    computed = tuple(
        Computed(str(c.get("name") or "").strip(), str(c.get("left")), str(c.get("by")), str(c.get("right")))
        for c in given.get("computed") or []
        if str(c.get("name") or "").strip()
    )
    found = Mapping(
        kind,
        tuple(columns),
        str(given.get("event") or "").strip(),
        str(time.get("format") or "iso"),
        str(time.get("zone") or "UTC"),
        computed if kind == EVENTS else (),
        str(given.get("group_by") or "") if kind == EVENTS else "",
    )
    return Mapping(
        found.kind, found.columns, found.event, found.time_format, found.zone, found.computed, found.group_by,
        tuple(_problems(found, known)),
    )  # fmt: skip


def _problems(mapping: Mapping, known: list[str]) -> list[str]:
    found: list[str] = []
    there = set(known)
    targets = [column.to for column in mapping.columns if column.to != "skip"]
    for column in mapping.columns:
        if column.column not in there or column.to not in TARGETS[mapping.kind] or column.type not in TYPES:
            found.append(
                _("The file has no column “%(name)s” that could be that.") % {"name": column.column[:80]}
            )
        if column.to in NAMED and not column.name:
            found.append(_("Give “%(name)s” a name, or leave it out.") % {"name": column.column[:80]})
        if len(column.name) > MAX_NAME or "\0" in column.name:
            found.append(_("The name for “%(name)s” is too long.") % {"name": column.column[:80]})
    if not set(targets) & set(WHO):
        found.append(_("Say which column tells who: a member number, an email address or a phone number."))
    names = [column.name for column in mapping.columns if column.to in NAMED]
    names += [computed.name for computed in mapping.computed]
    single = [to for to in targets if to not in NAMED]
    if len(set(names)) < len(names) or len(set(single)) < len(single):
        found.append(_("Two columns mean the same. Choose one of them."))
    if mapping.kind == EVENTS:
        found += _event_problems(mapping, there)
    return found


def _event_problems(mapping: Mapping, there: set[str]) -> list[str]:
    found = []
    if not mapping.to("event") and not mapping.event:
        found.append(_("Name the event, or say which column names it."))
    if len(mapping.event) > MAX_NAME or "\0" in mapping.event:
        found.append(_("The name of the event is too long."))
    if not mapping.to("time"):
        found.append(_("Say which column tells when it happened."))
    if (
        not mapping.time_format
        or len(mapping.time_format) > 60
        or not (mapping.time_format in FORMATS or "%" in mapping.time_format)
    ):
        found.append(_("The form of the time is not known."))
    if not standard.is_zone(mapping.zone):
        found.append(_("The time zone is not known."))
    found += [
        _("“%(name)s” can't be computed from these columns.") % {"name": computed.name[:80]}
        for computed in mapping.computed
        if computed.left not in there or computed.right not in there or computed.by not in OPERATORS
    ]
    if mapping.group_by and mapping.group_by not in there:
        found.append(
            _("The file has no column “%(name)s” that could be that.") % {"name": mapping.group_by[:80]}
        )
    return found
