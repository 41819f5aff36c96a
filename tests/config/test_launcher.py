import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.embedded import children
from config.embedded.launcher import Launcher, LaunchError, only_one


def test_a_taken_port_is_seen():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        assert children.port_taken("127.0.0.1", holder.getsockname()[1])
    assert not children.port_taken("127.0.0.1", children.free_port())


def test_only_one_demo_runs_in_a_folder(tmp_path):
    lock = tmp_path / "demo.lock"
    with only_one(lock), pytest.raises(LaunchError, match=f"process {os.getpid()}"), only_one(lock):
        pass
    with only_one(tmp_path / "demo.lock"):
        pass


def test_a_child_that_dies_shows_its_log(tmp_path):
    launcher = Launcher(tmp_path, dict(os.environ))
    launcher.start("web", "-c", "import sys; sys.exit('no database')")
    with pytest.raises(LaunchError, match=r"(?s)web ended by itself \(code 1\).*no database"):
        launcher.wait(lambda: False, what="web", seconds=10)
    launcher.stop()


def test_a_failing_command_shows_its_log(tmp_path):
    launcher = Launcher(tmp_path, dict(os.environ))
    with pytest.raises(LaunchError, match=r"(?s)migrate failed.*broken"):
        launcher.run("migrate", "-c", "import sys; sys.exit('broken')")


def test_stop_ends_grandchildren_too(tmp_path):
    launcher = Launcher(tmp_path, dict(os.environ))
    code = (
        "import subprocess, sys, time;"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    child = launcher.start("web", "-c", code)
    launcher.wait(lambda: child.log.read_text().strip() != "", what="grandchild")
    grandchild = int(child.log.read_text())
    launcher.stop()
    assert gone(grandchild)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's promise is Linux's")
def test_children_die_with_a_starter_that_is_killed(tmp_path):
    code = (
        "import sys, time; sys.path.insert(0, '.');"
        "from config.embedded import children;"
        "p = children.start([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(p.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert starter.stdout
    child = int(starter.stdout.readline())
    assert alive(child)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert gone(child)


def test_the_log_of_the_last_start_is_kept(tmp_path):
    for text in ("first", "second"):
        Launcher(tmp_path, dict(os.environ)).run("web", "-c", f"print('{text}')")
    assert (tmp_path / "web.log").read_text() == "second\n"
    assert (tmp_path / "web.log.1").read_text() == "first\n"


def alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def gone(pid):
    end = time.monotonic() + 30
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)
