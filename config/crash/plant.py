"""The processes of a crash test. Whatever dies is started again at once, as a supervisor would."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from config.celery import QUEUES
from config.crash.brokers import Emptied, GivenBroker, OwnBroker
from config.crash.publisher import plan
from config.crash.scene import GO
from config.embedded import children
from config.embedded.mailbox import Mailbox
from config.embedded.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
WORKER = ("worker", "-l", "info", "--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass
class Kept:
    """A process that is kept running until it is done: `command` starts it, `done` says so."""

    name: str
    command: Callable[[], list[str]]
    process: subprocess.Popen[bytes] | None = None
    done: bool = False
    came_up: int = 0
    read: int = 0
    groups: list[int] = field(default_factory=list)  # all that it was: a killed parent leaves children behind


class Plant:
    def __init__(
        self,
        home: Path,
        *,
        people: int,
        workers: int,
        slots: int,
        publishers: int,
        pace: float,
        broker: str = "",
    ) -> None:
        """`broker`: the address of one to be used instead of a Valkey of its own."""
        self.home, self.people, self.slots, self.pace = home, people, slots, pace
        self.postgres = Postgres(home / "postgres", log=home / "postgres.log", fsync=False)
        self.broker: Emptied = GivenBroker(broker) if broker else OwnBroker(home / "broker", durable=False)
        self.mailbox = Mailbox(home / "mailbox")
        self.env = dict(os.environ)
        self.scene: dict[str, Any] = {}
        self.workers = [Kept(f"worker{n}", lambda n=n: self._worker(n)) for n in range(workers)]  # type: ignore[misc]
        self.beats = [Kept(f"beat{n}", lambda n=n: self._beat(n)) for n in range(2)]  # type: ignore[misc]
        self.publishers = [
            Kept(f"publisher{n}", lambda n=n: self._publisher(n))  # type: ignore[misc]
            for n in range(publishers)
        ]
        self.republish = False

    @property
    def kept(self) -> list[Kept]:
        return [*self.workers, *self.beats, *self.publishers]

    def start(self, delay: int) -> None:
        """The services, the tables, the people, and everything that runs."""
        self.postgres.start()
        self.broker.start()
        self.mailbox.start()
        self.env |= {
            "GILMOK_DATABASE_URL": self.postgres.url,
            "GILMOK_BROKER_URL": self.broker.url,
            "GILMOK_VAR": str(self.home / "var"),
            "GILMOK_LOG_LEVEL": "info",
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "CELERY_SKIP_CHECKS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        self._run([sys.executable, "manage.py", "migrate", "--verbosity", "0"])
        made = self._run(
            [
                sys.executable,
                "-m",
                "config.crash.scene",
                str(self.people),
                str(self.mailbox.smtp_port),
                str(delay),
            ]
        )
        self.scene = json.loads(made.splitlines()[-1])
        self.tend()
        self.wait_until_ready()

    def tend(self) -> None:
        """Starts again whatever has died."""
        for one in self.kept:
            if one.done or (one.process is not None and one.process.poll() is None):
                continue
            if one in self.publishers and one.process is not None and one.process.returncode == 0:
                one.done = True
                continue
            with (self.home / f"{one.name}.log").open("ab") as log:
                one.process = children.start(one.command(), cwd=ROOT, env=self.env, log=log)
            one.groups.append(one.process.pid)

    def stop(self) -> None:
        for one in self.kept:
            if one.process is not None and one.process.poll() is None:
                one.process.send_signal(signal.SIGTERM)
        for one in self.kept:
            if one.process is not None:
                children.stop(one.process, patience=5)
            for group in one.groups:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(group, signal.SIGKILL)
        for service in (self.mailbox, self.broker, self.postgres):
            service.stop()

    def kill_worker(self, chance: random.Random) -> str:
        """By SIGKILL: one of a worker's children, the worker alone (its children live on a while), or all of it."""
        one = chance.choice(self.up() or self.workers)
        assert one.process
        below = _children(one.process.pid)
        how = chance.choices(["child", "parent", "all"], [50, 25, 25])[0]
        with contextlib.suppress(ProcessLookupError):
            if how == "child" and below:
                os.kill(chance.choice(below), signal.SIGKILL)
            elif how == "parent":
                os.kill(one.process.pid, signal.SIGKILL)
            else:
                os.killpg(one.process.pid, signal.SIGKILL)
        self.tend()
        return f"{one.name} ({how})"

    def kill(self, among: list[Kept], chance: random.Random) -> str:
        alive = [each for each in among if each.process and each.process.poll() is None]
        if not alive:
            return "nobody"
        one = chance.choice(alive)
        assert one.process
        os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()
        self.tend()
        return one.name

    def ask(self, sql: str, *params: Any, patience: float = 60) -> list[tuple[Any, ...]]:
        """Waits for a database that is just being restarted."""
        end = time.monotonic() + patience
        while True:
            try:
                with psycopg.connect(self.postgres.url, autocommit=True, connect_timeout=5) as connection:
                    return connection.execute(sql, params or None).fetchall()  # type: ignore[arg-type]
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    @cached_property
    def work(self) -> int:
        """How many passes all of it makes, about: three a start by an event, two in the campaign."""
        return int(self.planned[GO] * 3 + self.people * 2)

    def progress(self) -> int:
        return int(self.ask("select count(*) from journeys_pass")[0][0])

    def up(self) -> list[Kept]:
        """The workers that have come up since they were last started."""
        return [one for one in self.workers if self._came_up(one) >= len(one.groups)]

    def _came_up(self, one: Kept) -> int:
        """How often a worker said so; of its log only what is new is read."""
        path = self.home / f"{one.name}.log"
        if path.exists():
            with path.open("rb") as log:
                log.seek(one.read)
                while (line := log.readline()).endswith(b"\n"):
                    one.came_up += b" ready." in line
                    one.read += len(line)
        return one.came_up

    def wait_until_ready(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while len(self.up()) < len(self.workers):
            self.tend()
            if time.monotonic() > end:
                raise RuntimeError(f"The workers did not come up; see {self.home}")
            time.sleep(0.05)

    def log(self, one: Kept) -> str:
        path = self.home / f"{one.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def said(self, words: str) -> int:
        """How often the workers wrote this."""
        return sum(self.log(one).count(words) for one in self.workers)

    def _worker(self, number: int) -> list[str]:
        name = f"crash{number}@%h"
        return [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            *WORKER,
            "-Q",
            ",".join(QUEUES),
            "-c",
            str(self.slots),
            "-n",
            name,
        ]

    def _beat(self, number: int) -> list[str]:
        schedule = str(self.home / f"schedule{number}")
        for path in self.home.glob(f"schedule{number}*"):  # a killed beat may leave half a file
            path.unlink()
        return [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "beat",
            "-l",
            "warning",
            "-s",
            schedule,
            "--pidfile",
            "",
        ]

    def _publisher(self, number: int) -> list[str]:
        log = self.home / f"publisher{number}.log"
        stored = [int(line) for line in log.read_text().split("\n") if line.isdigit()] if log.exists() else []
        words = [
            self.scene["workspace"],
            self.people,
            number,
            len(self.publishers),
            max(stored, default=-1) + 1,
            self.pace,
        ]
        if self.republish:
            words += [self.scene["user"], self.scene["journeys"]["events"]]
        return [sys.executable, "-m", "config.crash.publisher", *map(str, words)]

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[1:3]} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    @cached_property
    def planned(self) -> dict[str, int]:
        """How many events of each name the publishers store."""
        found: dict[str, int] = {}
        for share in range(len(self.publishers)):
            for one in (each for batch in plan(self.people, share, len(self.publishers)) for each in batch):
                found[one.name] = found.get(one.name, 0) + 1
        return found


def _children(pid: int) -> list[int]:
    done = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in done.stdout.split()]
