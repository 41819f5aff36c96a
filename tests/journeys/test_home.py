from datetime import UTC, datetime, timedelta

import pytest

from channels.models import Message
from journeys.hour_chart import chart
from journeys.models import CountDelta, Journey
from journeys.today import today
from lib import clock
from profiles.models import Profile
from tests.factories.workspaces import make_user, make_workspace, team
from workspaces.roles import grant

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 17, 5, 32, tzinfo=UTC)  # 14:32 in Seoul


def message(workspace, sent_at, *, medium="email", state="sent", created_at=None):
    return Message.objects.create(
        workspace_id=workspace.pk, profile_id=1, medium=medium, state=state, sent_at=sent_at,
        created_at=created_at or sent_at or NOW, due_at=NOW,
    )  # fmt: skip


def live_journey(workspace, name, entered, goal=0):
    journey = Journey.objects.create(
        workspace=workspace, team=team(workspace, "email"), name=name, state="live"
    )
    grant(journey)
    CountDelta.objects.create(journey_id=journey.pk, version_id=1, step="", entered=entered)
    CountDelta.objects.create(journey_id=journey.pk, version_id=1, step="", outlet="!goal", completed=goal)
    return journey


def test_today_begins_at_the_workspaces_midnight():
    workspace = make_workspace(zone="Asia/Seoul")
    midnight = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)
    message(workspace, midnight)
    message(workspace, midnight - timedelta(seconds=1))
    message(workspace, NOW, medium="sms")
    message(make_workspace(), NOW)
    found = today(workspace.pk, "Asia/Seoul", NOW)
    assert (found.sent, found.by_medium) == (2, {"email": 1, "sms": 1})
    assert (found.by_hour["email"][0], found.by_hour["sms"][14]) == (1, 1)


def test_held_messages_count_on_the_day_they_leave():
    workspace = make_workspace()
    message(workspace, NOW, created_at=NOW - timedelta(days=3))
    assert today(workspace.pk, "UTC", NOW).sent == 1


def test_unsent_are_the_skipped_and_failed_of_today():
    workspace = make_workspace()
    for state in ("skipped", "failed", "created", "held"):
        message(workspace, None, state=state)
    assert today(workspace.pk, "UTC", NOW).unsent == 2


def test_bars_stack_and_fill_the_axis():
    drawn = chart({"email": [0] * 9 + [6] + [0] * 14, "sms": [0] * 9 + [2] + [0] * 14}, 14.5)
    email, sms = drawn.bars
    assert email.height == pytest.approx(3 * sms.height, abs=3)
    assert sms.y == 8.0
    assert [line.label for line in drawn.lines] == ["0", "2", "4", "6", "8"]


def test_an_empty_day_has_an_axis_and_no_bars():
    drawn = chart({}, 0)
    assert (drawn.bars, [line.label for line in drawn.lines]) == ([], ["0", "1", "2", "3", "4"])


def test_empty_workspace_is_told_how_to_begin(client):
    client.force_login(make_user(make_workspace(), "marketer", ("email",)))
    html = client.get("/").content.decode()
    assert "Meet each customer at the right corner" in html
    assert 'data-dialog="new-journey"' in html


def test_viewer_is_offered_nothing_to_create(client):
    client.force_login(make_user(make_workspace(), "viewer"))
    assert 'data-dialog="new-journey"' not in client.get("/").content.decode()


def test_numbers_of_the_live_journeys(client):
    workspace = make_workspace()
    live_journey(workspace, "Cart rescue", 40, goal=9)
    live_journey(make_workspace(), "Elsewhere", 7)
    message(workspace, clock.now())
    Profile.objects.create(workspace=workspace)
    client.force_login(make_user(workspace, "viewer"))
    answer = client.get("/")
    assert (answer.context["inside"], answer.context["live"], answer.context["sent"].sent) == (31, 1, 1)
    assert "Cart rescue" in answer.content.decode()
    assert "Elsewhere" not in answer.content.decode()


@pytest.mark.parametrize("journeys", [1, 3])
def test_home_takes_the_same_queries_for_any_number_of_journeys(client, django_assert_num_queries, journeys):
    workspace = make_workspace()
    for number in range(journeys):
        live_journey(workspace, f"J{number}", 10)
    client.force_login(make_user(workspace, "marketer", ("email",)))
    client.get("/")
    with django_assert_num_queries(11):
        client.get("/")
