"""A server that speaks LINE's Messaging API as its documents have it, with friends that answer in their own way.

Uffff…   no friend's id: 400          Ueeee…   500, LINE is ill
"""

import base64
import hashlib
import hmac
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

TOKEN, SECRET = "line-access-token", "line-channel-secret"
FRIEND, NOBODY, ILL = "U" + "a" * 32, "U" + "f" * 32, "U" + "e" * 32
Answer = tuple[int, dict[str, str], dict[str, Any]]


@dataclass
class LineApi:
    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)  # {"to", "message", "key"}
    tried: int = 0
    connections: int = 0
    allowance: int | None = None  # so many more, then 429
    retry_after: str | None = "7"
    says: str = "The API rate limit has been exceeded. Try again later."
    drop_answers: int = 0  # so many are taken, and the answer is lost
    keys: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(461230966842064897))

    def take(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Answer:
        self.tried += 1
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "Authentication failed due to the following reason: invalid token.")
        if (method, path) == ("GET", "/v2/bot/info"):
            return 200, {}, {"userId": "U" + "b" * 32, "basicId": "@shop", "displayName": "Shop"}
        if (method, path) != ("POST", "/v2/bot/message/push"):
            return error(404, "Not found")
        if self.allowance is not None and self.allowance <= 0:
            status, _headers, body = error(429, self.says)
            return status, {"Retry-After": self.retry_after} if self.retry_after else {}, body
        body = json.loads(raw)
        key = headers.get("x-line-retry-key", "")
        if key:
            UUID(key)
            if key in self.keys:
                headers = {"X-Line-Accepted-Request-Id": "123e4567"}
                sent = {"sentMessages": [{"id": self.keys[key]}]}
                return 409, headers, {"message": "The retry key is already accepted", **sent}
        if body.get("to") == ILL:
            return error(500, "Internal server error")
        if faults := faults_of(body):
            return faults
        if self.allowance is not None:
            self.allowance -= 1
        number = str(next(self.numbers))
        self.keys[key] = number
        self.sent.append({"to": body["to"], "message": body["messages"][0], "key": key})
        if self.drop_answers:
            self.drop_answers -= 1
            raise ConnectionAbortedError
        return 200, {"X-Line-Request-Id": "r1"}, {"sentMessages": [{"id": number, "quoteToken": "q"}]}


def faults_of(body: dict[str, Any]) -> Answer | None:
    """What the real API checks of what we send; its limits are documented by property."""
    to = body.get("to", "")
    if to == NOBODY or not (to.startswith("U") and len(to) == 33):
        return error(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
    found = []
    (message,) = body["messages"]
    if message["type"] == "text" and not 0 < len(message["text"]) <= 5000:
        found.append(("messages[0].text", "May not be empty"))
    if message["type"] == "flex":
        bubble = message["contents"]
        if not 0 < len(message["altText"]) <= 400:
            found.append(("messages[0].altText", "Size must be between 1 and 400"))
        hero = bubble.get("hero", {"url": "https://"})
        if not hero["url"].startswith("https://"):
            found.append(("messages[0].contents.hero.url", "invalid uri scheme"))
        for part in bubble.get("body", {}).get("contents", []):
            if not part["text"]:
                found.append(("messages[0].contents.body.contents", "must be non-empty text"))
        for button in bubble.get("footer", {}).get("contents", []):
            action = button["action"]
            if (
                len(action["label"]) > 40
                or len(action.get("uri", "")) > 1000
                or len(action.get("data", "")) > 300
            ):
                found.append(("messages[0].contents.footer", "too long"))
            if "uri" in action and not action["uri"].startswith(("http://", "https://", "line://", "tel:")):
                found.append(("messages[0].contents.footer", "invalid uri scheme"))
    if not found:
        return None
    status, headers, answer = error(400, f"The request body has {len(found)} error(s)")
    answer["details"] = [{"message": words, "property": name} for name, words in found]
    return status, headers, answer


def error(status: int, message: str) -> Answer:
    return status, {}, {"message": message}


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def webhook(*events: dict[str, Any]) -> bytes:
    """The body of a callback."""
    return json.dumps({"destination": "U" + "b" * 32, "events": list(events)}).encode()


def event(
    kind: str, user: str = FRIEND, number: int = 1, *, at: int = 1772442000000, **more: Any
) -> dict[str, Any]:
    """One event of it; `at` in milliseconds."""
    return {
        "type": kind,
        "mode": "active",
        "timestamp": at,
        "source": {"type": "user", "userId": user},
        "webhookEventId": f"01H{number:023}",
        "deliveryContext": {"isRedelivery": False},
        **more,
    }


@contextmanager
def line_server() -> Iterator[LineApi]:
    line = LineApi()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            line.connections += 1
            super().setup()

        def answer(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            names = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, headers, answer = line.take(self.command, urlsplit(self.path).path, names, raw)
            except ConnectionAbortedError:
                self.close_connection = True
                return
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self):
            self.answer()

        def do_POST(self):
            self.answer()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    line.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
