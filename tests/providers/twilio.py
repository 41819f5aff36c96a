"""A server that speaks Twilio's Messages API as its documents have it, with numbers that answer in their own way.

+15005550001  21211, no valid number        +15005550009  21614, no mobile
+15005550002  21610, answered STOP          +15005550010  500, the gateway is ill
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
from urllib.parse import parse_qsl, urlsplit

SID, TOKEN = "AC" + "0" * 32, "secret-token"
ERRORS = {
    "+15005550001": (400, 21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (400, 21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (400, 21614, "'To' number is not a valid mobile number"),
    "+15005550010": (500, 20500, "Internal Server Error"),
}


@dataclass
class Twilio:
    url: str = ""
    sent: list[dict[str, str]] = field(default_factory=list)
    connections: int = 0
    allowance: int | None = None  # so many more, then 429
    retry_after: str = "7"
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def take(
        self, path: str, authorization: str, form: dict[str, str]
    ) -> tuple[int, dict[str, str], dict[str, object]]:
        expected = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if authorization != expected:
            return error(401, 20003, "Authenticate")
        if path != f"/2010-04-01/Accounts/{SID}/Messages.json":
            return error(404, 20404, "The requested resource was not found")
        if self.allowance is not None and self.allowance <= 0:
            status, _headers, body = error(429, 20429, "Too Many Requests")
            return status, {"Retry-After": self.retry_after}, body
        for name, code in (("To", 21604), ("From", 21603), ("Body", 21602)):
            if not form.get(name) and not (name == "From" and form.get("MessagingServiceSid")):
                return error(400, code, f"'{name}' is required")
        if known := ERRORS.get(form["To"]):
            return error(*known)
        if self.allowance is not None:
            self.allowance -= 1
        sid = f"SM{next(self.numbers):032x}"
        self.sent.append({**form, "sid": sid})
        return (
            201,
            {},
            {"sid": sid, "status": "queued", "to": form["To"], "body": form["Body"], "error_code": None},
        )


def error(status: int, code: int, message: str) -> tuple[int, dict[str, str], dict[str, object]]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {}, {"code": code, "message": message, "more_info": more, "status": status}


def signature(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """As documented: the whole address, then each name and value in the order of names, HMAC-SHA1, base64."""
    text = url + "".join(name + value for name, value in sorted(form.items()))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@contextmanager
def twilio_server() -> Iterator[Twilio]:
    twilio = Twilio()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            twilio.connections += 1
            super().setup()

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, headers, answer = twilio.take(
                urlsplit(self.path).path, self.headers.get("Authorization", ""), dict(parse_qsl(body))
            )
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    twilio.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield twilio
    finally:
        server.shutdown()
        server.server_close()
