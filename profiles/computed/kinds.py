"""What can be computed, in words."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, slots=True)
class Kind:
    """`type`: as the catalogue calls what comes out ("" like the property's). `property`: whether it looks at one."""

    key: str
    label: Any
    type: str
    property: bool = True
    window: bool = True


KINDS = {
    kind.key: kind
    for kind in (
        Kind("count", pgettext_lazy("computed", "How often it happened"), "number", property=False),
        Kind("sum", pgettext_lazy("computed", "The sum of a property"), "number"),
        Kind("average", pgettext_lazy("computed", "The average of a property"), "number"),
        Kind("first", pgettext_lazy("computed", "The first value of a property"), ""),
        Kind("last", pgettext_lazy("computed", "The newest value of a property"), ""),
        Kind("most_frequent", pgettext_lazy("computed", "The most frequent value of a property"), ""),
        Kind("distinct", pgettext_lazy("computed", "How many different values a property had"), "number"),
        Kind(
            "streak",
            pgettext_lazy("computed", "Days or weeks in a row"),
            "number",
            property=False,
            window=False,
        ),
    )
}
UNITS = {"day": pgettext_lazy("computed", "days"), "week": pgettext_lazy("computed", "weeks")}
TALLIED = ("most_frequent", "distinct", "streak")
