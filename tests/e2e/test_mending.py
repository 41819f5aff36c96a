"""A problem's mend is one button: applied as one edit, saved by itself, taken back by undo."""

import pytest
from playwright.sync_api import expect

from journeys import editing
from lib import clock
from workspaces.actor import actor_of
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)

BREATHLESS = {
    "format": "gilmok.journey/1",
    "name": "Round and round",
    "triggers": {"t1": {"kind": "api", "next": "b1"}},
    "steps": {
        "b1": {
            "kind": "branch",
            "name": "Again?",
            "settings": {"branches": [{"key": "a", "label": "Again", "when": {"all": []}}]},
            "next": {"a": "u1", "else": "x1"},
        },
        "u1": {
            "kind": "update_profile",
            "name": "Count",
            "settings": {"increment": {"rounds": 1}},
            "next": {"next": "b1"},
        },
        "x1": {"kind": "end", "settings": {"outcome": "done"}, "next": {}},
    },
    "policy": {},
}


def test_a_mend_is_one_edit_that_is_saved_and_undone(hands, empty_shop):
    builder = actor_of(User.objects.get(email="seoyeon@sonamu.example"))
    journey = editing.create_journey(
        builder, name="Round and round", team=empty_shop.teams["email"], now=clock.now(), document=BREATHLESS
    )
    hands.sign_in("seoyeon", f"/journeys/{journey.public_id}/")
    hands.page.get_by_role("button", name="Check: 1 to look at").click()
    checks = hands.page.get_by_role("complementary", name="Check")
    expect(
        checks.get_by_text("This road leads back here without a wait of at least a minute.")
    ).to_be_visible()

    checks.get_by_role("button", name="Wait a day before going back").click()
    expect(hands.card("Wait")).to_be_visible()
    hands.no_problems()
    journey.refresh_from_db()
    assert journey.draft["steps"]["w1"]["settings"] == {"for": "P1D"}
    assert journey.draft["steps"]["u1"]["next"] == {"next": "w1"}
    assert "w1" in journey.draft["layout"]

    hands.page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(hands.card("Wait")).to_have_count(0)
    expect(hands.page.get_by_role("button", name="Check: 1 to look at")).to_be_visible()
    hands.saved()
    journey.refresh_from_db()
    assert sorted(journey.draft["steps"]) == ["b1", "u1", "x1"]
