"""The client libraries as their makers ship them, against our web server in a process of its own.

server   .url of the running server, and a .key of a source of the test's workspace
node     runs a script of tests/sdks with the server's address and key; its packages are of package-lock.json here
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.embedded import children
from config.embedded import node as nodes
from config.management.commands.demo import _granian
from profiles.models import Source
from tests.factories.workspaces import make_workspace
from workspaces.models import Workspace

HERE = Path(__file__).parent


@dataclass
class Server:
    url: str
    key: str
    workspace: Workspace


@pytest.fixture(scope="session")
def _running(django_db_setup: None) -> Iterator[str]:
    database = connection.settings_dict
    port = children.free_port()
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "GILMOK_DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
    }
    process = subprocess.Popen([sys.executable, *_granian("127.0.0.1", port)], env=env)
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 60
        while True:
            with suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5):
                break
            assert process.poll() is None, "the web server ended"
            assert time.monotonic() < end, "the web server does not answer"
            time.sleep(0.1)
        yield url
    finally:
        children.stop(process)


@pytest.fixture
def server(_running: str, transactional_db: None) -> Server:
    workspace = make_workspace()
    source = Source.objects.create(workspace=workspace, name="Web shop")
    return Server(_running, source.write_key, workspace)


@pytest.fixture(scope="session")
def packages() -> Path:
    """node_modules beside this file, installed where they aren't as the lock file has them."""
    lock = (HERE / "package-lock.json").read_bytes()
    stamp = HERE / "node_modules" / ".gilmok-stamp"
    want = hashlib.sha256(lock).hexdigest()
    with (HERE / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # tests side by side: one installs, the others wait
        if stamp.exists() and stamp.read_text() == want:
            return HERE / "node_modules"
        # Optional packages (RudderStack's queue on Redis) stay out: the lock names all of them, as `ci` demands, but
        # their builds for other platforms are not in every registry.
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        nodes.npm("ci", "--omit=optional", "--ignore-scripts", *quiet, cwd=HERE)
        stamp.write_text(want)
    return HERE / "node_modules"


@pytest.fixture
def node(packages: Path, server: Server) -> Callable[..., None]:
    def run(script: str, *arguments: str) -> None:
        nodes.run(str(HERE / script), server.url, server.key, *arguments, cwd=HERE)

    return run


def wait(found: Callable[[], Any], seconds: float = 60) -> Any:
    """What `found` gives, as soon as it is true."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return result
