"""Why a person is not in a journey: each thing that can stand in her way, with when and with the values."""

from datetime import timedelta

import pytest

from journeys.engine import why_not
from profiles.models import Segment
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

BIG = {"entry": "value", "op": "gte", "value": 50}
PRO = {"attribute": "plan", "op": "is", "value": "pro"}


def journey(story, *triggers, **policy):
    ways = {f"t{n}": {"next": "w", **one} for n, one in enumerate(triggers)}
    return story.publish(document({"w": wait("P1D", "x"), "x": END}, triggers=ways, **policy))


def event(where=None):
    return {"kind": "event", "event": "go", **({"where": where} if where else {})}


@pytest.fixture
def ask(story):
    def answer(person, journey, at=T0 + 2 * DAY):
        person.refresh_from_db()
        journey.refresh_from_db()
        return why_not.ask(person, journey, story.workspace, at)

    return answer


def codes(answer):
    return [one.code for one in answer.reasons], [[one.code for one in way.reasons] for way in answer.ways]


def test_the_event_never_came(story, ask):
    answer = ask(story.person(), journey(story, event(BIG)))
    assert codes(answer) == ([], [["never_did"]])
    assert answer.ways[0].reasons[0].text == "Never did “go”"


def test_the_condition_failed_with_its_values_and_when(story, ask):
    where = {"all": [BIG, PRO]}
    shop, ana = journey(story, event(where)), story.person(plan="pro")
    story.happen("go", T0, ana, value=30)
    answer = ask(ana, shop)
    assert codes(answer) == ([], [["condition"]])
    (reason,) = answer.ways[0].reasons
    assert (reason.at, reason.holds) == (T0, False)
    assert [(leaf["condition"], leaf["value"], leaf["result"]) for leaf in reason.why] == [
        (BIG, 30, False),
        (PRO, "pro", True),
    ]
    assert reason.text == "On Mon 5 Jan 2026, 10:00 the condition did not hold"


def test_what_has_changed_since_is_said_beside_it(story, ask):
    shop, ana = journey(story, event(PRO)), story.person(plan="basic")
    story.happen("go", T0, ana)
    ana.attributes["plan"] = "pro"
    ana.save()
    (then, now) = ask(ana, shop).ways[0].reasons
    assert [then.code, now.code] == ["condition", "condition_now"]
    assert [then.why[0]["value"], now.why[0]["value"], now.holds] == ["basic", "pro", True]


def test_the_condition_is_read_in_the_version_that_refused(story, ask):
    shop, ana = journey(story, event(BIG)), story.person(plan="basic")
    story.happen("go", T0, ana, value=30)
    draft = document({"w": wait("P1D", "x"), "x": END}, triggers={"t0": {**event(PRO), "next": "w"}})
    story.publish_again(shop, draft, T0 + HOUR)
    then, now = ask(ana, shop).ways[0].reasons
    assert (then.why[0]["condition"], now.why[0]["condition"], now.holds) == (BIG, PRO, False)


def test_without_a_memory_it_is_asked_now(story, ask):
    ana = story.person()
    story.happen("go", T0 - DAY, ana, value=30)
    answer = ask(ana, journey(story, event(BIG)))
    assert codes(answer) == ([], [["before_live", "condition_now"]])
    assert [(leaf["value"], leaf["result"]) for leaf in answer.ways[0].reasons[1].why] == [(30, False)]
    assert codes(ask(ana, journey(story, event()))) == ([], [["before_live"]])


def test_it_came_when_nobody_could_enter(story, ask):
    shop, ana = journey(story, event()), story.person()
    shop.state, shop.paused_at = "paused", T0
    shop.save()
    story.happen("go", T0 + HOUR, ana)
    answer = ask(ana, shop)
    assert codes(answer) == (["paused"], [["missed"]])
    assert answer.reasons[0].at == T0


def test_inside_now(story, ask):
    shop, ana = journey(story, event()), story.person()
    story.happen("go", T0, ana)
    answer = ask(ana, shop, T0 + HOUR)
    assert (answer.inside, codes(answer)[0]) == (True, ["inside"])
    assert answer.reasons[0].text == "Is in it now: at “Wait” since Mon 5 Jan 2026, 10:00"


