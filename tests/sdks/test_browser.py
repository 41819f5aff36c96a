"""@segment/analytics-next (analytics.js) in Chromium, on a page of another origin: only the host is ours."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from profiles.models import Event, Profile
from tests.sdks.conftest import Server, wait
from tests.sdks.what_came import check

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAGE = """<!doctype html><meta charset="utf-8"><title>Shoes</title><body>
<script src="/index.js"></script>"""


class _Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/shop.html":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())
        return None

    def log_message(self, *_given: Any) -> None:
        pass


@pytest.fixture
def shop(packages: Path) -> Iterator[str]:
    """A web shop of another origin that serves the library's own file."""
    folder = packages / "@segment" / "analytics-next" / "dist" / "umd"
    handler = functools.partial(_Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://localhost:{files.server_port}/shop.html"
        files.shutdown()


LOAD = """([key, url, options]) => {
    window.failed = [];
    window.sdk = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey: key, cdnURL: url }, options);
    window.sdk.on("error", (error) => window.failed.push(String(error.reason ?? error)));
    return window.sdk.ready(() => true);
}"""
STORY = """async () => {
    await sdk.track("Visited");
    await sdk.identify("u-1", { email: "Yujin@example.com", plan: "pro", firstName: "유진" });
    await sdk.track("Order Completed", { total: 42.5, items: ["a", "b"] });
    await sdk.page("shop", "Home");
    await sdk.screen("Cart");
    await sdk.group("g-1", { name: "길목 상사" });
    await sdk.alias("u-1", "old-1");
}"""


@pytest.mark.parametrize("batching", [False, True])
def test_the_whole_spec_by_analytics_js(page: Any, shop: str, server: Server, batching: bool) -> None:
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.goto(shop)
    strategy = {"strategy": "batching", "config": {"size": 3, "timeout": 200}} if batching else {}
    options = {"integrations": {"Segment.io": {"deliveryStrategy": strategy}}} if batching else {}
    page.evaluate(LOAD, [server.key, server.url, options])
    page.evaluate(STORY)
    profile = check(server)
    assert page.evaluate("window.failed") == []
    sent = {url.removeprefix(server.url) for _method, url in asked if url.startswith(server.url)}
    short = {"/v1/b"} if batching else {"/v1/t", "/v1/i", "/v1/p", "/v1/s", "/v1/g", "/v1/a"}
    assert sent == {f"/v1/projects/{server.key}/settings", *short}
    # Nothing went to the library's maker.
    assert {url.split("/")[2] for _method, url in asked} == {shop.split("/")[2], server.url.split("/")[2]}
    viewed = Event.objects.get(workspace_id=server.workspace.pk, name="page")
    assert (viewed.properties["name"], viewed.context["page"]["title"]) == ("Home", "Shoes")
    assert profile.attributes["locale"] == "en-US"


def test_who_logs_out_is_another_visitor(page: Any, shop: str, server: Server) -> None:
    page.goto(shop)
    page.evaluate(LOAD, [server.key, server.url, {}])
    page.evaluate("""async () => {
        await sdk.identify("u-1");
        await sdk.reset();
        await sdk.track("Looked");
        await sdk.identify("u-2");
    }""")
    # Of this shop alone: a page of an earlier test may have said its last words while it was closed.
    people = Profile.objects.filter(workspace=server.workspace)
    wait(lambda: people.filter(external_id="u-2").exists())
    looked = Event.objects.get(workspace_id=server.workspace.pk, name="Looked")
    assert people.get(pk=looked.profile_id).external_id == "u-2"
    assert set(people.values_list("external_id", flat=True)) == {"u-1", "u-2"}


def test_headers_of_the_libraries_are_allowed_from_anywhere(page: Any, shop: str, server: Server) -> None:
    """RudderStack's browser library sends headers that make the browser ask first; so does a retry of analytics.js."""
    page.goto(shop)
    body = """async ([url, key]) => {
        const headers = { "Content-Type": "application/json", "AnonymousId": "YQ==", "X-Retry-Count": "1",
                          "Authorization": "Basic " + btoa(key + ":") };
        const call = { type: "track", anonymousId: "a", event: "Looked", messageId: "m-1" };
        const answer = await fetch(url + "/v1/track", { method: "POST", headers, body: JSON.stringify(call) });
        const config = await fetch(url + "/v1/sourceConfig/?writeKey=" + key, { headers });
        return [answer.status, await answer.json(), (await config.json()).source.enabled];
    }"""
    assert page.evaluate(body, [server.url, server.key]) == [200, {"success": True}, True]
    assert Event.objects.get(workspace_id=server.workspace.pk).name == "Looked"
