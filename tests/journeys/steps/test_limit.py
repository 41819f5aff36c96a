"""At most so many in any span of the period, in the order of arrival, whoever else comes by."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from journeys.engine import advance, enrol, explain, freeze, leave, limits, plan
from journeys.models import Enrolment, Finished, Line, Pass, Place
from journeys.steps.base import SummaryContext
from journeys.steps.limit import Limit
from profiles.models import Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, Story, document, wait

MINUTE = timedelta(minutes=1)


def limit(count, per="PT1H", to="x", over_to=None, **more):
    following = {"next": to} | ({"over": over_to} if over_to else {})
    settings = {"count": count, "per": per, "over": "path" if over_to else "hold", **more}
    return {"kind": "limit", "settings": settings, "next": following}


def came_through(step="l"):
    """(profile, when) of everyone who went on from the limit, in order."""
    gone = []
    for row in Pass.objects.order_by("at", "id"):
        for visit in row.route:
            if visit.get("s") == step and visit.get("o") == "next":
                gone.append((row.profile_id, row.at))
    return gone


def crowd(story, count):
    made = [Profile(workspace=story.workspace, attributes={}) for _n in range(count)]
    return Profile.objects.bulk_create(made)


def counted():
    """What the lines say of themselves is what counting says."""
    said = {(line.journey_id, line.step): (line.taken, line.waiting) for line in Line.objects.all()}
    found = {}
    for place in Place.objects.filter(profile_id=0):
        taken, waiting = found.get((place.journey_id, place.step), (0, 0))
        found[place.journey_id, place.step] = (taken + place.taken, waiting + (not place.taken))
    assert {key: both for key, both in said.items() if any(both)} == found
    numbers = Place.objects.filter(profile_id=0, number__gt=0).values_list(
        "journey_id", "step", "taken", "number"
    )
    assert len(set(numbers)) == len(numbers) == Place.objects.filter(profile_id=0).count()


def test_those_over_it_wait_in_the_order_in_which_they_came(story):
    story.publish(document({"l": limit(2), "x": END}))
    people = crowd(story, 5)
    for minute, one in enumerate(people):
        story.happen("go", T0 + minute * MINUTE, one)
    story.until(T0 + DAY)
    first, second, third, fourth, fifth = (one.pk for one in people)
    assert came_through() == [
        (first, T0),
        (second, T0 + MINUTE),
        (third, T0 + HOUR),
        (fourth, T0 + HOUR + MINUTE),
        (fifth, T0 + 2 * HOUR),
    ]


def test_a_place_is_free_when_exactly_the_period_has_passed(story):
    story.publish(document({"l": limit(1, over_to="o"), "x": END, "o": END}))
    ana, ben, eve = crowd(story, 3)
    story.happen("go", T0, ana)
    story.happen("go", T0 + HOUR - timedelta(microseconds=1), ben)
    story.happen("go", T0 + HOUR, eve)
    assert story.paths() == [["l", "x"], ["l", "o"], ["l", "x"]]


def test_the_period_rolls_over_midnight(story):
    story.publish(document({"l": limit(1, "P1D", over_to="o"), "x": END, "o": END}))
    ana, ben = crowd(story, 2)
    story.happen("go", T0.replace(hour=23), ana)
    story.happen("go", T0.replace(hour=23) + 2 * HOUR, ben)
    assert story.paths() == [["l", "x"], ["l", "o"]]


def test_days_keep_the_wall_clock_of_the_journey(story):
    """Clocks in Berlin go forward on 29 March 2026: that day has 23 hours."""
    draft = document({"l": limit(1, "P1D", over_to="o"), "x": END, "o": END}) | {"time_zone": "Europe/Berlin"}
    story.publish(draft)
    ana, ben, eve = crowd(story, 3)
    noon = T0.replace(month=3, day=28, hour=11)
    story.happen("go", noon, ana)
    story.happen("go", noon + 22 * HOUR, ben)
    story.happen("go", noon + 23 * HOUR, eve)
    assert story.paths() == [["l", "x"], ["l", "o"], ["l", "x"]]


def test_each_person_has_her_own(story):
    story.publish(
        document(
            {"l": limit(2, "P7D", over_to="o", scope="person"), "x": END, "o": END},
            reentry={"mode": "every_time"},
        )
    )
    ana, ben = crowd(story, 2)
    for hour in range(3):
        story.happen("go", T0 + hour * HOUR, ana)
    story.happen("go", T0 + 3 * HOUR, ben)
    assert story.paths() == [["l", "x"], ["l", "x"], ["l", "o"], ["l", "x"]]


def test_one_batch_gets_no_more_than_there_are(story):
    story.publish(document({"l": limit(3), "x": END}))
    people = crowd(story, 10)
    story.happen("go", T0, *people)
    assert Finished.objects.count() == 3
    story.until(T0 + DAY)
    assert [at for _one, at in came_through()] == [T0] * 3 + [T0 + HOUR] * 3 + [T0 + 2 * HOUR] * 3 + [
        T0 + 3 * HOUR
    ]


def test_each_is_woken_once_and_only_for_her_turn(story):
    story.publish(document({"l": limit(1), "x": END}))
    story.happen("go", T0, *crowd(story, 6))
    story.until(T0 + DAY)
    assert Pass.objects.count() == 1 + 5 * 2  # one at once; for each other her arrival and her turn


def test_a_late_worker_does_not_let_the_waiting_through_together(story):
    story.publish(document({"l": limit(1), "x": END}))
    story.happen("go", T0, *crowd(story, 4))
    advance.advance_due(T0 + 10 * HOUR)  # nobody was at work for ten hours
    story.until(T0 + DAY)
    assert [at for _one, at in came_through()] == [T0, *(T0 + hour * HOUR for hour in (10, 11, 12))]


def test_nor_does_a_pause(story):
    journey = story.publish(document({"l": limit(1), "x": END}))
    story.happen("go", T0, *crowd(story, 3))
    journey.state = "paused"
    journey.save(update_fields=["state"])
    freeze.freeze(journey.pk, T0)
    journey.state = "live"
    journey.save(update_fields=["state"])
    freeze.thaw(journey.pk, T0 + 5 * HOUR)
    story.until(T0 + DAY)
    assert [at for _one, at in came_through()] == [T0, T0 + 5 * HOUR, T0 + 6 * HOUR]


def test_nobody_overtakes_those_in_line(story):
    story.publish(document({"l": limit(1), "x": END}))
    ana, ben, eve = crowd(story, 3)
    story.happen("go", T0, ana)
    story.happen("go", T0 + MINUTE, ben)
    # Ben's place is free now and nobody has moved him yet: it is still his.
    story.happen("go", T0 + HOUR, eve)
    story.until(T0 + DAY)
    assert [one for one, _at in came_through()] == [ana.pk, ben.pk, eve.pk]


def test_who_leaves_the_line_makes_room_for_the_next(story):
    draft = document({"l": limit(1), "x": END}, exit_when=[{"event": "stop"}])
    story.publish(draft)
    ana, ben, eve, kim = crowd(story, 4)
    story.happen("go", T0, ana, ben, eve, kim)
    story.happen("stop", T0 + MINUTE, ben)
    assert limits.call(T0 + HOUR) == 0  # it may still be on its way
    assert limits.call(T0 + HOUR + MINUTE) == 1
    assert limits.call(T0 + HOUR + MINUTE) == 0
    counted()
    story.until(T0 + HOUR + MINUTE)
    assert came_through() == [(ana.pk, T0), (eve.pk, T0 + HOUR + MINUTE)]
    counted()
    story.until(T0 + DAY)
    assert [one for one, _at in came_through()] == [ana.pk, eve.pk, kim.pk]
    assert not Enrolment.objects.exists()


def test_the_next_to_come_by_calls_the_first_in_line(story):
    story.publish(document({"l": limit(1), "x": END}, exit_when=[{"event": "stop"}]))
    ana, ben, eve, kim = crowd(story, 4)
    story.happen("go", T0, ana, ben, eve)
    story.happen("stop", T0 + MINUTE, ben)
    story.happen("go", T0 + HOUR + MINUTE, kim)
    story.until(T0 + DAY)
    assert came_through()[:2] == [(ana.pk, T0), (eve.pk, T0 + HOUR + MINUTE)]
    assert [one for one, _at in came_through()] == [ana.pk, eve.pk, kim.pk]


def test_a_journeys_end_leaves_no_line_behind(story):
    journey = story.publish(document({"l": limit(1), "x": END}))
    story.happen("go", T0, *crowd(story, 3))
    leave.end_journey(journey.pk, "stopped", T0 + MINUTE)
    limits.call(T0 + DAY)
    assert list(Place.objects.values_list("taken", flat=True)) == [True]


def test_places_whose_time_is_over_are_not_kept(story):
    story.publish(document({"l": limit(2), "x": END}))
    ana, ben = crowd(story, 2)
    story.happen("go", T0, ana)
    story.happen("go", T0 + DAY, ben)
    assert list(Place.objects.values_list("at", flat=True)) == [T0 + DAY]


def test_the_same_visit_run_twice_takes_one_place(story):
    journey = story.publish(document({"l": limit(1), "x": END}))
    (ana,) = crowd(story, 1)
    story.happen("go", T0, ana)
    place = Place.objects.get()
    from journeys.engine.world import Store, World
    from journeys.steps.visits import Visits

    found = plan.load([journey.live_id])[journey.live_id]
    row = type("Row", (), {"id": place.enrolment_id, "seq": place.seq, "profile_id": ana.pk, "wake": None})()
    here = found.steps["l"]
    visits = Visits(here.step, [row], World(Store(T0), found), journey.pk, journey.live_id)
    assert [outcome.outlet for outcome in here.kind.run(here.settings, visits, T0)] == ["next"]
    assert Place.objects.count() == 1


def test_more_room_in_a_new_version_is_used(story):
    """Moved people ask again and keep their order."""
    kind = Limit()
    settings = kind.parse({"count": 5, "per": "PT1H"})
    assert [outcome.until for outcome in kind.due_again(settings, [None, None], T0)] == [T0, T0]


def test_a_merged_person_keeps_what_she_used(story):
    draft = document(
        {"l": limit(1, "P7D", over_to="o", scope="person"), "x": END, "o": END},
        reentry={"mode": "every_time"},
    )
    story.publish(draft)
    ana, anna = crowd(story, 2)
    story.happen("go", T0, anna)
    leave.merged([(anna.pk, ana.pk)], T0 + MINUTE)
    story.happen("go", T0 + HOUR, ana)
    assert story.paths() == [["l", "x"], ["l", "o"]]


@pytest.mark.parametrize("scope", ["journey", "person"])
def test_parallel_workers_let_no_more_through(transactional_db, scope):
    """Many threads with connections of their own come by at the same moment."""
    story = Story()
    steps = {"w": wait("PT1H", "l"), "l": limit(7, "P1D", over_to="o", scope=scope), "x": END, "o": END}
    journey = story.publish(document(steps, reentry={"mode": "every_time"}))
    people = crowd(story, 60 if scope == "journey" else 4)
    each = 1 if scope == "journey" else 15
    for _turn in range(each):
        enrol.enrol(journey.live_id, "t", [one.pk for one in people], [{}] * len(people), T0)

    def work(_number):
        try:
            while advance.advance_due(T0 + HOUR, limit=3):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    advance.advance_due(T0 + HOUR)
    through = [one for one, _at in came_through()]
    assert Finished.objects.count() == 60
    counted()
    if scope == "journey":
        assert len(through) == 7
    else:
        assert {one.pk: through.count(one.pk) for one in people} == {one.pk: 7 for one in people}


def test_parallel_workers_keep_the_line(transactional_db):
    story = Story()
    journey = story.publish(document({"w": wait("PT1H", "l"), "l": limit(5), "x": END}))
    people = crowd(story, 40)
    enrol.enrol(journey.live_id, "t", [one.pk for one in people], [{}] * 40, T0)

    def work(now):
        try:
            while advance.advance_due(now, limit=4):
                pass
        finally:
            connection.close()

    now = T0 + HOUR
    for hour in range(8):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, [now] * 4))
        advance.advance_due(now)
        assert len(came_through()) == 5 * (hour + 1)
        counted()
        now += HOUR
    assert not Enrolment.objects.exists()


def read_places():
    """Rows of the table that this transaction has read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'journeys_place'"
        )
        return cursor.fetchone()[0]


