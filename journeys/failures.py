"""People set aside after an error (rule 4): where, why, and the click that lets them go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from journeys.document.shape import parse
from journeys.engine import rescue
from journeys.models import Enrolment, Failure, Journey
from journeys.steps.registry import steps
from profiles import masking
from profiles.models import Profile
from workspaces import audit
from workspaces.access import scoped
from workspaces.actor import Actor

CHUNK = 5000
PAGE = 50


@dataclass(frozen=True, slots=True)
class FailedStep:
    """`error`: the latest one; `may_resume`: whether the reader may let these people go on."""

    journey: Journey
    step: str
    title: str
    people: int
    since: datetime
    error: str
    may_resume: bool


@dataclass(frozen=True, slots=True)
class FailedPerson:
    enrolment_id: int
    profile: Profile | None
    name: str
    error: str
    attempts: int
    at: datetime


_BY_STEP = """
select f.*, e.profile_id from (
    select journey_id, step, count(*) as people, min(at), (array_agg(error order by at desc, enrolment_id))[1],
        (array_agg(enrolment_id order by at desc, enrolment_id))[1] as latest
    from journeys_failure where journey_id = any(%s) group by journey_id, step
) f left join journeys_enrolment e on e.id = f.latest order by f.people desc, f.journey_id, f.step
"""


def by_step(actor: Actor) -> list[FailedStep]:
    """The steps of the actor's journeys at which people failed, the worst first."""
    journeys = {journey.pk: journey for journey in scoped(actor, Journey).select_related("live")}
    with connection.cursor() as cursor:
        cursor.execute(_BY_STEP, [list(journeys)])
        rows = cursor.fetchall()
    may = set(scoped(actor, Journey, "publish").values_list("pk", flat=True)) if rows else set()
    show = masking.masker(actor)
    profiles = Profile.objects.in_bulk([row[-1] for row in rows if row[-1]])
    return [
        FailedStep(
            journeys[journey_id],
            step,
            title(journeys[journey_id], step),
            count,
            since,
            told(error, profiles.get(profile_id), show),
            journey_id in may,
        )
        for journey_id, step, count, since, error, _enrolment, profile_id in rows
    ]


def title(journey: Journey, step: str) -> str:
    """What the canvas calls the step, by the live version or else the draft."""
    for document in (journey.live.document if journey.live else None, journey.draft):
        found = parse(document).steps.get(step) if document else None
        if found:
            kind = steps.get(found.kind)
            return found.name or (str(kind.label) if kind else found.kind)
    return step


def people(journey: Journey, step: str, show: masking.Show, after: str = "") -> list[FailedPerson]:
    """One page of those who failed there and one more, who says that there is a next; the latest first. `after`: the
    enrolment with which the page before ended. `show`: what the reader may see of them, in errors too."""
    rows = Failure.objects.filter(journey_id=journey.pk, step=step)
    if is_id(after):
        rows = rows.filter(enrolment_id__lt=int(after))
    found = list(rows.order_by("-enrolment_id")[: PAGE + 1])
    owners = dict(
        Enrolment.objects.filter(pk__in=[row.enrolment_id for row in found]).values_list("pk", "profile_id")
    )
    profiles = Profile.objects.filter(erased_at=None).in_bulk(owners.values())
    return [_failed_person(row, profiles.get(owners.get(row.enrolment_id, 0)), show) for row in found]


def _failed_person(row: Failure, profile: Profile | None, show: masking.Show) -> FailedPerson:
    name = masking.name_of(profile, show) if profile else ""
    return FailedPerson(row.enrolment_id, profile, name, told(row.error, profile, show), row.attempts, row.at)


def told(error: str, profile: Profile | None, show: masking.Show) -> str:
    """An error may quote what is known of a person."""
    return masking.redactor(profile.attributes, show)(error) if profile else str(show("", error))


def resume(actor: Actor, journey: Journey, step: str, now: datetime, enrolment_id: int | None = None) -> int:
    """Lets everybody who failed at the step go on, or one; returns how many. Who fails again is set aside again."""
    resumed, last = 0, 0
    while ids := _failed(journey.pk, step, last, enrolment_id):
        with transaction.atomic():
            resumed += rescue.resume(ids, now)
        last = ids[-1]
    if resumed:
        audit.record(actor, "journey.retried", journey, {"step": step, "people": resumed}, at=now)
    return resumed


def steps_of(journey: Journey) -> list[str]:
    """The steps at which somebody is set aside."""
    rows = Failure.objects.filter(journey_id=journey.pk).order_by("step")
    return list(rows.values_list("step", flat=True).distinct())


def _failed(journey_id: int, step: str, after: int, only: int | None) -> Sequence[int]:
    rows = Failure.objects.filter(journey_id=journey_id, step=step, enrolment_id__gt=after)
    if only is not None:
        rows = rows.filter(enrolment_id=only)
    return list(rows.order_by("enrolment_id").values_list("enrolment_id", flat=True)[:CHUNK])


def is_id(text: str) -> bool:
    """Whether it can be the number of an enrolment."""
    return text.isascii() and text.isdecimal() and len(text) < 19
