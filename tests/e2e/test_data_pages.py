"""The data pages in a browser: readable, without a finding of axe, in both languages and narrow."""

import os
from pathlib import Path

import pytest

from lib import clock
from profiles import computed, stores
from profiles.computed import editing, filling
from profiles.models import KnownName
from tests.e2e.test_accessible import serious
from workspaces.actor import actor_of
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def data(shop):
    """What a company has after some weeks."""
    owner = actor_of(User.objects.get(email="minjae@sonamu.example"))
    assert owner
    now = clock.now()
    given = {"kind": "sum", "event": "order_completed", "property": "total", "window_days": 30}
    row = editing.create(owner, {"name": "spent_30_days", "description": "", **given}, now)
    editing.create(
        owner, {"name": "orders_in_a_row", "kind": "streak", "event": "order_completed", "unit": "week"}, now
    )
    stores.paste(owner, "Hamburg,53.5511,9.9937,Jungfernstieg 1", now)
    KnownName.objects.filter(name="total").update(
        changed_at=now, types={"number": {}, "text": {"at": now.isoformat(), "source": None}}
    )
    filling.fill(now + computed.definitions.SETTLE * 2)
    return shop, row


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_data_pages_hold_up(hands, data, language):
    shop, row = data
    folder = os.environ.get("GILMOK_PAGES")
    hands.sign_in("minjae" if language == "ko" else "seoyeon")
    page = hands.page
    page.context.add_cookies([{"name": "gilmok_language", "value": language, "url": shop.url}])
    event = KnownName.objects.get(kind="event", name="order_completed")
    total = KnownName.objects.get(kind="property", event="order_completed", name="total")
    paths = {
        "events": "/people/data/", "attributes": "/people/data/?kind=attribute", "event": f"/people/data/{event.pk}/",
        "property": f"/people/data/{total.pk}/", "figures": "/people/data/computed/",
        "figure": f"/people/data/computed/{row.public_id}/", "stores": "/people/data/stores/",
    }  # fmt: skip
    found = {}
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for name, path in paths.items():
            hands.open(path)
            page.wait_for_load_state("load")
            if rules := serious(page):
                found[name, width] = rules
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} is {wide}px too wide at {width}"
            if folder:
                page.screenshot(path=str(Path(folder) / f"{name}-{language}-{width}.png"), full_page=False)
    assert not found, "\n".join(f"{name}: {rules}" for name, rules in found.items())


def test_a_figure_is_made_by_hand(hands, shop):
    hands.sign_in("minjae", "/people/data/computed/")
    page = hands.page
    page.locator("a[href$='/computed/new/']").first.click()
    page.locator("[name=name]").fill("orders_by_hand")
    page.locator("[name=event]").fill("order_completed")
    page.locator("form .btn-primary").last.click()
    page.wait_for_url("**/people/data/computed/")
    filling.fill(clock.now() + computed.definitions.SETTLE * 2)
    page.reload()
    page.get_by_text("orders_by_hand").first.wait_for()
    row = page.locator("tr", has_text="orders_by_hand")
    assert row.locator(".gm-chip--ok").is_visible()
