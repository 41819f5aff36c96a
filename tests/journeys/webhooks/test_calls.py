"""The webhook step from arriving to going on, against a real server."""

from datetime import timedelta

import pytest

from journeys.engine import explain, freeze, leave
from journeys.models import Call, Enrolment, Finished, Journey
from journeys.webhooks import claim
from journeys.webhooks.hosts import Hosts
from tests.journeys.engine.story import DAY, END, HOUR, T0, document, wait

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def hook(url, good="x", bad="y", **settings):
    return {
        "kind": "call_webhook",
        "settings": {"url": url, **settings},
        "next": {"next": good, "failed": bad},
    }


def start(story, url, **settings):
    """Somebody who stands at a webhook since T0."""
    steps = {"h": hook(url, **settings), "x": END, "y": {**END, "settings": {"outcome": "sorry"}}}
    journey = story.publish(document(steps))
    ana = story.person(first_name='An"a')
    story.happen("go", T0, ana, order="A 1/2", total=7)
    return journey, ana


def over():
    return dict(Finished.objects.values_list("enrolment_id", "outcome")) or None


def outcome():
    (found,) = Finished.objects.values_list("outcome", flat=True)
    return found


def told(ana, story):
    (standing,) = explain.position(ana.pk, story.workspace)
    return standing.texts


def test_she_waits_for_the_answer_and_goes_on(story, hooks, call):
    _journey, ana = start(
        story,
        f"{hooks.url}/ok/{{{{ entry.order }}}}",
        body='{"name": "{{ person.first_name }}", "total": "{{ entry.total }}"}',
    )
    assert hooks.calls == [] and Enrolment.objects.get().step == "h"
    assert call(T0 + SECOND) == 1
    (made,) = hooks.calls
    assert (made.method, made.path) == ("POST", "/ok/A%201%2F2")
    assert made.json == {"name": 'An"a', "total": 7}
    assert made.headers["content-type"] == "application/json"
    assert made.headers["idempotency-key"] == made.headers["webhook-id"]
    assert outcome() == "done" and Call.objects.count() == 0
    assert "answered 200 in" in told(ana, story)[0]


def test_the_answer_is_kept_for_later_steps(story, hooks, call):
    coupon = {"context": "answer.coupon", "op": "is", "value": "안녕 10%"}
    branch = {
        "kind": "branch",
        "settings": {"branches": [{"key": "yes", "when": coupon}]},
        "next": {"yes": "x", "else": "y"},
    }
    steps = {
        "h": hook(f"{hooks.url}/ok", "w", body='{"coupon": "안녕 10%"}', save_as="answer"),
        "w": wait("PT1H", "b"), "b": branch, "x": END, "y": {**END, "settings": {"outcome": "sorry"}},
    }  # fmt: skip
    story.publish(document(steps))
    story.happen("go", T0, story.person())
    call(T0 + SECOND)
    assert Enrolment.objects.get().context == {"answer": {"coupon": "안녕 10%"}}
    story.until(T0 + DAY)
    assert outcome() == "done"


def test_500_is_tried_again_with_the_same_key_and_body(story, hooks, call):
    hooks.script = [(500, {}), (503, {})]
    _journey, ana = start(story, f"{hooks.url}/flaky", body='{"at": "{{ person.first_name }}"}')
    call(T0 + SECOND)
    assert len(hooks.calls) == 1 and Enrolment.objects.get().step == "h"
    kept = Call.objects.get()
    assert kept.due_at == T0 + 11 * SECOND
    assert '"' not in kept.request  # it is sealed; letters may be there by chance
    story.change(T0 + 2 * SECOND, ana, first_name="Berta")
    call(T0 + 10 * SECOND)
    assert len(hooks.calls) == 1
    call(T0 + 11 * SECOND)
    call(T0 + 72 * SECOND)
    assert [c.json for c in hooks.calls] == [{"at": 'An"a'}] * 3
    assert len({c.headers["webhook-id"] for c in hooks.calls}) == 1
    assert outcome() == "done"


def test_where_she_waits_it_is_told_how_it_stands(story, hooks, call):
    _journey, ana = start(story, f"{hooks.url}/503")
    (standing,) = explain.position(ana.pk, story.workspace)
    assert standing.texts == ["Waits for the answer"] and standing.due_at == T0
    call(T0 + SECOND)
    call(T0 + MINUTE)
    (standing,) = explain.position(ana.pk, story.workspace)
    assert standing.texts == ["Will be tried again: 127.0.0.1 answered 503 (after 2 tries)"]
    assert standing.due_at == T0 + 2 * MINUTE


def test_the_failed_way_after_the_last_try(story, hooks, call):
    _journey, ana = start(story, f"{hooks.url}/503", retries=1)
    call(T0 + SECOND)
    call(T0 + MINUTE)
    assert len(hooks.calls) == 2 and outcome() == "sorry"
    assert told(ana, story)[0].endswith("answered 503 (after 2 tries)")


