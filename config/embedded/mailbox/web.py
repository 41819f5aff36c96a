"""The inbox page and the JSON beside it."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from config.embedded.mailbox import pages
from config.embedded.mailbox.store import Entry, Store

PAGE = 100
MAX_SMS = 64 * 1024


class Web(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: Store, port: int) -> None:
        self.store = store
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Web
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        match url.path.strip("/").split("/"):
            case [""]:
                self._list(query)
            case ["api", "messages"]:
                self._json_list(query)
            case ["api", "messages", number]:
                mail = self.server.store.read(number)
                self._json(mail.as_json() if mail else {"detail": "No such message"}, 200 if mail else 404)
            case [number] if mail := self.server.store.read(number):
                self._html(pages.mail(mail, self._language()))
            case [number, "html"] if mail := self.server.store.read(number):
                self._send(
                    200,
                    "text/html",
                    ('<base target="_blank">' + mail.html).encode(),
                    {"Content-Security-Policy": "sandbox allow-popups allow-popups-to-escape-sandbox"},
                )
            case [number, "raw"] if self.server.store.read(number):
                self._send(200, "text/plain", self.server.store.path(number).read_bytes())
            case _:
                self._html(pages.missing(self._language()), 404)

    def do_DELETE(self) -> None:
        if urlsplit(self.path).path.rstrip("/") != "/api/messages":
            self._json({"detail": "Only /api/messages can be deleted"}, 405)
        else:
            self.server.store.clear()
            self._json({"total": 0})

    def do_POST(self) -> None:
        """An SMS gateway that speaks as much of Twilio's Messages API as sending needs."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_SMS:
            self.close_connection = True
            self._json({"code": 21617, "message": "Too large"}, 400)
            return
        sms = {
            key: values[0]
            for key, values in parse_qs(self.rfile.read(length).decode(errors="replace")).items()
        }
        if not urlsplit(self.path).path.endswith("/Messages.json"):
            self._json({"detail": "POST goes to /2010-04-01/Accounts/<sid>/Messages.json"}, 404)
        elif not sms.get("To") or not sms.get("Body"):
            self._json({"code": 21602, "message": "To and Body are needed", "status": 400}, 400)
        elif sms["To"].endswith("0000000"):  # the number that nobody has
            self._json({"code": 21211, "message": "There is no such number", "status": 400}, 400)
        else:
            entry = self._keep(sms["To"], sms.get("From") or sms.get("MessagingServiceSid", ""), sms["Body"])
            self._json({"sid": f"SM{int(entry.id):032x}", "status": "queued"}, 201)

    def _keep(self, to: str, sender: str, text: str) -> Entry:
        head = f"To: {_line(to)}\nFrom: {_line(sender)}\nContent-Type: text/plain; charset=utf-8\n"
        raw = (head + "Content-Transfer-Encoding: 8bit\n\n" + text).encode()
        return self.server.store.add(raw, [to], sender, medium="sms")

    def _list(self, query: dict[str, str]) -> None:
        word, start = query.get("q", ""), _number(query.get("offset"), 0)
        found = self.server.store.find(both=word)
        later = f"/?{urlencode({'q': word, 'offset': start + PAGE})}" if len(found) > start + PAGE else None
        self._html(
            pages.inbox(
                found[start : start + PAGE], len(found), word=word, later=later, language=self._language()
            )
        )

    def _json_list(self, query: dict[str, str]) -> None:
        store = self.server.store
        found = store.find(to=query.get("to", ""), subject=query.get("subject", ""))
        start, limit = _number(query.get("offset"), 0), min(_number(query.get("limit"), 50), 1000)
        messages = [store.open(entry).as_json() for entry in found[start : start + limit]]
        self._json({"total": len(found), "messages": messages})

    def _language(self) -> str:
        return "ko" if self.headers.get("Accept-Language", "").startswith("ko") else "en"

    def _json(self, content: Any, status: int = 200) -> None:
        self._send(status, "application/json", json.dumps(content, ensure_ascii=False).encode())

    def _html(self, content: str, status: int = 200) -> None:
        self._send(status, "text/html", content.encode(), {"Content-Security-Policy": pages.POLICY})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet: the inbox page is looked at often."""


def _line(text: str) -> str:
    return " ".join(text.split())


def _number(raw: str | None, default: int) -> int:
    return int(raw) if raw and raw.isascii() and raw.isdigit() else default
