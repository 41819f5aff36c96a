"""People enter on dates of their own."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys.engine import advance, dates, on_events, personal_dates, schedules
from journeys.models import DateWatch, Enrolment, Finished, PersonalDate
from profiles.models import Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

MINUTE = timedelta(minutes=1)


def journey_of(late="skip", **settings):
    policy = settings.pop("policy", {"reentry": {"mode": "every_time"}})
    trigger = {"kind": "date", "attribute": "day", "late": late, "next": "w", **settings}
    return document({"w": wait("PT1H", "x"), "x": END}, triggers={"t": trigger}, **policy)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def inside():
    return list(Enrolment.objects.order_by("profile_id").values_list("profile_id", flat=True))


def test_each_enters_on_her_own_date(story):
    ana, bo = story.person(day="2026-01-07"), story.person(day="2026-01-09")
    story.person(), story.person(day="never")
    story.publish(journey_of(at="09:00"))
    assert dates.run_due(T0) == 0
    assert dates.run_due(at("2026-01-07T08:59:59")) == 0
    assert dates.run_due(at("2026-01-07T09:00")) == 1
    (row,) = Enrolment.objects.all()
    assert (row.profile_id, row.entered_at, row.due_at) == (
        ana.pk,
        at("2026-01-07T09:00"),
        at("2026-01-07T10:00"),
    )
    assert row.entry == {"attribute": "day", "date": "2026-01-07", "scheduled_at": "2026-01-07T09:00:00Z"}
    assert dates.run_due(at("2026-01-09T09:00")) == 1 and inside() == [ana.pk, bo.pk]
    assert dates.run_due(at("2026-03-01T09:00")) == 0


def test_by_each_persons_own_clock(story):
    for zone in ("Asia/Seoul", "America/New_York", "Mars/Olympus", 7, None):
        story.person(day="2026-01-07", time_zone=zone)
    story.publish(journey_of(at="09:00") | {"time_zone": "Europe/Berlin"})
    dates.run_due(T0)
    due = PersonalDate.objects.order_by("profile_id").values_list("due_at", flat=True)
    assert [f"{moment:%d %H:%M}" for moment in due] == [
        "07 00:00",
        "07 14:00",
        "07 08:00",
        "07 08:00",
        "07 08:00",
    ]


def test_anniversaries_come_every_year_once(story):
    story.person(day="2000-02-29")
    story.publish(journey_of(at="09:00", yearly=True))
    dates.run_due(T0)
    days = []
    for _year in range(3):
        due = PersonalDate.objects.get().due_at
        assert dates.run_due(due) == 1 and dates.run_due(due) == 0
        days.append(f"{due:%Y-%m-%d %H:%M}")
    assert days == ["2026-02-28 09:00", "2027-02-28 09:00", "2028-02-29 09:00"]


def test_a_date_that_changes_is_read_at_once(story):
    ana = story.person(day="2026-01-07")
    story.publish(journey_of())
    dates.run_due(T0)
    story.change(T0 + HOUR, ana, day="2026-01-20")
    assert dates.run_due(at("2026-01-19T23:59")) == 0
    story.change(T0 + DAY, ana, time_zone="Asia/Seoul")
    assert PersonalDate.objects.get().due_at == at("2026-01-19T15:00")
    story.change(T0 + DAY, ana, day="")
    assert PersonalDate.objects.get().due_at is None


def test_a_date_first_learned_counts_if_it_is_still_to_come(story):
    story.publish(journey_of())
    dates.run_due(T0)
    ana, bo = story.person(), story.person()
    story.change(T0 + HOUR, ana, day="2026-01-06")
    story.change(T0 + HOUR, bo, day="2026-01-04")  # over: left out
    assert dates.run_due(T0 + 2 * DAY) == 1 and inside() == [ana.pk]


def test_a_late_one_enters_then_where_the_trigger_says_so(story):
    story.person(day="2025-12-01")  # before the publishing: history, not late
    story.publish(journey_of("enter"))
    assert dates.run_due(T0) == 0
    ana = story.person()
    story.change(T0 + DAY, ana, day="2026-01-04")
    (row,) = Enrolment.objects.all()
    assert (row.profile_id, row.entered_at, row.entry["date"]) == (ana.pk, T0 + DAY, "2026-01-04")
    story.change(T0 + 2 * DAY, ana, plan="pro")  # something else changes: no second time
    story.change(T0 + 3 * DAY, ana, day="2026-01-03")  # another date, late too
    assert len(inside()) == 2
    story.change(T0 + 3 * DAY, ana, day="2026-01-03")
    assert len(inside()) == 2


def test_nobody_enters_twice_for_one_occasion(story):
    ana = story.person(day="2026-01-07")
    story.publish(journey_of("enter", at="09:00"))
    assert dates.run_due(at("2026-01-07T09:00")) == 1
    story.change(at("2026-01-07T10:00"), ana, time_zone="America/New_York")  # there it is still to come
    story.change(at("2026-01-07T11:00"), ana, day="2026-01-08")
    story.change(at("2026-01-07T12:00"), ana, day="2026-01-07")
    assert dates.run_due(at("2026-01-10T00:00")) == 0 and len(inside()) == 1


def test_whom_nobody_told_of_is_found_by_the_clock(story):
    ana = story.person()
    story.publish(journey_of())
    dates.run_due(T0)
    Profile.objects.filter(pk=ana.pk).update(attributes={"day": "2026-01-06"})
    assert dates.run_due(T0 + personal_dates.LOOK - MINUTE) == 0 and not PersonalDate.objects.exists()
    dates.run_due(T0 + personal_dates.LOOK)
    assert PersonalDate.objects.get().due_at == at("2026-01-06T00:00")


def test_moments_of_an_outage_are_made_up_for_once(story):
    story.person(day="2026-01-07"), story.person(day="1990-01-08")
    story.publish(journey_of(yearly=True))
    assert dates.run_due(T0) == 0
    assert dates.run_due(T0 + 400 * DAY) == 2  # each once, though two of her days have passed
    assert dates.run_due(T0 + 400 * DAY) == 0


def test_pages_that_each_commit_read_everybody_once(story, monkeypatch):
    monkeypatch.setattr(personal_dates, "PAGE", 3)
    people = [story.person(day="2026-01-07") for _n in range(8)]
    story.publish(journey_of("enter"))
    watch = DateWatch.objects.get()
    assert personal_dates.read_round(watch.pk, T0)  # and here the worker dies
    story.change(T0, people[0], day="2026-01-06")  # read already: at once
    story.change(T0, people[7], day="2026-01-04")  # not read yet: its round comes, and it is history
    assert PersonalDate.objects.count() == 3
    dates.run_due(T0 + MINUTE)
    assert PersonalDate.objects.count() == 8 and DateWatch.objects.get().read_at == T0 + MINUTE
    assert dates.run_due(at("2026-01-07T00:00")) == 7
    assert len(inside()) == 7


def test_a_look_at_everybody_holds_the_watch_a_page_at_a_time(story, monkeypatch):
    monkeypatch.setattr(personal_dates, "PAGE", 3)
    people = [story.person(day="2026-01-07") for _n in range(8)]
    story.publish(journey_of("enter"))
    dates.run_due(T0)
    watch, later = DateWatch.objects.get(), T0 + personal_dates.LOOK
    Profile.objects.filter(pk=people[6].pk).update(attributes={"day": "2026-01-06"})  # nobody was told
    turns = 1
    while personal_dates.read_round(watch.pk, later):
        turns += 1  # though there is nothing to read in the first two
    assert turns == 3 and PersonalDate.objects.get(profile_id=people[6].pk).value == "2026-01-06"
    watch.refresh_from_db()
    assert (watch.cursor, watch.next_at) == (0, later + personal_dates.LOOK)
    while personal_dates.read_round(watch.pk, watch.next_at):
        watch.next_at += timedelta(minutes=1)
    watch.refresh_from_db()  # a look that took two minutes comes seldom
    assert watch.next_at == later + personal_dates.LOOK + timedelta(minutes=2 + 100)


def test_a_crash_between_chunks_loses_and_doubles_nobody(story, monkeypatch):
    monkeypatch.setattr(personal_dates, "PAGE", 2)
    for _n in range(5):
        story.person(day="2026-01-07")
    story.publish(journey_of())
    dates.run_due(T0)
    monkeypatch.setattr(dates, "_move_on", lambda *_args: 1 / 0)
    assert dates.run_due(T0 + 2 * DAY) == 0  # logged, and others would go on
    assert inside() == []
    monkeypatch.undo()
    monkeypatch.setattr(personal_dates, "PAGE", 2)
    assert dates.let_due_in(DateWatch.objects.get().pk, T0 + 2 * DAY) == 2  # and here it dies again
    assert dates.run_due(T0 + 2 * DAY) == 3 and len(inside()) == 5


def test_a_pause_lets_its_moments_pass(story):
    story.person(day="2026-01-07"), story.person(day="2026-01-20")
    journey = story.publish(journey_of("enter"))
    dates.run_due(T0)
    schedules.disarm(journey)
    journey.state = "paused"
    journey.save()
    assert dates.run_due(at("2026-01-08T00:00")) == 0
    journey.state = "live"
    journey.save()
    schedules.arm(journey, journey.live, at("2026-01-10T00:00"))
    assert dates.run_due(at("2026-01-10T00:00")) == 0
    assert dates.run_due(at("2026-01-20T00:00")) == 1


def test_a_new_version_reads_anew_only_what_changed(story):
    story.person(day="2026-01-07")
    journey = story.publish(journey_of(at="09:00"))
    dates.run_due(T0)
    story.publish_again(journey, journey_of(at="09:00", policy={}), T0 + HOUR)
    assert (DateWatch.objects.get().round, DateWatch.objects.get().since) == (1, T0)
    story.publish_again(journey, journey_of(at="15:00", policy={}), T0 + DAY)
    assert (
        dates.let_due_in(DateWatch.objects.get().pk, at("2026-01-07T09:00")) is None
    )  # read by the old settings
    assert dates.run_due(at("2026-01-07T09:00")) == 0
    assert dates.run_due(at("2026-01-07T15:00")) == 1
    story.publish_again(journey, journey_of(at="18:00", policy={}), at("2026-01-07T16:00"))
    assert dates.run_due(at("2026-01-07T18:00")) == 0  # that day has let her in


def test_a_trigger_that_is_gone_lets_nobody_in(story):
    story.person(day="2026-01-07")
    journey = story.publish(journey_of())
    dates.run_due(T0)
    story.publish_again(journey, document({"w": wait("PT1H", "x"), "x": END}), T0 + HOUR)
    assert dates.run_due(T0 + 3 * DAY) == 0 and inside() == []


def test_merged_and_erased_people(story):
    gone, kept, erased = story.person(day="2026-01-07"), story.person(), story.person(day="2026-01-07")
    story.publish(journey_of())
    dates.run_due(T0)
    dates.merged([(gone.pk, kept.pk)])
    Profile.objects.filter(pk=gone.pk).update(merged_into=kept.pk, attributes={})
    Profile.objects.filter(pk=kept.pk).update(attributes={"day": "2026-01-07"})
    dates.erased([erased.pk])
    Profile.objects.filter(pk=erased.pk).update(erased_at=T0, attributes={})
    assert list(PersonalDate.objects.values_list("profile_id", flat=True)) == [kept.pk]
    assert dates.run_due(T0 + 3 * DAY) == 1 and inside() == [kept.pk]


def test_the_rule_of_reentry_holds(story):
    story.person(day="1990-01-07")
    story.publish(journey_of(yearly=True, policy={"reentry": {"mode": "never"}}))
    assert dates.run_due(at("2026-01-07T00:00")) == 1
    advance.advance_due(at("2026-01-07T01:00"))
    assert Finished.objects.count() == 1
    assert dates.run_due(at("2027-01-07T00:00")) == 0
    assert PersonalDate.objects.get().due_at == at("2028-01-07T00:00")


def test_the_journey_being_paused_keeps_them_for_later(story, monkeypatch):
    story.person(day="2026-01-07")
    story.publish(journey_of())
    monkeypatch.setattr("journeys.engine.states.movable", lambda ids: {})
    assert dates.run_due(T0 + 2 * DAY) == 0 and PersonalDate.objects.get().done == ""
    monkeypatch.undo()
    assert dates.run_due(T0 + 2 * DAY) == 1


def test_a_tick_without_anybody_due_looks_at_no_person(story):
    for _n in range(30):
        story.person(day="2026-02-07")
    story.publish(journey_of())
    dates.run_due(T0)
    with CaptureQueriesContext(connection) as asked:
        dates.run_due(T0 + MINUTE)
    assert not any("profiles_profile" in one["sql"] for one in asked.captured_queries)


def test_a_journey_without_dates_asks_nothing_more(story, django_assert_num_queries):
    story.publish(document({"w": wait("PT1H", "x"), "x": END}))
    ana = story.person()
    on_events.handle(story.workspace.pk, [], [ana.pk], T0)
    with django_assert_num_queries(1):
        on_events.handle(story.workspace.pk, [], [ana.pk], T0)
