"""Stored tests of a journey (journeys.md 8): kept with it, run on every save, and guarding its publishing."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journeys import expectations, likeness
from journeys.document.problems import Problem
from journeys.document.shape import DocumentError, parse
from journeys.engine.simulate import SimulationError, given, simulate
from journeys.expectation_words import sentence, titles_of
from journeys.expectations import Divergence
from journeys.models import Journey, StoredTest
from journeys.steps.registry import steps
from profiles.models import Profile
from workspaces import audit
from workspaces.actor import Actor

MOST_TESTS = 50
MOST_SECONDS = 20.0
LONGEST = timedelta(days=366 * 5)
FRESH = timedelta(
    minutes=1
)  # a result may change without the draft: contents, segments, the workspace's rules
GIVEN = ("person", "start", "until", "events", "draws", "consents")

Json = dict[str, Any]


class TooMany(Exception):
    """A journey keeps so many tests and no more."""


def keep(
    actor: Actor, journey: Journey, *, name: str, given_: Any, expect: Any = None, now: datetime
) -> StoredTest:
    """A new test. Without `expect`, what happens on the draft now is what is expected from now on.

    Raises SimulationError (pointers below /given), ExpectationError, DocumentError, TooMany.
    """
    wanted = read_given(given_)
    real = _real(journey, wanted["person"])
    if expect is None:
        wanted, expect = _recorded(journey, wanted)
    with transaction.atomic():
        if journey.tests.count() >= MOST_TESTS:
            raise TooMany(_("A journey keeps %(most)s tests at most.") % {"most": MOST_TESTS})
        test = StoredTest.objects.create(
            journey=journey,
            name=name.strip()[:120] or _("Test"),
            given=wanted,
            expect=expectations.read(expect),
            created_at=now,
            created_by=actor.user,
            updated_at=now,
            profile_id=real.pk if real else None,
        )
        audit.record(actor, "test.created", test, {"journey": journey.name}, at=now)
    return test


def change(actor: Actor, test: StoredTest, changes: Mapping[str, Any], *, now: datetime) -> StoredTest:
    """`changes`: name, given, expect; an expectation of null is recorded anew. Raises as `keep`."""
    wanted = read_given(changes["given"]) if "given" in changes else test.given
    real = _real(test.journey, wanted["person"])
    if real is not None:
        test.profile_id = real.pk
    expect = changes.get("expect", test.expect)
    if expect is None:
        wanted, expect = _recorded(test.journey, wanted)
    test.name = str(changes.get("name", test.name)).strip()[:120] or test.name
    test.given, test.expect = wanted, expectations.read(expect)
    test.revision, test.updated_at = test.revision + 1, now
    test.passed = test.divergence = test.ran_at = test.ran_on = None
    with transaction.atomic():
        test.save()
        audit.record(actor, "test.changed", test, {"journey": test.journey.name}, at=now)
    return test


def remove(actor: Actor, test: StoredTest, *, now: datetime) -> None:
    with transaction.atomic():
        audit.record(actor, "test.deleted", test, {"journey": test.journey.name}, at=now)
        test.delete()


def copy(source: Journey, target: Journey, *, now: datetime) -> None:
    """The tests of a journey go with its copy, to be run there anew."""
    StoredTest.objects.bulk_create(
        StoredTest(
            journey=target,
            name=test.name,
            given=test.given,
            expect=test.expect,
            created_at=now,
            created_by=target.created_by,
            updated_at=now,
            profile_id=test.profile_id,
        )
        for test in source.tests.all()
    )


def erased(profile_ids: Iterable[int]) -> None:
    """A test that names one of them, or was made from her walk, knows nothing of her from now on: it says so, and has
    to be made from somebody else. In the transaction that erases them."""
    people = Profile.objects.filter(pk__in=list(profile_ids))
    for pk, workspace_id, public_id, name in people.values_list(
        "pk", "workspace_id", "public_id", "external_id"
    ):
        hers = Q(profile_id=pk) | Q(given__person__id=str(public_id))
        if name is not None:
            hers |= Q(given__person__external_id=name)
        for test in StoredTest.objects.filter(hers, journey__workspace_id=workspace_id).only("given"):
            StoredTest.objects.filter(pk=test.pk).update(
                given={**test.given, "person": {"id": str(public_id)}, "events": _bare(test.given)},
                ran_at=None,
                ran_on=None,
                passed=None,
                divergence=None,
            )


def _bare(wanted: Json) -> list[Json]:
    """What happens in a test, without what was said of it."""
    kept = ("event", "timestamp", "message", "happened", "after")
    return [{name: event[name] for name in kept if name in event} for event in wanted.get("events") or []]


def run(journey: Journey, now: datetime, *, anew: bool = False) -> list[StoredTest]:
    """Runs those whose last result is old, or all (`anew`), on the draft; returns all, with their results.

    Bounded in time: what was not reached keeps `passed` null, or its result of an earlier draft.
    """
    tests = list(journey.tests.all())
    stop = time.monotonic() + MOST_SECONDS
    for test in tests:
        if (anew or not _is_fresh(test, journey, now)) and time.monotonic() < stop:
            divergence = _try(test, journey)
            test.passed, test.ran_at, test.ran_on = divergence is None, now, journey.revision
            test.divergence = divergence.as_dict() if divergence else None
            StoredTest.objects.filter(pk=test.pk, revision=test.revision).update(
                passed=test.passed, divergence=test.divergence, ran_at=now, ran_on=journey.revision
            )
    return tests


def problems(journey: Journey, tests: Iterable[StoredTest]) -> list[Problem]:
    """Of their last results: each failing one is an error at the step where it parted."""
    titles = titles_of(journey.draft)
    nodes = {*titles, *(journey.draft.get("triggers") or {})}
    found = []
    for test in tests:
        if test.divergence:
            step = test.divergence["step"]
            found.append(
                Problem(
                    "error", "test_failed", message_of(test, titles) or "", step if step in nodes else None
                )
            )
    return found


def guard(journey: Journey, now: datetime) -> list[Problem]:
    """Before publishing: all tests run anew, and one that could not be run counts as failed."""
    tests = run(journey, now, anew=True)
    late = [test for test in tests if test.ran_at != now]
    return problems(journey, (test for test in tests if test.ran_at == now)) + [
        Problem("error", "test_failed", _("Test “%(name)s” could not be run in time.") % {"name": test.name})
        for test in late
    ]


def known_problems(journey: Journey) -> list[Json]:
    """As they are known now, without running anything."""
    return [problem.as_dict() for problem in problems(journey, journey.tests.all())]


def message_of(test: StoredTest, titles: Mapping[str, str]) -> str | None:
    return sentence(test.name, test.divergence, titles) if test.divergence else None


def read_given(value: Any) -> Json:
    """Raises SimulationError with the place below /given."""
    if not isinstance(value, Mapping) or not isinstance(value.get("person"), Mapping):
        raise SimulationError("/given/person", _("Name the person, or make one up with attributes."))
    try:
        start, until = (given.moment(value.get(name), f"/{name}") for name in ("start", "until"))
        if not start <= until <= start + LONGEST:
            raise SimulationError("/until", _("A test ends after it starts, within five years."))
        given.happenings(value.get("events") or [])
        given.draws(value.get("draws"))
        if value.get("consents") is not None:
            given.consents(value["consents"], "/consents")
    except SimulationError as error:
        raise SimulationError(f"/given{error.pointer}", str(error)) from error
    return {name: value[name] for name in GIVEN if value.get(name) is not None}


def _is_fresh(test: StoredTest, journey: Journey, now: datetime) -> bool:
    return test.ran_on == journey.revision and test.ran_at is not None and now - test.ran_at < FRESH


def _try(test: StoredTest, journey: Journey) -> Divergence | None:
    try:
        return expectations.compare(test.expect, _simulated(journey, test.given))
    except DocumentError as error:
        return Divergence("error", None, None, _(error.template) % error.params)
    except SimulationError as error:
        return Divergence("error", None, None, str(error))


def _simulated(journey: Journey, wanted: Json) -> Json:
    return simulate(
        journey.draft,
        journey.workspace,
        person=wanted["person"],
        start=given.moment(wanted["start"], "/start"),
        until=given.moment(wanted["until"], "/until"),
        events=wanted.get("events") or [],
        draws=wanted.get("draws"),
        consents=wanted.get("consents"),
        journey=journey,
    )


def _recorded(journey: Journey, wanted: Json) -> tuple[Json, Json]:
    """What to keep of a simulation: chance is fixed to the ways taken, and a real person is kept as her likeness where
    that walks as she did."""
    parse(journey.draft)
    answer = _simulated(journey, wanted)
    drawn = dict(_drawn(journey, answer))
    kept = {**wanted, "draws": {**drawn, **(wanted.get("draws") or {})}}
    expect = expectations.record(answer)
    person = _real(journey, wanted["person"])
    if person is not None:
        start = given.moment(wanted["start"], "/start")
        likeness_ = {**kept, "person": likeness.of(person, journey.draft, start)}
        if expectations.record(_simulated(journey, likeness_)) == expect:
            kept = likeness_
    return kept, expect


def _real(journey: Journey, person: Mapping[str, Any]) -> Profile | None:
    people = Profile.objects.filter(workspace=journey.workspace)
    if person.get("id"):
        return people.filter(public_id=person["id"]).first()
    if person.get("external_id"):
        return people.filter(external_id=str(person["external_id"])).first()
    return None


def _drawn(journey: Journey, answer: Json) -> Iterable[tuple[str, str]]:
    """(step, way) where chance decided: the first time counts, as it does for a person."""
    seen: dict[str, str] = {}
    for enrolment in answer["enrolments"]:
        for visit in enrolment["visits"]:
            kind, step = steps.get(str(visit["kind"])), journey.draft["steps"].get(visit["step"])
            if kind is None or step is None or visit["outlet"] is None:
                continue
            outlets = kind.outlets(kind.parse(step.get("settings") or {}))
            if any(outlet.share for outlet in outlets):
                seen.setdefault(visit["step"], visit["outlet"])
    return seen.items()
