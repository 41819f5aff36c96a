"""What happens to the simulated person meanwhile, who she is, and what the simulation warns of."""

import pytest

from channels.models import Message
from journeys.engine import simulate
from journeys.engine.explain import iso
from journeys.models import EventWait
from profiles.models import Consent, Event, Profile
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail, wait
from tests.journeys.engine.test_simulate import ANA, at, run

CLICKED, ANSWERED = {"message": "m", "op": "clicked"}, {"message": "m", "op": "replied"}


def told(*ways, within="P2D", **to):
    branches = [{"key": key, "when": when} for key, when in ways]
    return {"kind": "wait_for_event", "settings": {"within": within, "branches": branches}, "next": to}


def steps(answer, place=0):
    return [visit["step"] for visit in answer["enrolments"][place]["visits"]]


def sent(answer):
    return [(m["step"], m["state"], m["reason"]) for e in answer["enrolments"] for m in e["messages"]]


def test_a_reaction_comes_so_long_after_the_message(story):
    draft = document(
        {
            "w": wait("P1D", "m"),
            "m": mail("q"),
            "q": told(("c", CLICKED), c="x", timeout="y"),
            "x": END,
            "y": END,
        }
    )
    answer = run(story, draft, at(T0), {"message": "m", "happened": "clicked", "after": "PT3H"})
    assert steps(answer) == ["w", "m", "q", "x"] and answer["warnings"] == []
    assert answer["enrolments"][0]["visits"][2]["left_at"] == iso(T0 + DAY + 3 * HOUR)
    late = run(story, draft, at(T0), {"message": "m", "happened": "clicked", "after": "P3D"})
    assert steps(late) == ["w", "m", "q", "y"]


def test_each_message_of_a_step_gets_its_own_reaction(story):
    draft = document({"m": mail("q"), "q": told(("r", ANSWERED), r="x", timeout="y"), "x": END, "y": END})
    answer = run(
        story, draft, at(T0), at(T0 + 9 * DAY), {"message": "m", "happened": "replied", "after": "PT1H"}
    )
    assert [steps(answer, 0), steps(answer, 1)] == [["m", "q", "x"], ["m", "q", "x"]]


def test_consents_change_on_the_way(story):
    draft = document({"a": mail("w"), "w": wait("P1D", "b"), "b": mail("x"), "x": END})
    gone = {"consents": {"email": {"offers": "withdrawn"}}, "timestamp": iso(T0 + HOUR)}
    assert sent(run(story, draft, at(T0), gone)) == [("a", "sent", None), ("b", "skipped", "no_consent")]
    back = {"consents": {"email": "granted"}, "timestamp": iso(T0 + 2 * HOUR)}
    assert sent(run(story, draft, at(T0), back, consents={}, person={"attributes": ANA["attributes"]})) == [
        ("a", "skipped", "no_consent"),
        ("b", "sent", None),
    ]


def test_the_profile_changes_on_the_way(story):
    pro = {"attribute": "plan", "op": "is", "value": "pro"}
    draft = document({"q": told(("pro", pro), pro="x", timeout="y"), "x": END, "y": END})
    free = {"attributes": {"plan": "free", "seen": {"old": None}}, "consents": "all"}
    change = {"set": {"plan": "pro"}, "timestamp": iso(T0 + HOUR)}
    assert steps(run(story, draft, at(T0), change, person=free)) == ["q", "x"]
    missing = {"attribute": "plan", "op": "missing"}
    draft = document({"q": told(("gone", missing), gone="x", timeout="y"), "x": END, "y": END})
    change = {"set": {"plan": None}, "timestamp": iso(T0 + HOUR)}
    assert steps(run(story, draft, at(T0), change, person=free)) == ["q", "x"]


def test_a_real_person_keeps_her_own_history_and_her_other_walks_stand_still(story):
    ben = story.person(plan="free")
    pro = {"attribute": "plan", "op": "is", "value": "pro"}
    other = story.publish(
        document({"q": told(("p", pro), within="P30D", p="x", timeout="y"), "x": END, "y": END})
    )
    story.happen("order", T0 - DAY, ben)
    story.happen("go", T0 - HOUR, ben)
    bought = {"event": "order", "op": "at_least", "times": 1, "within": "P2D"}
    draft = document(
        {
            "b": {"kind": "branch", "settings": {"branches": [{"key": "y", "when": bought}]},
                  "next": {"y": "u", "else": "x"}},
            "u": {"kind": "update_profile", "settings": {"set": {"plan": "pro"}}, "next": {"next": "x"}},
            "x": END,
        },
    )  # fmt: skip
    answer = run(story, draft, at(T0), person={"id": str(ben.public_id)})
    assert steps(answer) == ["b", "u", "x"]
    assert Profile.objects.get().attributes["plan"] == "free"
    assert story.paths(other) == [["q"]] and EventWait.objects.count() == 1
    assert Event.objects.count() == 2 and not Message.objects.exists()


