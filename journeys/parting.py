"""Two people who were joined are parted: each walks on what she walked herself. What started since stays."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.dispatch import receiver

from journeys.engine import leave
from journeys.models import Enrolment, Finished
from profiles import signals

_BACK = """
update journeys_enrolment e set profile_id = %(former)s
where e.id = any(%(ids)s) and e.profile_id = %(holder)s and not exists (
    select from journeys_enrolment o
    where o.journey_id = e.journey_id and o.profile_id = %(former)s and o.instance_key = e.instance_key)
returning e.id
"""


@receiver(signals.profiles_joining, dispatch_uid="journeys.joining")
def walks(sender: Any, profile_ids: Sequence[int], **_rest: Any) -> dict[int, dict[str, list[int]]]:
    """What each of them walks and walked, before the join."""
    found: dict[int, dict[str, list[int]]] = {}
    running = Enrolment.objects.filter(pk__in=leave.inside(profile_ids))
    ended = Finished.objects.filter(profile_id__in=profile_ids)
    for rows in (running.values_list("profile_id", "pk"), ended.values_list("profile_id", "pk")):
        for person, enrolment in rows:
            found.setdefault(person, {}).setdefault("enrolments", []).append(enrolment)
    return found


@receiver(signals.profiles_split, dispatch_uid="journeys.split")
def give_back(
    sender: Any, holder: int, former: int, moved: dict[str, list[int]], now: datetime, **_rest: Any
) -> None:
    ids = moved.get("enrolments", [])
    if not ids:
        return
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"holder": holder, "former": former, "ids": ids}
        cursor.execute(_BACK, values)
        values["back"] = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(
            "update journeys_finished set profile_id = %(former)s "
            "where enrolment_id = any(%(ids)s) and profile_id = %(holder)s returning enrolment_id",
            values,
        )
        values["back"] += [pk for (pk,) in cursor.fetchall()]
        for table in ("journeys_eventwait", "journeys_place", "journeys_pass"):
            cursor.execute(
                f"update {table} set profile_id = %(former)s "
                "where enrolment_id = any(%(back)s) and profile_id = %(holder)s",
                values,
            )
