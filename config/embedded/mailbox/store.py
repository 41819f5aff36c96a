"""The mails: one .eml file each and an index of one line each, held in memory."""

import json
import re
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    to: str
    sender: str
    subject: str
    date: str  # when it came, ISO 8601, UTC
    medium: str = "email"


@dataclass(frozen=True, slots=True)
class Mail:
    entry: Entry
    headers: list[tuple[str, str]]
    html: str
    text: str

    def as_json(self) -> dict[str, Any]:
        content = asdict(self.entry)
        content["from"] = content.pop("sender")
        return content | {"headers": dict(self.headers), "html": self.html, "text": self.text}

    def links(self) -> list[str]:
        collector = _Links()
        collector.feed(self.html)
        found = collector.found or re.findall(r"https?://[^\s<>\"]+", self.text)
        return list(dict.fromkeys(found))


class Store:
    def __init__(self, home: Path) -> None:
        self.home, self.index = home, home / "index.jsonl"
        home.mkdir(parents=True, exist_ok=True)
        self.lock = threading.Lock()
        self.entries: list[Entry] = []
        if self.index.exists():
            for line in self.index.read_text().splitlines():
                try:
                    self.entries.append(Entry(**json.loads(line)))
                except (ValueError, TypeError):
                    continue  # a line that a kill cut off
        self.next = int(self.entries[-1].id) + 1 if self.entries else 1
        self.lines = self.index.open("a", buffering=1)

    def add(self, raw: bytes, recipients: list[str], sender: str, *, medium: str = "email") -> Entry:
        subject = _subject(raw)
        with self.lock:
            entry = Entry(
                id=f"{self.next:06}",
                to=", ".join(recipients),
                sender=sender,
                subject=subject,
                date=datetime.now(UTC).isoformat(timespec="milliseconds"),
                medium=medium,
            )
            self.next += 1
            self.path(entry.id).write_bytes(raw)
            self.lines.write(json.dumps(asdict(entry)) + "\n")
            self.entries.append(entry)
        return entry

    def find(self, *, to: str = "", subject: str = "", both: str = "") -> list[Entry]:
        """Newest first; each word may stand anywhere, in any case. `both` looks at recipient and subject."""
        to, subject, both = to.lower(), subject.lower(), both.lower()
        return [
            entry
            for entry in reversed(self.entries)
            if to in entry.to.lower()
            and subject in entry.subject.lower()
            and (both in entry.to.lower() or both in entry.subject.lower())
        ]

    def read(self, id: str) -> Mail | None:  # noqa: A002
        entry = next((entry for entry in self.entries if entry.id == id), None)
        return self.open(entry) if entry else None

    def open(self, entry: Entry) -> Mail:
        message = message_from_bytes(self.path(entry.id).read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        return Mail(
            entry=entry,
            headers=[(name, str(value)) for name, value in message.items()],
            html=_body(message, "html"),
            text=_body(message, "plain"),
        )

    def path(self, id: str) -> Path:  # noqa: A002
        return self.home / f"{id}.eml"

    def clear(self) -> None:
        with self.lock:
            for entry in self.entries:
                self.path(entry.id).unlink(missing_ok=True)
            self.entries = []
            self.lines.truncate(0)


def _subject(raw: bytes) -> str:
    """Only the head is looked at: this runs for every mail that comes, hundreds a second."""
    head = raw[:65536].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    found = re.search(rb"^subject:((?:.|\n[ \t])*)", head, re.IGNORECASE | re.MULTILINE)
    if not found:
        return ""
    try:
        unfolded = found[1].decode(errors="replace").replace("\n", "")
        return str(make_header(decode_header(unfolded.strip())))
    except (LookupError, ValueError, HeaderParseError):
        return found[1].decode(errors="replace").strip()


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # a charset that nobody knows
        return bytes(part.get_payload(decode=True) or b"").decode(errors="replace")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]
