"""Documents that nobody drew by hand: each is refused or kept with its problems, never a 500, and never slow."""

import json
import time

import pytest

from tests.factories.journeys import make_journey, signed_in, simple_document

pytestmark = pytest.mark.django_db
END = {"kind": "end", "settings": {}, "next": {}}
WAIT = {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": "x"}}
MANY = 10_000


def document(steps, first="s0", **more):
    triggers = {"t1": {"kind": "event", "event": "go", "next": first}}
    return {**simple_document(), "triggers": triggers, "steps": steps, "layout": {}, **more}


def chain(many, kind="wait", settings=None, last="x"):
    given = {"for": "PT1H"} if settings is None else settings
    steps = {
        f"s{n}": {"kind": kind, "settings": given, "next": {"next": f"s{n + 1}" if n + 1 < many else last}}
        for n in range(many)
    }
    return document({**steps, "x": END})


def branch(when, **more):
    branches = [{"key": "a", "when": when}]
    return document(
        {
            "s0": {"kind": "branch", "settings": {"branches": branches}, "next": {"a": "x", "else": "x"}},
            "x": END,
            **more,
        }
    )


def nested(depth, leaf):
    for _n in range(depth):
        leaf = {"not": leaf}
    return leaf


def webhook(**settings):
    step = {"kind": "call_webhook", "settings": settings, "next": {"next": "x", "failed": "x"}}
    return document({"s0": step, "x": END})


PRO = {"attribute": "plan", "op": "is", "value": "pro"}
LOOP = "{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}"
DOCUMENTS = {
    "ring without a wait": document({"s0": {**WAIT, "settings": {"for": "PT1S"}, "next": {"next": "s0"}}}),
    "ring of ten thousand": chain(MANY, last="s0"),
    "ten thousand steps": chain(MANY),
    "two thousand steps": chain(1999),
    "all steps lead to all": document(
        {f"s{n}": {"kind": "branch", "settings": {"branches": [{"key": f"k{m}", "when": PRO} for m in range(50)]},
                   "next": {f"k{m}": f"s{(n * 7 + m) % 100}" for m in range(50)}} for n in range(100)}
    ),
    "no outlets at all": document({"s0": {**WAIT, "next": {}}, "x": {**END, "next": {"next": "nowhere"}}}),
    "a thousand outlets": document({"s0": {**WAIT, "next": {f"o{n}": "x" for n in range(1000)}}, "x": END}),
    "leads to itself by name": document({"s0": {**WAIT, "next": {"next": "t1"}}}),
    "settings of a megabyte": document({"s0": {**WAIT, "settings": {"for": "P" * 2**20}}, "x": END}),
    "a list of nine thousand": document(
        {"s0": {"kind": "split", "settings": {"shares": [{"key": "a", "weight": 1}] * 9000}, "next": {}}}
    ),
    "a condition nested deeply": branch(nested(35, PRO)),
    "a condition of ten thousand": branch({"any": [PRO] * 10_000}),
    "a pattern that explodes": branch({"attribute": "a" * 5000, "op": "contains", "value": "%_" * 5000}),
    "numbers beyond reason": branch({"attribute": "age", "op": "gt", "value": 10**400}),
    "a name of a megabyte": document({"s0": WAIT, "x": END}, name="n" * 2**20),
    "keys that are no keys": document({"": END, "a/b~c": END, "$goal": END, "__proto__": END, "💥": END}, first=""),
    "a layout of anything": document({"s0": WAIT, "x": END}, layout={"s0": "here", "x": [1e308, -1e308], "t1": {}}),
    "notes of anything": document({"s0": WAIT, "x": END}, notes=[None, 7, {"at": "x"}, [[]]]),
    "a policy of anything": document(
        {"s0": WAIT, "x": END}, policy={"reentry": [], "goal": 7, "exit_when": {}, "max_stay": -1}
    ),
    "hostile templates": document(
        {"s0": {"kind": "update_profile", "settings": {"set": {"a": LOOP, "b": "{% include 'x' %}", "c": "{{" * 9000}},
                "next": {"next": "x"}}, "x": END}
    ),
    "a webhook into the network": webhook(url="http://169.254.169.254/latest/meta-data/", save_as="$goal"),
    "a webhook without end": webhook(
        url="https://a.b/" + "{{ a }}" * 600, body=LOOP, headers={"X\n": "a", "Host": "b"}
    ),
    "a webhook of odd types": webhook(url=7, method="BREW", headers=[1], timeout="P9Y", retries=-1, save_as={}),
    "zero bytes": document({"s0": WAIT, "x": {**END, "name": "a\u0000b"}}),
    "half a character": document({"s0": WAIT, "x": {**END, "name": "\ud800"}}),
}  # fmt: skip
SMALL_ENOUGH = 10.0  # seconds of this process; it takes far less where nothing else runs


@pytest.fixture
def journey():
    return make_journey()


@pytest.fixture
def client(journey):
    found = signed_in(journey.workspace, "admin")[0]
    found.raise_request_exception = False
    return found


def put(client, journey, text):
    return client.put(
        f"/api/v1/journeys/{journey.public_id}/document/",
        data=text,
        content_type="application/json",
        headers={"If-Match": f'"{journey.revision}"'},
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_refused_or_kept_with_its_problems(client, journey, name):
    began = time.process_time()
    answer = put(client, journey, json.dumps(DOCUMENTS[name]))
    base = f"/api/v1/journeys/{journey.public_id}"
    assert answer.status_code in (200, 400), answer.content[:300]
    if answer.status_code == 400:
        told = answer.json()
        assert told["detail"] and all(fault["detail"] for fault in told.get("errors", []))
        return
    errors = [problem for problem in answer.json()["problems"] if problem["severity"] == "error"]
    assert all(problem["message"] and problem["code"] for problem in answer.json()["problems"])
    person = {"attributes": {"email": "ana@example.com"}, "consents": "all"}
    go = {"event": "go", "timestamp": "2026-01-05T10:00:00Z"}
    asked = {"person": person, "events": [go], "start": go["timestamp"], "until": "2026-02-05T10:00:00Z"}
    for path, how in (
        (
            f"{base}/simulations/",
            lambda path: client.post(path, data=json.dumps(asked), content_type="application/json"),
        ),
        (f"{base}/publication/", lambda path: client.post(path, data="{}", content_type="application/json")),
        (f"{base}/problems/", client.get),
        (f"/journeys/{journey.public_id}/", client.get),
        ("/journeys/", client.get),
    ):
        got = how(path)
        assert got.status_code < 500, (path, got.content[:500])
        if path.endswith("publication/"):
            assert (got.status_code < 300) == (not errors), got.content[:300]
    assert time.process_time() - began < SMALL_ENOUGH


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "a", "name": "b"}',
        '{"steps": {"a": {"kind": "end"}, "a": {"kind": "wait"}}}',
        '{"name": NaN}',
        '{"layout": {"a": [1e999, 0]}}',
        '{"name": "a"',
        "[]",
        "",
        "null",
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"n": ' + "9" * 10_000 + "}",
    ],
)
def test_a_text_that_is_no_document_is_refused(client, journey, text):
    answer = put(client, journey, text)
    assert answer.status_code == 400 and answer.json()["detail"]


def test_what_is_larger_than_a_document_can_be_is_refused(client, journey):
    answer = put(client, journey, json.dumps({"name": "x" * 6 * 2**20}))
    assert answer.status_code == 413
