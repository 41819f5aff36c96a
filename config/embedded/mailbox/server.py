import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from config.embedded import children

ROOT = Path(__file__).resolve().parents[3]


class MailboxError(RuntimeError):
    pass


class Mailbox:
    """The mailbox as a process of its own, seen from whoever started it."""

    def __init__(self, home: Path, *, smtp_port: int = 0, web_port: int = 0, log: Path | None = None) -> None:
        self.home, self.log = home.resolve(), log or home / "mailbox.log"
        self.smtp_port, self.web_port = smtp_port, web_port
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}/"

    def start(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.smtp_port = self.smtp_port or children.free_port()
        self.web_port = self.web_port or children.free_port()
        command: list[str | Path] = [sys.executable, "-m", "config.embedded.mailbox", "--home", self.home]
        command += ["--smtp-port", str(self.smtp_port), "--web-port", str(self.web_port)]
        with self.log.open("ab") as log:
            self.process = children.start(command, cwd=ROOT, log=log)
        end = time.monotonic() + 30
        for port in (self.web_port, self.smtp_port):
            while not self._answers(port):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise MailboxError(f"The mailbox did not start:\n{children.tail(self.log)}")
                time.sleep(0.02)
        return self

    def stop(self) -> None:
        if self.process:
            children.stop(self.process, patience=3)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def count(self, *, to: str = "", subject: str = "") -> int:
        total: int = self._ask(to=to, subject=subject, limit=0)["total"]
        return total

    def messages(self, *, to: str = "", subject: str = "", limit: int = 1000) -> list[dict[str, Any]]:
        """Newest first: id, to, from, subject, date, medium, headers, html, text."""
        found: list[dict[str, Any]] = self._ask(to=to, subject=subject, limit=limit)["messages"]
        return found

    def wait_for(
        self, count: int, *, to: str = "", subject: str = "", seconds: float = 20
    ) -> list[dict[str, Any]]:
        """The messages once there are `count` of them; AssertionError with what came instead."""
        end = time.monotonic() + seconds
        while self.count(to=to, subject=subject) < count and time.monotonic() < end:
            time.sleep(0.05)
        found = self.messages(to=to, subject=subject)
        assert len(found) >= count, f"{len(found)} of {count}: {[(m['to'], m['subject']) for m in found]}"
        return found

    def clear(self) -> None:
        with urlopen(Request(self.url + "api/messages", method="DELETE"), timeout=10):  # noqa: S310
            pass

    def _ask(self, **query: Any) -> dict[str, Any]:
        with urlopen(f"{self.url}api/messages?{urlencode(query)}", timeout=30) as answer:  # noqa: S310
            content: dict[str, Any] = json.load(answer)
            return content

    @staticmethod
    def _answers(port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
        except OSError:
            return False
        return True
