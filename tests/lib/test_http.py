import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lib import http


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/there")
            self.end_headers()
        elif self.path == "/inside":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.end_headers()
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.path.encode() * (1000 if self.path == "/big" else 1))

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://0.0.0.0/",
        "http://0x7f000001/",
        "http://100.64.0.1/",
        "http://224.0.0.1/",
        "http://[fe80::1%25lo]/",
        "ftp://example.com/",
        "http://:80/",
        "http://host:99999/",
        "file:///etc/passwd",
    ],
)
def test_addresses_inside_the_network_are_refused(settings, url):
    settings.HTTP_ALLOWED_HOSTS = []
    with pytest.raises(http.Refused):
        http.check(url)
    with pytest.raises(http.Refused):
        http.fetch(url, timeout=2)


def test_a_host_may_be_allowed_by_name_and_port(settings, server):
    settings.HTTP_ALLOWED_HOSTS = [server.removeprefix("http://")]
    assert http.fetch(server + "/x").body == b"/x"
    settings.HTTP_ALLOWED_HOSTS = ["127.0.0.1:1"]
    with pytest.raises(http.Refused):
        http.fetch(server + "/x")


def test_redirects_are_followed_and_checked(settings, server):
    settings.HTTP_ALLOWED_HOSTS = ["127.0.0.1"]
    answer = http.fetch(server + "/moved")
    assert (answer.status, answer.body, answer.url) == (200, b"/there", server + "/there")
    with pytest.raises(http.Refused):
        http.fetch(server + "/inside")


def test_a_name_that_leads_inside_is_refused_when_it_connects(settings, server, monkeypatch):
    """A name server that answers well at the check and ill afterwards gains nothing."""
    settings.HTTP_ALLOWED_HOSTS = []
    answers = [[(2, 1, 6, "", ("93.184.216.34", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]]
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **options: answers.pop(0))
    http.check("http://rebinding.example/")
    with pytest.raises(http.Refused):
        http.fetch("http://rebinding.example/")


def test_answers_are_limited(server):
    with pytest.raises(http.TooLarge):
        http.fetch(server + "/big", limit=100)


class Slow(BaseHTTPRequestHandler):
    """Says something again and again, and never comes to an end."""

    def do_GET(self):
        with suppress(OSError):
            if self.path == "/headers":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for n in range(1000):
                    self.wfile.write(f"X-{n}: y\r\n".encode())
                    time.sleep(0.05)
            self.send_response(200)
            self.end_headers()
            for _n in range(1000):
                self.wfile.write(b"x")
                time.sleep(0.05)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def slow():
    running = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()


@pytest.mark.parametrize("path", ["/headers", "/body"])
def test_a_trickle_ends_with_the_time_given(slow, path):
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        http.fetch(slow + path, timeout=0.4)
    assert time.monotonic() - began < 10


def test_a_body_that_nobody_wants_is_left_alone(slow):
    began = time.monotonic()
    assert http.fetch(slow + "/body", timeout=60, limit=None).status == 200
    assert time.monotonic() - began < 20  # the body takes most of a minute


def test_a_name_server_that_hangs_is_not_waited_for(settings, monkeypatch):
    settings.HTTP_ALLOWED_HOSTS = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **options: time.sleep(20))
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        http.fetch("http://hanging.example/", timeout=0.3)
    assert time.monotonic() - began < 10


def test_a_post_is_not_turned_into_a_get_where_that_would_lose_it(server):
    class Moved(Handler):
        def do_POST(self):
            self.do_GET()

    running = ThreadingHTTPServer(("127.0.0.1", 0), Moved)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{running.server_port}/moved"
    assert http.fetch(url, method="POST", body=b"{}").status == 200
    assert http.fetch(url, method="POST", body=b"{}", keep_method=True).status == 302
    running.shutdown()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0x7f.1", "2130706433", "[::1]", "localhost", "x.localhost", "10.0.0.1", "localhost."],
)
def test_what_lies_inside_is_seen_from_the_text(settings, host, monkeypatch):
    settings.HTTP_ALLOWED_HOSTS = []
    monkeypatch.setattr("socket.getaddrinfo", None)
    with pytest.raises(http.Refused):
        http.check_literal(f"http://{host}/x")


def test_names_are_not_looked_up_to_read_a_text(settings, monkeypatch):
    settings.HTTP_ALLOWED_HOSTS = ["10.0.0.7:8443"]
    monkeypatch.setattr("socket.getaddrinfo", None)
    http.check_literal("https://hooks.example.com/x")
    http.check_literal("https://93.184.216.34/x")
    http.check_literal("https://10.0.0.7:8443/x")
