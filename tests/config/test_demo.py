"""`manage.py demo` from the outside: what it starts, what it says, and that it leaves nothing behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from config.embedded import children

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def var():
    folder = Path(tempfile.mkdtemp(prefix="gilmok-demo-"))
    folder.chmod(0o711)  # the database may run as another account
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def environment(var, port):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GILMOK_", "DJANGO_"))}
    return env | {"GILMOK_VAR": str(var), "GILMOK_PORT": str(port)}


def processes_of(var):
    """Every process that was started for this folder, by the environment it was given."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            started_for = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"GILMOK_VAR={var}\0".encode() in started_for:
            found.append(int(folder.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_demo_serves_and_leaves_nothing_running(var):
    port = children.free_port()
    log = var / "demo.out"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=environment(var, port),
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + 180
        while "Ctrl-C ends everything" not in log.read_text():
            assert demo.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        facts = json.loads((var / "demo.json").read_text())
        assert facts["url"] == f"http://127.0.0.1:{port}/"
        assert set(facts) == {"url", "users", "write_key", "api_key", "inbox_url"}
        with urlopen(f"{facts['url']}readyz") as ready, urlopen(facts["inbox_url"]) as inbox:
            assert (ready.status, inbox.status) == (200, 200)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
        assert processes_of(var) == []
    finally:
        demo.kill()
        demo.wait()


def test_a_taken_port_is_told_before_anything_starts(var):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=environment(var, port),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert f"GILMOK_PORT={port + 1}" in done.stderr
    assert not (var / "postgres").exists()


def test_a_bad_setting_is_told_without_a_traceback(var):
    env = environment(var, children.free_port()) | {"GILMOK_API_RATE": "fast"}
    done = subprocess.run(
        [sys.executable, "manage.py", "demo"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert (
        done.stderr.strip().splitlines()[-1].endswith("GILMOK_API_RATE must look like 1200/min, not 'fast'")
    )
