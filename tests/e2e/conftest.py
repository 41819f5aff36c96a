"""The sample shop on the live server, and hands to use it with."""

import contextlib
import os
from copy import deepcopy
from types import SimpleNamespace

import pytest
from playwright.sync_api import Error

from config.sample import company, contents, journeys, people
from journeys import editing
from lib import clock
from tests.conftest import slowed
from tests.e2e.hands import Hands
from workspaces.actor import actor_of
from workspaces.models import User


@pytest.fixture
def empty_shop(transactional_db, live_server, mailbox, monkeypatch):
    """Sonamu Living: colleagues, contents, a write key, no customers yet; its mail goes to the mailbox."""
    monkeypatch.setenv("GILMOK_DEMO_SMTP", f"127.0.0.1:{mailbox.smtp_port}")
    monkeypatch.setenv("GILMOK_DEMO_SMS", f"{mailbox.url}sms")
    now = clock.now()
    workspace, teams = company.make(now)
    workspace.night_consent = False  # the same by day and by night in Seoul
    workspace.save(update_fields=["night_consent"])
    company.channels(workspace, teams)
    keys = company.keys(workspace, now)
    contents.make(workspace, teams)
    return SimpleNamespace(workspace=workspace, teams=teams, url=live_server.url, write_key=keys["write_key"])


@pytest.fixture
def shop(empty_shop):
    """With three hundred customers."""
    people.make(empty_shop.workspace, clock.now())
    return empty_shop


@pytest.fixture
def with_journeys(shop):
    """Three live journeys and a draft beside."""
    journeys.make(shop.workspace, shop.teams, clock.now())
    return shop


@pytest.fixture
def draft(empty_shop):
    """A journey of the e-mail team that nobody has published."""
    builder = actor_of(User.objects.get(email="seoyeon@sonamu.example"))
    assert builder
    team = empty_shop.teams["email"]
    return editing.create_journey(
        builder, name="Cart rescue", team=team, now=clock.now(), document=deepcopy(journeys.CART)
    )


@pytest.fixture
def hands(page, empty_shop):
    return Hands(page, empty_shop.url)


@pytest.fixture
def another(browser, browser_context_options, empty_shop):
    """Further people at browsers of their own."""
    contexts = []

    def make(**options):
        context = slowed(browser.new_context(**{**browser_context_options, **options}))
        contexts.append(context)
        return Hands(context.new_page(), empty_shop.url)

    yield make
    for context in contexts:
        context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """GILMOK_SHOTS=folder keeps a picture of the page where a test failed."""
    report = yield
    folder, page = os.environ.get("GILMOK_SHOTS"), getattr(item, "funcargs", {}).get("page")
    if folder and page and report.when == "call" and report.failed:
        with contextlib.suppress(Error):  # the test may have closed it
            page.screenshot(path=f"{folder}/{item.name}.png")
    return report