def test_429_waits_as_long_as_it_is_told(story, hooks, call):
    hooks.script = [(429, {"Retry-After": "300"})]
    start(story, f"{hooks.url}/flaky")
    call(T0 + SECOND)
    assert Call.objects.get().due_at == T0 + 301 * SECOND
    call(T0 + 300 * SECOND)
    assert len(hooks.calls) == 1
    call(T0 + 301 * SECOND)
    assert outcome() == "done"


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (404, 1), (410, 1), (408, 2), (500, 2)])
def test_what_will_not_change_is_not_tried_again(story, hooks, call, status, tries):
    start(story, f"{hooks.url}/{status}", retries=1)
    call(T0 + SECOND)
    call(T0 + MINUTE)
    assert len(hooks.calls) == tries and outcome() == "sorry"


@pytest.mark.parametrize("path", ["hang", "trickle"])
def test_one_that_never_answers_is_left_in_time(story, hooks, call, path):
    _journey, ana = start(story, f"{hooks.url}/{path}", timeout="PT1S", retries=0)
    call(T0 + SECOND)
    assert outcome() == "sorry"
    assert told(ana, story)[0] == "127.0.0.1 did not answer in time"


@pytest.mark.parametrize("path", ["big", "big/length"])
def test_an_answer_of_a_gigabyte_is_cut_off(story, hooks, call, path):
    _journey, ana = start(story, f"{hooks.url}/{path}", save_as="a")
    call(T0 + SECOND)
    assert outcome() == "sorry" and hooks.given < 30_000_000
    assert told(ana, story)[0] == "The answer of 127.0.0.1 was too large"


def test_nobody_reads_an_answer_that_is_not_kept(story, hooks, call):
    start(story, f"{hooks.url}/big")
    call(T0 + SECOND)
    assert outcome() == "done" and hooks.given < 30_000_000


@pytest.mark.parametrize(
    ("path", "way", "kept"),
    [
        ("text", "sorry", None),
        ("deep", "sorry", None),
        ("empty", "done", None),
        ("odd", "done", {"a": "x", "b": "1e+300", "c": [[["아"]]]}),
    ],
)
def test_answers_that_are_no_json(story, hooks, call, path, way, kept):
    sorry = {**END, "settings": {"outcome": "sorry"}}
    steps = {"h": hook(f"{hooks.url}/{path}", "w", save_as="a"), "w": wait("PT1H", "x"), "x": END, "y": sorry}
    story.publish(document(steps))
    story.happen("go", T0, story.person())
    call(T0 + SECOND)
    if way == "done":
        assert Enrolment.objects.get().context == ({"a": kept} if kept is not None else {})
        story.until(T0 + HOUR + SECOND)
    assert outcome() == way