def test_what_she_really_did_later_is_not_known_yet(story):
    ben = story.person()
    story.happen("order", T0 + 2 * DAY, ben)
    draft = document(
        {
            "q": {"kind": "wait_for_event", "settings": {"within": "P1D", "branches": [{"key": "o", "event": "order"}]},
                  "next": {"o": "x", "timeout": "y"}},
            "x": END, "y": END,
        }
    )  # fmt: skip
    assert steps(run(story, draft, at(T0), person={"id": str(ben.public_id)})) == ["q", "y"]


def test_consents_of_a_real_person_are_hers_unless_others_are_given(story):
    ben = story.person(consent="withdrawn")
    draft = document({"m": mail("x"), "x": END})
    who = {"id": str(ben.public_id)}
    assert sent(run(story, draft, at(T0), person=who)) == [("m", "skipped", "no_consent")]
    assert sent(run(story, draft, at(T0), person=who, consents="all")) == [("m", "sent", None)]
    assert [c.state for c in Consent.objects.all()] == ["withdrawn"]


WAIT = {"w": wait("PT1H", "x"), "x": END}
SPLIT = {
    "s": {"kind": "split", "settings": {"shares": [{"key": "a", "weight": 1}, {"key": "b", "weight": 1}]},
          "next": {"a": "x", "b": "x"}},
    "x": END,
}  # fmt: skip


@pytest.mark.parametrize(
    ("steps_", "more", "warnings"),
    [
        (SPLIT, {"draws": {"s": "b"}}, []),
        (SPLIT, {"draws": {"s": "c"}}, ["“c” is no way out of “Split”, so chance decides."]),
        (SPLIT, {"draws": {"q": "c"}}, ["A way is drawn at “q”, but there is no such step."]),
        ({"w": wait("PT1H", None)}, {}, ["“Wait” leads nowhere on its way “Next”, so the walk ends there."]),
        (WAIT, {"person": {"attributes": {"time_zone": "Mars/Phobos"}}},
         ["“Mars/Phobos” is no time zone, so the journey's is used."]),
        (WAIT, {"policy": {"reentry": 5}}, ["The journey's rules can't be read, so none of them holds."]),
        (WAIT, {"triggers": {"t": {"kind": "wink", "next": "w"}}}, ["“t” can't be read, so nobody enters by it."]),
        ({"w": {"kind": "dance", "settings": {}, "next": {}}}, {}, ["“w” can't be read, so nobody gets past it."]),
    ],
)  # fmt: skip
def test_warnings_name_the_place(story, steps_, more, warnings):
    more = dict(more)
    draft = document(steps_) | {key: more.pop(key) for key in ("policy", "triggers") if key in more}
    assert run(story, draft, at(T0), **more)["warnings"] == warnings


def test_a_reaction_to_nothing_is_a_warning(story):
    draft = document({"w": wait("P1D", "m"), "m": mail("x"), "x": END})
    early = {"message": "m", "happened": "opened", "timestamp": iso(T0)}
    unknown = {"message": "q", "happened": "opened", "after": "PT1H"}
    assert run(story, draft, at(T0), early, unknown)["warnings"] == [
        "There is no step “q” to react to.",
        "Nothing can happen to the message of “m”: it was not sent before.",
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"draws": ["a"]}, "/draws"),
        ({"draws": {"s": 5}}, "/draws"),
        ({"events": [{"message": "m", "happened": "sung", "after": "PT1H"}]}, "/events/0"),
        ({"events": [{"message": "m", "happened": "opened", "after": "soon"}]}, "/events/0/after"),
        ({"events": [{"consents": 5, "timestamp": iso(T0)}]}, "/events/0/consents"),
        ({"person": {"attributes": {}, "events": [{"timestamp": iso(T0)}]}}, "/person/events/0"),
        ({"consents": {"email": 5}}, "/consents"),
    ],
)
def test_a_fault_names_its_place(story, change, pointer):
    arguments = {"person": ANA, "start": T0, "until": T0 + DAY, "events": []} | change
    with pytest.raises(simulate.SimulationError) as refused:
        simulate.simulate(document({"x": END}), story.workspace, **arguments)
    assert refused.value.pointer == pointer


def test_a_visited_step_costs_so_many_statements_however_long_the_journey(story, statements):
    def cost(weeks):
        each = {f"w{n}": wait("P7D", f"m{n}") for n in range(weeks)} | {
            f"m{n}": mail(f"w{n + 1}") for n in range(weeks)
        }
        statements.clear()
        answer = run(story, document({**each, f"w{weeks}": END}), at(T0), days=365)
        assert len(answer["enrolments"][0]["messages"]) == weeks
        return len(statements)

    few, many = cost(5), cost(45)
    assert (many - few) / 80 <= 12  # two steps a week: a wait and a mail
