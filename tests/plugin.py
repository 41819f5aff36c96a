"""Starts the services that the tests run against, before pytest-django reads the settings.

Loaded by `-p tests.plugin` (pyproject.toml). Each pytest run gets a throw-away PostgreSQL (durability off) and a
throw-away Valkey in a temporary folder, so that runs beside each other never collide; xdist's workers inherit them
through the environment. GILMOK_DATABASE_URL and GILMOK_BROKER_URL, where set, are used instead.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PREFIX = "gilmok-test-"
_started: contextlib.ExitStack = contextlib.ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    # A wrapper runs before pytest-django's own hook, whatever the order of registration.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # Playwright's sync API keeps a loop in the test's thread
    )
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # Database 0 is the main process's; each worker's Celery messages stay in its own.
        server, _, _ = os.environ["GILMOK_BROKER_URL"].rpartition("/")
        if server.startswith("redis"):
            os.environ["GILMOK_BROKER_URL"] = f"{server}/{int(worker.removeprefix('gw')) + 1}"
    else:
        _start()
    try:
        return (yield)
    except BaseException:
        _started.close()
        raise


def pytest_unconfigure() -> None:
    _started.close()


def _start() -> None:
    from config.embedded.broker import Broker
    from config.embedded.postgres import Postgres

    if os.environ.get("GILMOK_DATABASE_URL") and os.environ.get("GILMOK_BROKER_URL"):
        return
    _sweep()
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    home.chmod(0o711)  # the database may run as another account
    _started.callback(shutil.rmtree, home, ignore_errors=True)
    if not os.environ.get("GILMOK_DATABASE_URL"):
        postgres = _started.enter_context(Postgres(home / "postgres", durable=False))
        os.environ["GILMOK_DATABASE_URL"] = postgres.url
        _started.callback(os.environ.pop, "GILMOK_DATABASE_URL", None)
    if not os.environ.get("GILMOK_BROKER_URL"):
        broker = _started.enter_context(Broker(home / "broker", durable=False))
        os.environ["GILMOK_BROKER_URL"] = broker.url
        _started.callback(os.environ.pop, "GILMOK_BROKER_URL", None)


def _sweep() -> None:
    """Remove what killed runs left behind; their servers died with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(ValueError, OSError):
            pid = int(folder.name.removeprefix(PREFIX).split("-")[0])
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)
