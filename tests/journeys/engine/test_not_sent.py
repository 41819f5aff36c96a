"""Rule 9 of journeys.md 6: what is held or not sent has its reason, and the walk goes on."""

from journeys.models import Enrolment
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, mail


def test_a_skipped_message_says_why_and_is_no_exit(story):
    story.publish(document({"m": mail("x"), "x": END}))
    story.happen(
        "go", T0, story.person(consent=None), story.person(consent="withdrawn"), story.person(email="nowhere")
    )
    assert story.messages() == [
        ("m", "skipped", "no_consent"),
        ("m", "skipped", "no_consent"),
        ("m", "skipped", "no_address"),
    ]
    assert story.reasons() == ["completed"] * 3


def test_quiet_hours_hold_and_exits_still_apply(story):
    quiet = {"from": "09:00", "to": "12:00", "then": "hold"}
    story.publish(document({"m": mail("x"), "x": END}, quiet_hours=quiet, exit_when=[{"event": "bye"}]))
    ana, ben = story.person(), story.person()
    story.happen("go", T0, ana, ben)
    assert story.messages() == [("m", "held", "quiet_hours")] * 2
    assert set(Enrolment.objects.values_list("step", "due_at")) == {("m", T0 + 2 * HOUR)}
    story.happen("bye", T0 + HOUR, ben)
    assert sorted(story.messages()) == [("m", "held", "quiet_hours"), ("m", "skipped", "exit_rule")]
    story.until(T0 + 2 * HOUR)
    assert story.messages() == [("m", "created", ""), ("m", "skipped", "exit_rule")]


def test_quiet_hours_may_skip(story):
    story.publish(
        document({"m": mail("x"), "x": END}, quiet_hours={"from": "22:00", "to": "11:00", "then": "skip"})
    )
    story.happen("go", T0, story.person())
    assert story.messages() == [("m", "skipped", "quiet_hours")] and story.reasons() == ["completed"]


def test_a_workspace_keeps_quiet_too_and_transactional_topics_do_not(story):
    from profiles.models import Topic

    story.workspace.quiet_hours = {"from": "09:00", "to": "12:00", "then": "hold"}
    story.workspace.save()
    Topic.objects.create(workspace=story.workspace, slug="orders", name="Orders", transactional=True)
    story.publish(
        document({"a": mail("b", topic="orders"), "b": mail("x"), "x": END}, quiet_hours="workspace")
    )
    story.happen("go", T0, story.person())
    assert story.messages() == [("a", "created", ""), ("b", "held", "quiet_hours")]


def test_a_window_holds_and_an_expired_message_is_dropped(story):
    window = {"from": "14:00", "to": "16:00", "weekdays": ["tue"]}
    story.publish(
        document({"m": mail("n", window=window), "n": mail("x", window=window, expires="PT1H"), "x": END})
    )
    story.happen("go", T0 - DAY, story.person())  # a Sunday
    story.until(T0 + DAY + 3 * HOUR)
    assert Enrolment.objects.get().due_at == T0 + DAY + 4 * HOUR
    story.until(T0 + DAY + 4 * HOUR)
    assert story.messages() == [("m", "created", ""), ("n", "created", "")]
    story.happen("go", T0, story.person())
    story.until(T0 + DAY + 4 * HOUR)


def test_expired_before_the_window_opens(story):
    window = {"from": "14:00", "to": "16:00"}
    story.publish(document({"m": mail("x", window=window, expires="PT2H"), "x": END}))
    story.happen("go", T0, story.person())
    assert story.messages() == [("m", "skipped", "expired")]
