"""A receiver of webhooks with paths that answer in their own way.

/ok          200 and the JSON that was sent            /text       200, no JSON
/hang        nothing, until the test is over           /trickle    headers without end
/big         1 GB, as fast as it is taken              /big/length says that it will be 1 GB
/moved/<x>   302 or 307 to `redirects[x]`              /empty      204
/<status>    that status, as often as it is asked      /flaky      what `script` says, one after the other
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Hooks:
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    script: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # for /flaky: status, headers
    redirects: dict[str, tuple[int, str]] = field(default_factory=dict)
    given: int = 0  # bytes of /big that were taken
    over: threading.Event = field(default_factory=threading.Event)
    most_at_once: int = 0
    at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


@contextmanager
def hooks_server() -> Iterator[Hooks]:
    hooks = Hooks()

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with hooks.lock:
                hooks.calls.append(
                    Call(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                )
                hooks.at_once += 1
                hooks.most_at_once = max(hooks.most_at_once, hooks.at_once)
            try:
                with suppress(OSError):
                    self.reply(self.path.partition("?")[0].strip("/"), body)
            finally:
                with hooks.lock:
                    hooks.at_once -= 1

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the library's names

        def reply(self, what: str, body: bytes) -> None:
            if what == "hang":
                hooks.over.wait(60)
            elif what == "trickle":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not hooks.over.wait(0.05):
                    self.wfile.write(b"X-More: yes\r\n")
            elif what.startswith("big"):
                self.send_response(200)
                if what.endswith("length"):
                    self.send_header("Content-Length", str(10**9))
                self.end_headers()
                chunk = b'"' + b"x" * 65535
                while hooks.given < 10**9 and not hooks.over.is_set():
                    self.wfile.write(chunk)
                    hooks.given += len(chunk)
            elif what.startswith("moved/"):
                status, there = hooks.redirects[what.removeprefix("moved/")]
                self.say(status, {"Location": there})
            elif what == "flaky":
                with hooks.lock:
                    status, headers = hooks.script.pop(0) if hooks.script else (200, {})
                self.say(status, headers, b'{"fine": true}')
            elif what == "text":
                self.say(200, {"Content-Type": "text/plain"}, b"OK\xff")
            elif what == "odd":
                self.say(200, {}, b'{"a": "\\u0000x", "b": 1e300, "c": [[["\xec\x95\x84"]]]}')
            elif what == "deep":
                self.say(200, {}, b"[" * 20000 + b"]" * 20000)
            elif what == "slow":
                time.sleep(0.3)
                self.say(200, {}, b"{}")
            elif what == "empty":
                self.say(204)
            elif what.isdigit():
                self.say(int(what))
            else:
                self.say(200, {"Content-Type": "application/json"}, body or b"{}")

        def say(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.request_queue_size = 128
    hooks.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield hooks
    finally:
        hooks.over.set()
        server.shutdown()
        server.server_close()