@pytest.mark.parametrize(
    "there",
    [
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:10.0.0.1]/",
        "ftp://a.b/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_into_the_network_is_not_followed(story, hooks, call, there, method):
    hooks.redirects["in"] = (307, there)
    start(story, f"{hooks.url}/moved/in", method=method)
    call(T0 + SECOND)
    assert outcome() == "sorry" and len(hooks.calls) == 1


def test_redirects_within_the_host_are_followed_where_nothing_is_lost(story, hooks, call):
    hooks.redirects = {"kept": (307, "/ok"), "lost": (302, "/ok")}
    start(story, f"{hooks.url}/moved/kept", body="{}")
    call(T0 + SECOND)
    assert [(c.method, c.path) for c in hooks.calls] == [("POST", "/moved/kept"), ("POST", "/ok")]
    assert outcome() == "done"


def test_a_post_that_is_sent_elsewhere_has_failed(story, hooks, call):
    hooks.redirects = {"lost": (302, "/ok")}
    _journey, ana = start(story, f"{hooks.url}/moved/lost", body="{}")
    call(T0 + SECOND)
    assert len(hooks.calls) == 1 and outcome() == "sorry"
    assert told(ana, story)[0] == "127.0.0.1 sent the call elsewhere"


def test_a_name_that_leads_inside_is_not_called(story, hooks, call, settings, monkeypatch):
    """The name server says something good once, then something inside: only what is connected to counts."""
    settings.HTTP_ALLOWED_HOSTS = []
    port = int(hooks.host.partition(":")[2])
    answers = iter([[(2, 1, 6, "", ("127.0.0.1", port))]] * 9)
    monkeypatch.setattr("lib.http.socket.getaddrinfo", lambda *args, **options: next(answers))
    _journey, ana = start(story, f"http://rebinding.example:{port}/ok")
    call(T0 + SECOND)
    assert hooks.calls == [] and outcome() == "sorry"
    assert told(ana, story)[0] == "rebinding.example is an address inside the network, and is not called"


def test_a_host_that_is_down_is_tried_again(story, call, settings):
    settings.HTTP_ALLOWED_HOSTS = ["127.0.0.1"]
    _journey, ana = start(story, "http://127.0.0.1:9/", retries=1)
    call(T0 + SECOND)
    assert Enrolment.objects.get().step == "h"
    call(T0 + MINUTE)
    assert told(ana, story)[0] == "127.0.0.1 can’t be reached (after 2 tries)"


def test_who_has_left_meanwhile_is_not_called(story, hooks, call):
    start(story, f"{hooks.url}/ok")
    leave.leave([Enrolment.objects.get().pk], "stopped", T0 + SECOND)
    call(T0 + 2 * SECOND)
    assert hooks.calls == [] and Call.objects.count() == 0


def test_erasing_takes_along_what_was_sent_and_answered(story, hooks, call):
    hooks.script = [(500, {})]
    _journey, ana = start(story, f"{hooks.url}/flaky", body='["{{ person.first_name }}"]')
    call(T0 + SECOND)
    assert Call.objects.get().request
    leave.erased([ana.pk], T0 + MINUTE)
    assert not Call.objects.exists()


def test_an_answer_for_somebody_who_has_left_moves_nobody(story, hooks, call):
    start(story, f"{hooks.url}/ok")
    (task,) = claim.claim(T0 + SECOND, 10, Hosts(), known=False)
    leave.leave([Enrolment.objects.get().pk], "stopped", T0 + SECOND)
    claim.record([claim.Settled(task, "next", {"state": "called"})])
    call(T0 + 2 * SECOND)
    assert list(Finished.objects.values_list("reason", flat=True)) == ["stopped"]
    assert claim.sweep(T0 + 2 * SECOND) == 1 and Call.objects.count() == 0


def test_a_sweep_looks_at_a_part_of_them(story, hooks, monkeypatch):
    monkeypatch.setattr(claim, "SWEPT", 4)
    Call.objects.bulk_create(
        Call(enrolment_id=-n, seq=1, step="h", asked_at=T0, due_at=T0) for n in range(1, 11)
    )
    swept = []
    while Call.objects.exists():
        swept.append(claim.sweep(T0))
        assert len(swept) < 500
    assert max(swept) <= 4 and sum(swept) == 10


def test_a_pause_holds_the_call_and_the_answer(story, hooks, call):
    journey, _ana = start(story, f"{hooks.url}/ok")
    Journey.objects.filter(pk=journey.pk).update(state="paused")
    freeze.freeze(journey.pk, T0 + SECOND)
    call(T0 + 2 * SECOND)
    assert hooks.calls == []
    Journey.objects.filter(pk=journey.pk).update(state="live")
    freeze.thaw(journey.pk, T0 + HOUR)
    (task,) = claim.claim(T0 + HOUR, 10, Hosts(), known=False)
    Journey.objects.filter(pk=journey.pk).update(state="paused")
    freeze.freeze(journey.pk, T0 + HOUR)
    claim.record([claim.Settled(task, "next", {"state": "called", "status": 200})])
    call(T0 + 2 * HOUR)
    assert Enrolment.objects.get().step == "h"
    Journey.objects.filter(pk=journey.pk).update(state="live")
    freeze.thaw(journey.pk, T0 + DAY)
    call(T0 + DAY)
    assert outcome() == "done"


def test_an_exit_while_she_waits(story, hooks, call):
    steps = {"h": hook(f"{hooks.url}/ok"), "x": END, "y": END}
    story.publish(document(steps, exit_when=[{"event": "bye"}]))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("bye", T0 + SECOND, ana)
    call(T0 + MINUTE)
    assert hooks.calls == [] and Finished.objects.get().reason == "exit_rule"


def test_another_event_does_not_call_twice(story, hooks, call):
    steps = {"h": hook(f"{hooks.url}/ok"), "x": END, "y": END}
    story.publish(document(steps, goal={"event": "bought", "on_reach": "continue"}))
    ana = story.person()
    story.happen("go", T0, ana)
    story.happen("bought", T0 + SECOND, ana)
    assert Call.objects.count() == 1
    call(T0 + MINUTE)
    assert len(hooks.calls) == 1 and Finished.objects.get().reason == "completed"


def test_a_host_down_for_half_a_day_is_given_up(story, hooks, call):
    _journey, ana = start(story, f"{hooks.url}/ok")
    assert claim.expire(T0 + 11 * HOUR) == 0
    assert claim.expire(T0 + 13 * HOUR) == 1
    call(T0 + 13 * HOUR)
    assert hooks.calls == [] and outcome() == "sorry" and told(ana, story)[0] == "No answer for half a day"
