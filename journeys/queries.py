"""Reads that more than one page or endpoint needs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import connection

from journeys.models import Enrolment, Journey
from profiles.models import Profile

Which = Literal["entered", "inside", "completed"]
PAGE = 50


@dataclass(frozen=True)
class StepVisit:
    """One line of the list behind a count. `cursor` is where the next page begins."""

    profile: Profile | None
    at: datetime
    outlet: str | None
    due_at: datetime | None
    cursor: str


def people_at_step(journey: Journey, step: str, which: Which, after: str = "") -> list[StepVisit]:
    """The visits that a count of the canvas counts, newest first, at most PAGE + 1 (one more tells that there are
    more)."""
    return _inside(journey, step, after) if which == "inside" else _logged(journey, step, which, after)


def _inside(journey: Journey, step: str, after: str) -> list[StepVisit]:
    rows = Enrolment.objects.filter(journey_id=journey.pk, step=step).order_by("-id")
    if after.isdigit():
        rows = rows.filter(id__lt=int(after))
    found = list(rows.values_list("id", "profile_id", "arrived_at", "due_at")[: PAGE + 1])
    profiles = Profile.objects.in_bulk([row[1] for row in found])
    return [StepVisit(profiles.get(person), at, None, due, str(id_)) for id_, person, at, due in found]


def _logged(journey: Journey, step: str, which: Which, after: str) -> list[StepVisit]:
    # An arrival is any element of a route but the first, which stands in the row before, too; see models.passes.
    test = "visit.n > 1" if which == "entered" else "(visit.v ->> 'o') is not null"
    row_id, _dot, position = after.partition(".")
    marked = row_id.isdigit() and position.isdigit()
    sql = f"""
        select pass.id, visit.n, pass.profile_id, pass.at, visit.v ->> 'o'
        from journeys_pass pass
        cross join lateral json_array_elements(pass.route) with ordinality visit(v, n)
        where pass.journey_id = %(journey)s and visit.v ->> 's' = %(step)s and {test}
          {"and (pass.id, visit.n) < (%(row)s, %(position)s)" if marked else ""}
        order by pass.id desc, visit.n desc limit %(limit)s
    """
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            {
                "journey": journey.pk,
                "step": step,
                "row": int(row_id) if marked else 0,
                "position": int(position) if marked else 0,
                "limit": PAGE + 1,
            },
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    profiles = Profile.objects.in_bulk([row[2] for row in found])
    return [StepVisit(profiles.get(row[2]), row[3], row[4], None, f"{row[0]}.{row[1]}") for row in found]