def test_only_once(story, ask):
    shop, ana = journey(story, event(), reentry={"mode": "never"}), story.person()
    story.happen("go", T0, ana)
    story.until(T0 + DAY)
    assert codes(ask(ana, shop))[0] == ["entered_once"]


def test_cooldown_says_until_when(story, ask):
    shop = journey(story, event(BIG), reentry={"mode": "after_exit", "cooldown": "P7D"})
    ana = story.person()
    story.happen("go", T0, ana, value=70)
    story.until(T0 + DAY)
    story.happen("go", T0 + 2 * DAY, ana, value=80)
    answer = ask(ana, shop, T0 + 3 * DAY)
    assert codes(answer) == (["cooldown"], [["no_reentry"]])
    assert (answer.reasons[0].at, answer.reasons[0].until) == (T0 + DAY, T0 + 8 * DAY)
    assert codes(ask(ana, shop, T0 + 8 * DAY + timedelta(seconds=1)))[0] == ["was_inside"]


@pytest.mark.parametrize(("state", "asked"), [("stopped", []), ("archived", [])])
def test_a_journey_that_is_over(story, ask, state, asked):
    shop = journey(story, event())
    shop.state = state
    shop.save()
    assert codes(ask(story.person(), shop)) == ([state], asked)


def test_a_journey_that_never_began(story, ask):
    shop = journey(story, event())
    shop.live, shop.state = None, "draft"
    shop.save()
    assert codes(ask(story.person(), shop)) == (["not_published"], [])


def test_an_audience_as_things_stand_now(story, ask):
    schedule = {"kind": "schedule", "at": "2026-02-01T09:00", "audience": PRO}
    answer = ask(story.person(plan="basic"), journey(story, schedule))
    assert codes(answer) == ([], [["to_come", "audience"]])
    coming, audience = answer.ways[0].reasons
    assert coming.text == "Lets people in on Sun 1 Feb 2026, 09:00"
    assert (audience.holds, audience.why[0]["value"]) == (False, "basic")


def test_a_segment_as_things_stand_now(story, ask):
    Segment.objects.create(workspace=story.workspace, slug="pro", name="Pro", condition=PRO)
    shop = journey(
        story,
        {"kind": "segment", "segment": "pro"},
        {"kind": "segment", "segment": "pro", "direction": "leave"},
    )
    texts = {
        plan: [way.reasons[0].text for way in ask(story.person(plan=plan), shop).ways]
        for plan in ("pro", "basic")
    }
    assert texts == {
        "pro": [
            "Is in the segment already: only who comes into it enters",
            "Is still in the segment, and enters when dropping out of it",
        ],
        "basic": [
            "Is not in the segment, and enters when coming into it",
            "Is not in the segment: only who drops out of it enters",
        ],
    }


def test_dates_of_a_person(story, ask):
    shop = journey(story, {"kind": "date", "attribute": "birthday", "yearly": True, "at": "09:00"})
    dates = [{}, {"birthday": "2000-02-01"}, {"birthday": "soon"}]
    found = [ask(story.person(**one), shop).ways[0].reasons[0] for one in dates]
    assert [one.code for one in found] == ["no_date", "date_to_come", "date_over"]
    assert found[1].text.startswith("Enters on Sun 1 Feb 2026, 09:00")


def test_ways_in_that_are_called(story, ask):
    shop = journey(story, {"kind": "api"}, {"kind": "journey"})
    assert codes(ask(story.person(), shop)) == ([], [["not_called"], ["not_called"]])


def test_every_way_in_answers_for_itself(story, ask):
    shop, ana = journey(story, event(BIG), event(PRO)), story.person(plan="basic")
    story.happen("go", T0, ana, value=1)
    assert codes(ask(ana, shop)) == ([], [["condition"], ["condition"]])
    assert [way.trigger for way in ask(ana, shop).ways] == ["t0", "t1"]
