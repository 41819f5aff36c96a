"""The mapping of columns as a form: what the browser sends becomes the mapping's JSON, and back as rows to draw."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from profiles import masking
from profiles.importing.mapping import EVENTS, NAMED, OPERATORS, PEOPLE, TARGETS
from profiles.importing.moments import FORMATS
from profiles.wording import HIDDEN

COMPUTED = 2  # rows that the form offers


def read(post: QueryDict, columns: list[str]) -> dict[str, Any]:
    return {
        "kind": post.get("kind", EVENTS),
        "event": post.get("event", ""),
        "group_by": post.get("group_by", ""),
        "time": {
            "format": post.get("time_other") or post.get("time_format", "iso"),
            "zone": post.get("time_zone", "UTC"),
        },
        "columns": [
            {
                "column": column,
                "to": post.get(f"c{place}-to", "skip"),
                "name": post.get(f"c{place}-name", ""),
                "type": post.get(f"c{place}-type", "auto"),
            }
            for place, column in enumerate(columns)
        ],
        "computed": [
            {
                "name": post.get(f"computed{n}-name", ""),
                "left": post.get(f"computed{n}-left", ""),
                "by": post.get(f"computed{n}-by", "*"),
                "right": post.get(f"computed{n}-right", ""),
            }
            for n in range(COMPUTED)
        ],
    }


def turned(given: dict[str, Any], kind: str) -> dict[str, Any]:
    """The same for people instead of events, or the other way: what has no place there is kept under its name."""
    other = {"property": "attribute", "attribute": "property"}
    columns = []
    for entry in given.get("columns", []):
        to = other.get(entry["to"], entry["to"])
        if to not in TARGETS[kind]:
            to = "attribute" if kind == PEOPLE else "property"
        columns.append({**entry, "to": to, "name": entry["name"] or entry["column"][:200]})
    return {**given, "kind": kind, "columns": columns}


def context(
    given: dict[str, Any],
    columns: list[str],
    rows: list[dict[str, Any]],
    show: masking.Show | None = None,
) -> dict[str, Any]:
    """For templates/profiles/sources/mapping.html. `show`: what the reader may see of the values;
    None: all of them."""
    kind = given.get("kind") if given.get("kind") in TARGETS else EVENTS
    by_column = {entry["column"]: entry for entry in given.get("columns", [])}
    computed = list(given.get("computed") or [])
    computed += [{"name": "", "left": "", "by": "*", "right": ""}] * (COMPUTED - len(computed))
    labels = target_labels()
    time = given.get("time") or {}
    form = time.get("format", "iso")
    found = []
    for place, column in enumerate(columns):
        entry = by_column.get(column) or {"to": "skip", "name": "", "type": "auto"}
        hidden = show is not None and (show.hides(column) or show.hides(entry["name"]))
        samples = [
            HIDDEN if hidden else str(row[column]) for row in rows if row.get(column) not in (None, "")
        ]
        found.append(
            {
                "place": place,
                "column": column,
                "samples": list(dict.fromkeys(samples))[:3],
                "to": entry["to"],
                "name": entry["name"],
                "type": entry["type"],
                "named": entry["to"] in NAMED,
                "typed": entry["to"] in ("attribute", "property"),
            }
        )
    return {
        "mapping": given,
        "kind": kind,
        "fields": found,
        "columns": columns,
        "targets": [(to, labels[to]) for to in TARGETS[str(kind)]],
        "types": [
            ("auto", _("as it looks")), ("text", pgettext("type of a value", "text")), ("number", _("number")),
            ("yes_no", _("yes or no")), ("date", pgettext("type of a value", "date")),
        ],
        "has_event": any(field["to"] == "event" for field in found),
        "formats": FORMATS.items(),
        "time_format": form if form in FORMATS else "other",
        "time_other": "" if form in FORMATS else form,
        "time_zone": time.get("zone", "UTC"),
        "computed": computed[:COMPUTED],
        "operators": [(key, str(label)) for key, label in OPERATORS.items()],
    }  # fmt: skip


def target_labels() -> dict[str, str]:
    return {
        "skip": _("leave it out"),
        "user_id": _("member number"),
        "email": _("email address"),
        "phone": _("phone number"),
        "anonymous_id": _("device"),
        "attribute": _("attribute"),
        "consent": _("consent"),
        "event": _("event name"),
        "time": _("when it happened"),
        "message_id": _("its own number"),
        "property": _("property"),
    }
