"""What this package keeps of a person: the journeys she is and was in, with every step, and ways in that turned her
away."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from journeys.engine import leave
from journeys.models import Enrolment, Finished, Journey, Pass, PersonalDate, Refused
from profiles.models import Profile
from profiles.personal_data import CHUNK, Row, internal, register


def register_all() -> None:
    covers = ["journeys.enrolment", "journeys.finished", "journeys.pass"]
    register("journeys", _("Journeys"), covers, _journeys, order=70)
    register("not_entered", _("Journeys that did not let her in"), ["journeys.refused"], _refused, order=71)
    register("dates", _("Dates that journeys follow"), ["journeys.personaldate"], _dates, order=72)
    internal("journeys.eventwait", "What an enrolment waits for: the enrolment itself is shown.")
    internal("journeys.storedtest", "A test of a journey: erasure takes from it what was hers.")
    internal("journeys.place", "A place counted against a limit, with nothing of the person in it.")


def _journeys(profile: Profile, ids: list[int]) -> Iterator[Row]:
    shared = ("journey_id", "trigger", "entered_at", "step")
    for row in Enrolment.objects.filter(pk__in=leave.inside(ids)).order_by("pk"):
        more = {"entry": row.entry, "context": row.context, "arrived_at": row.arrived_at}
        yield _told(row.pk, {name: getattr(row, name) for name in shared} | more, row.entered_at)
    for over in Finished.objects.filter(profile_id__in=ids).order_by("ended_at", "pk"):
        more = {"ended_at": over.ended_at, "reason": over.reason, "outcome": over.outcome}
        yield _told(over.pk, {name: getattr(over, name) for name in shared} | more, over.entered_at)


def _told(enrolment_id: int, row: Row, since: object) -> Row:
    journey_id = row.pop("journey_id")
    name = Journey.objects.filter(pk=journey_id).values_list("name", flat=True).first() or ""
    passes = Pass.objects.filter(enrolment_id=enrolment_id, at__gte=since).order_by("seq", "at")
    return {"journey": name, **row, "steps": [{"at": at, "route": route} for at, route in _walk(passes)]}


def _walk(passes):  # type: ignore[no-untyped-def]
    return passes.values_list("at", "route").iterator(CHUNK)


def _refused(profile: Profile, ids: list[int]) -> Iterator[Row]:
    names = dict(Journey.objects.filter(workspace_id=profile.workspace_id).values_list("pk", "name"))
    for row in Refused.objects.filter(profile_id__in=ids).values():
        told: Row = dict(row)
        told["journey"] = names.get(told.pop("journey_id"), "")
        yield told


def _dates(profile: Profile, ids: list[int]) -> Iterator[Row]:
    fields = ("value", "zone")
    yield from PersonalDate.objects.filter(profile_id__in=ids).values(*fields)
