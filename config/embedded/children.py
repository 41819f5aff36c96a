"""Child processes that cannot outlive the process that started them, and free ports for them."""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1


def start(
    command: Sequence[str | Path],
    *,
    log: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    on_parent_death: signal.Signals = signal.SIGTERM,
    stdin: int | None = subprocess.DEVNULL,
    **account: Any,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own (a Ctrl-C in the terminal reaches the launcher only).

    `account` is subprocess's user/group/extra_groups. Must be called from the main thread: the kernel counts the
    death of the starting *thread* as the parent's.
    """
    parent = os.getpid()
    libc = ctypes.CDLL(None) if LINUX else None

    def die_with_parent() -> None:
        # Runs after the change of account, which would clear the setting again.
        assert libc is not None
        libc.prctl(PR_SET_PDEATHSIG, on_parent_death)
        if os.getppid() != parent:  # the parent died in between
            os._exit(1)

    return subprocess.Popen(
        [str(part) for part in command],
        stdin=stdin,
        stdout=log,
        stderr=subprocess.STDOUT if log else None,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=die_with_parent if LINUX else None,
        **account,
    )


def stop(
    process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, patience: float = 10
) -> None:
    """Ask, wait, then kill the whole group: workers of workers too."""
    if process.poll() is None:
        process.send_signal(by)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def port_taken(host: str, port: int) -> bool:
    """OSError where the port can't be had for another reason: too low for an ordinary user, no such address."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
        return False


def tail(log: Path, lines: int = 20) -> str:
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
