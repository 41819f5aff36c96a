"""Starts processes, watches them, and ends every one of them: the heart of `manage.py demo`."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.embedded import children

ROOT = Path(__file__).resolve().parents[2]


class LaunchError(RuntimeError):
    """What went wrong, fit to be read by whoever typed the command."""


@dataclass(frozen=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Launcher:
    """The web server, workers and clock. `stop` is safe at any time, and twice."""

    def __init__(self, logs: Path, env: dict[str, str]) -> None:
        self.logs, self.env = logs, env
        self.children: list[Child] = []

    def start(self, name: str, *command: str) -> Child:
        log = fresh_log(self.logs, name)
        with log.open("wb") as output:
            process = children.start([sys.executable, *command], cwd=ROOT, env=self.env, log=output)
        child = Child(name, process, log)
        self.children.append(child)
        return child

    def run(self, name: str, *command: str) -> None:
        """To its end; LaunchError with what it wrote when it fails."""
        child = self.start(name, *command)
        code = child.process.wait()
        self.children.remove(child)
        if code:
            raise LaunchError(f"{name} failed:\n{children.tail(child.log, 40)}")

    def wait(self, ready: Callable[[], bool], *, what: str, seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > end:
                raise LaunchError(f"{what} did not come up in {seconds:.0f} s; see {self.logs}")
            time.sleep(0.05)

    def check(self) -> None:
        for child in self.children:
            if (code := child.process.poll()) is not None:
                raise LaunchError(
                    f"{child.name} ended by itself (code {code}):\n{children.tail(child.log, 40)}"
                )

    def stop(self) -> None:
        for child in self.children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        for child in reversed(self.children):
            children.stop(child.process, patience=8)
        self.children = []


def fresh_log(folder: Path, name: str) -> Path:
    """An empty log; the one of the last start is kept beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    if log.exists():
        log.replace(folder / f"{name}.log.1")
    return log


@contextlib.contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """LaunchError while another process holds `lock`; the kernel frees it whatever way the holder ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise LaunchError(
                f"A demo runs here already (process {handle.read().strip() or '?'}). Another one beside it needs "
                "its own folder and port: GILMOK_VAR=... GILMOK_PORT=..."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


class Stopped(BaseException):
    """Somebody asked for the end: Ctrl-C, SIGTERM or a closed terminal."""


def stop_on_signals() -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        ignore_signals()  # from here on the way out must not be cut short
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means it
        signal.signal(signal.SIGHUP, stop)


def ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