def test_a_long_line_costs_those_who_come_no_more_than_a_short_one(story):
    journey = story.publish(document({"l": limit(3000, "P1D"), "x": END}))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into journeys_place (journey_id, step, profile_id, enrolment_id, seq, taken, number, at) "
            "select %(journey)s, 'l', 0, -n, 1, n <= 3000, case when n <= 3000 then n else n - 3000 end, "
            "%(at)s::timestamptz + n * interval '1 ms' from generate_series(1, 20000) n",
            {"journey": journey.pk, "at": T0},
        )
        cursor.execute(
            "insert into journeys_line (journey_id, step, taken, waiting, last_taken, last_waiting) "
            "values (%s, 'l', 3000, 17000, 3000, 17000)",
            [journey.pk],
        )
        cursor.execute("analyze journeys_place")
    before = read_places()
    people = crowd(story, 20)
    story.happen("go", T0 + HOUR, *people)
    assert read_places() - before < 200
    last = Enrolment.objects.order_by("-due_at")[0]
    # 17,019 wait before her: five days of 3,000 places, and the 2,020th of the sixth.
    assert last.due_at == T0 + 6 * DAY + timedelta(milliseconds=2020)
    counted()


def test_the_log_says_how_it_went(story):
    story.publish(
        document(
            {"a": limit(1, to="b", over_to="x"), "b": limit(1), "x": END}, reentry={"mode": "every_time"}
        )
    )
    ana, ben = crowd(story, 2)
    story.happen("go", T0, ana)
    story.happen("go", T0 + MINUTE, ben)
    story.publish(document({"b": limit(1), "x": END}, reentry={"mode": "every_time"}))
    eve, kim = crowd(story, 2)
    story.happen("go", T0 + DAY, eve)
    story.happen("go", T0 + DAY + MINUTE, kim)
    story.until(T0 + 2 * DAY)
    with translation.override("en"):
        said = [
            [text for one in explain.position(who.pk, story.workspace) for text in one.texts]
            for who in (ana, ben, kim)
        ]
    assert "There was room" in said[0]
    assert "There was no room" in said[1]
    assert "Waited until there was room" in said[2]


def test_ways_out_and_words():
    kind = Limit()
    hold = kind.parse({"count": 1, "per": "P1D"})
    path = kind.parse({"count": 3, "per": "P1W", "scope": "person", "over": "path"})
    assert [outlet.key for outlet in kind.outlets(hold)] == ["next"]
    assert [outlet.key for outlet in kind.outlets(path)] == ["next", "over"]
    with translation.override("en"):
        assert kind.summary(hold, SummaryContext()) == "1 person in 1 day"
        assert kind.summary(path, SummaryContext()) == "3 times in 1 week each"
