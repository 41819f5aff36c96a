"""The fixtures that every test may use.

mailbox         a real SMTP server with .messages(to=, subject=), .wait_for(n, to=, subject=), .count(), .clear() and
                .smtp_port / .url; empty at the start of each test
celery_workers  real Celery workers, all queues, on this test's database and broker; needs
                @pytest.mark.django_db(transaction=True). `celery_workers.beat()` starts the clock too.
page            a Playwright page (sync API) in Chromium; fails the test when the page raises a JavaScript error
browser         the browser behind it; browser_context_options may be overridden (locale, colour scheme)
django_assert_num_queries   pytest-django's, the same in whatever order tests run
live_server     pytest-django's; static files come straight from static/, built by Vite

PostgreSQL and the broker are started by tests/plugin.py.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

from config.embedded import browser as browsers
from config.embedded import children
from config.embedded.mailbox import Mailbox

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Requests of earlier tests leave their reader's language behind."""
    with translation.override("en"):
        yield


@pytest.fixture
def django_assert_num_queries(django_assert_num_queries: Any, db: None) -> Any:
    """pytest-django's, where what a process asks but once (content types, permissions) is known already, whichever
    tests ran in it before."""
    from django.apps import apps
    from django.contrib.contenttypes.models import ContentType
    from guardian.shortcuts import _get_ct_cached

    from workspaces.roles import VERBS, permission_name

    ContentType.objects.get_for_models(*apps.get_models())
    for label, verbs in VERBS.items():
        for verb in verbs:
            _get_ct_cached(*permission_name(label, verb).split("."))
    return django_assert_num_queries


@pytest.fixture(scope="session")
def _mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with Mailbox(tmp_path_factory.mktemp("mailbox")) as running:
        yield running


@pytest.fixture
def mailbox(_mailbox: Mailbox) -> Mailbox:
    _mailbox.clear()
    return _mailbox


class Workers:
    def __init__(self, log: Path, env: dict[str, str]) -> None:
        self.log, self.env = log, env
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "celery", "-A", "config", *arguments]
            self.processes.append(children.start(command, cwd=ROOT, env=self.env, log=log))

    def beat(self) -> None:
        self.start("beat", "-l", "warning", "-s", str(self.log.with_name("schedule")))

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_until_ready(self, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while " ready." not in self.output():
            dead = any(process.poll() is not None for process in self.processes)
            assert not dead, self.output()
            assert time.monotonic() < end, self.output()
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self.processes:
            children.stop(process)


@pytest.fixture
def celery_workers(transactional_db: None, tmp_path: Path) -> Iterator[Workers]:
    from config.celery import QUEUES, app

    with app.connection_for_write() as broker:
        for queue in app.conf.task_queues:
            queue.bind(broker.default_channel).declare()
        app.control.purge()
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    env = {
        **os.environ,
        "GILMOK_DATABASE_URL": url,
        "GILMOK_BROKER_URL": settings.CELERY_BROKER_URL,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "CELERY_SKIP_CHECKS": "1",
    }
    workers = Workers(tmp_path / "celery.log", env)
    queues = ",".join(QUEUES)
    workers.start("worker", "-Q", queues, "-c", "2", "-l", "info", "--without-gossip", "--without-mingle")
    try:
        workers.wait_until_ready()
        yield workers
    finally:
        workers.stop()


@pytest.fixture(scope="session")
def browser_context_options() -> dict[str, Any]:
    return {"viewport": {"width": 1440, "height": 900}, "locale": "en-US", "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # a machine under load is slow
    found = browsers.find()
    if found is None:
        pytest.skip("no Chromium: `python3 manage.py test` gets one")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(found.path), args=browsers.ARGUMENTS, env={**os.environ, **found.env}
        )
        yield chromium
        chromium.close()


def slowed(context: Any) -> Any:
    """With GILMOK_SLOW_BROWSER=6 its pages compute six times slower and every answer is late: races come to light."""
    if rate := float(os.environ.get("GILMOK_SLOW_BROWSER") or 0):
        late = {"offline": False, "latency": 50 * rate, "downloadThroughput": -1, "uploadThroughput": -1}
        new_page, set_offline, sessions = context.new_page, context.set_offline, []

        def slow_page() -> Any:
            tab = new_page()
            session = context.new_cdp_session(tab)
            session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
            session.send("Network.enable")
            session.send("Network.emulateNetworkConditions", late)
            sessions.append(session)
            return tab

        def slow_offline(offline: bool) -> None:
            set_offline(offline)
            for session in sessions:  # what is set here would win over it
                session.send("Network.emulateNetworkConditions", late | {"offline": offline})

        context.new_page, context.set_offline = slow_page, slow_offline
    return context


@pytest.fixture
def page(
    browser: Any, browser_context_options: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[Any]:
    context = slowed(browser.new_context(**browser_context_options))
    context.set_default_timeout(30_000)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    if "live_server" in request.fixturenames:
        _let_requests_end()
    assert not errors, "\n".join(errors)


def _let_requests_end(seconds: float = 10) -> None:
    """The page's last requests may still be answered: emptying the tables beside them would be a deadlock."""
    end, quiet = time.monotonic() + seconds, 0
    while quiet < 3 and time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "select count(*) from pg_stat_activity where datname = current_database() "
                "and pid <> pg_backend_pid() and backend_type = 'client backend' and state <> 'idle'"
            )
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
        time.sleep(0.05)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
        if _meets_others(item) and not os.environ.get("GILMOK_SLOW_BROWSER"):
            # Never for a test that is alone in its transaction: there a second go could only hide a fault.
            item.add_marker(pytest.mark.flaky(reruns=1))
    # The longest first, or the suite ends with one of them on one processor. Those on the tests' own database keep the
    # order of pytest-django, which leaves it clean for the next.
    items.sort(key=lambda item: not (item.get_closest_marker("slow") and not _on_database(item)))


def _on_database(item: pytest.Item) -> bool:
    asked = set(getattr(item, "fixturenames", ()))
    return bool({"db", "transactional_db"} & asked or item.get_closest_marker("django_db"))


def _meets_others(item: pytest.Item) -> bool:
    """Other processes or connections have a part in it: it gets one more go, which the summary names."""
    if {"page", "celery_workers", "live_server", "mailbox"} & set(getattr(item, "fixturenames", ())):
        return True
    return any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))
