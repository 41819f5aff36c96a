"""A journey is changed while people wait in it: published with them, looked up in the history, and taken back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from journeys import editing, publishing
from journeys.engine import enrol
from journeys.models import Enrolment, Finished, Move
from lib import clock
from tests.e2e.test_accessible import serious
from tests.factories.channels import make_person
from workspaces.actor import actor_of
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def wait(name, length, to):
    return {"kind": "wait", "name": name, "settings": {"for": length}, "next": {"next": to}}


DOCUMENT = {
    "format": "gilmok.journey/1",
    "name": "Second order",
    "time_zone": "UTC",
    "triggers": {"t1": {"kind": "api", "next": "w1"}},
    "steps": {
        "w1": wait("Let it arrive", "P3D", "w2"),
        "w2": wait("Let them try it", "P9D", "x1"),
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {"reentry": {"mode": "every_time"}, "quiet_hours": "none"},
    "layout": {"t1": [0, 0], "w1": [0, 110], "w2": [0, 200], "x1": [0, 290]},
    "notes": [],
}


@pytest.fixture
def journey(empty_shop):
    """Live: three people came two days ago and one just now."""
    User.objects.filter(email="minjae@sonamu.example").update(language="en")
    boss = actor_of(User.objects.get(email="minjae@sonamu.example"))
    assert boss
    now = clock.now()
    journey = editing.create_journey(
        boss, name="Second order", team=empty_shop.teams["crm"], now=now, document=DOCUMENT
    )
    version = publishing.publish(boss, journey, now=now)
    for at in (now - timedelta(days=2), now - timedelta(days=2), now - timedelta(days=2), now):
        person = make_person(empty_shop.workspace, first_name="Ana")
        assert enrol.enrol(version.pk, "t1", [person.pk], [{}], at)
    return journey


def test_people_inside_are_moved_and_taken_back(hands, journey):
    page = hands.page
    hands.sign_in("minjae", f"/journeys/{journey.public_id}/")

    # A wait is shortened: what it means for each step is said before.
    hands.card("Let it arrive").click()
    hands.write("Number", "1")
    hands.saved()
    page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog", name="Publish version 2")
    expect(dialog.get_by_role("region", name="What changes")).to_contain_text(
        "How long: 1 day instead of 3 days"
    )
    expect(dialog.get_by_role("group", name="What happens to the people inside (4)?")).to_be_visible()
    finish = dialog.get_by_role("radio", name=re.compile("^They finish on version 1"))
    expect(finish).to_be_checked()  # no small change: three would go on at once
    expect(dialog.get_by_role("region", name=re.compile("Where they stand"))).to_have_count(0)
    dialog.get_by_role("radio", name=re.compile("^They move to version 2")).check()
    steps = dialog.get_by_role("region", name=re.compile("Where they stand"))
    expect(steps.get_by_role("listitem")).to_contain_text(["Let it arrive"])
    expect(steps).to_contain_text("3 people go on at once: the new wait is over.")
    assert serious(page) == []
    dialog.get_by_label("Note for the history").fill("One day is enough")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 2 is live. People moved: 4")).to_be_visible()
    assert {row.version.number for row in Move.objects.all()} == {2}
    assert Move.objects.get().released == 3

    # Nobody has moved on yet, so the move is taken back, from the history.
    page.get_by_role("button", name="Versions").click()
    page.wait_for_url("**/versions/")
    expect(page.get_by_role("listitem").filter(has_text="One day is enough")).to_contain_text("4 inside now")
    assert serious(page) == []
    page.get_by_role("button", name="Put them back").click()
    page.get_by_role("dialog", name="Put 4 people back?").get_by_role("button", name="Put back").click()
    expect(page.get_by_role("heading", name="People were put back")).to_be_visible()
    expect(
        page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Version 1"))
    ).to_contain_text("4 inside now")
    assert all(row.due_at - row.arrived_at == timedelta(days=3) for row in Enrolment.objects.all())

    # What differs, and the old version as the draft again.
    page.get_by_role("combobox", name="From").select_option(label="Version 1")
    page.get_by_role("combobox", name="To").select_option(label="Version 2")
    expect(page.get_by_role("region", name="What differs")).to_contain_text(
        "How long: 1 day instead of 3 days"
    )
    page.get_by_role("button", name="Restore version 1 as the draft").click()
    page.get_by_role("dialog", name="Make version 1 the draft?").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Version 1 is the draft now.")).to_be_visible()
    journey.refresh_from_db()
    assert journey.draft == DOCUMENT and journey.live.number == 2


def test_a_removed_step_asks_where_its_people_go(hands, journey):
    page = hands.page
    hands.sign_in("minjae", f"/journeys/{journey.public_id}/")
    hands.card("Let it arrive").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(hands.card("Let it arrive")).to_have_count(0)
    hands.saved()
    page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog", name="Publish version 2")
    dialog.get_by_role("radio", name=re.compile("^They move to version 2")).check()
    target = dialog.get_by_role("combobox", name="Goes to")
    expect(target).to_have_value("w2")
    target.select_option(label="Nowhere: they leave the journey")
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 2 is live. People moved: 4")).to_be_visible()
    assert Finished.objects.filter(reason="step_removed").count() == 4
