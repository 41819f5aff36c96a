"""Every route, every method it knows, as every role, as a stranger and as nobody: no door is left open by chance."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.contracts.every_url import ROUTES, Route, Rule, World
from workspaces.roles import ROLES

MUTATING = ("POST", "PUT", "PATCH", "DELETE")


def routes_of(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes_of(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and "drf_format_suffix" not in str(pattern.pattern):
            yield f"{namespace}{pattern.name}"


def every_route() -> set[str]:
    return set(routes_of(get_resolver().url_patterns))


CASES = [(name, method) for name, route in ROUTES.items() for method in route.methods]


def test_every_route_is_in_the_table_and_the_table_names_no_other():
    found = every_route()
    assert sorted(found - set(ROUTES)) == [], "say in tests/contracts/every_url.py who may use these"
    assert sorted(set(ROUTES) - found) == [], "these routes are gone"


def ask(client: Client, name: str, route: Route, world: World, method: str, rule: Rule) -> Any:
    """The answer; whatever it changed is rolled back."""
    url = reverse(name, kwargs=route.kwargs(world))
    body, more = rule.body(world), {"headers": dict(rule.headers)}
    with transaction.atomic():
        if method in ("GET", "HEAD"):
            answer = client.get(url, body, **more)
        elif rule.json:
            answer = client.generic(method, url, json.dumps(body), content_type="application/json", **more)
        elif method == "POST":
            answer = client.post(url, body, **more)
        else:
            answer = client.generic(method, url, **more)
        transaction.set_rollback(True)
    return answer


def signed_in(world: World, persona: str) -> Client:
    client = Client(raise_request_exception=False)
    if persona != "anonymous":
        client.force_login(world.users[persona])
    return client


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "method"), CASES, ids=[f"{name} {method}" for name, method in CASES])
def test_route_answers_each_as_the_table_says(name, method):
    route, world = ROUTES[name], World()
    rule = route.methods[method]
    got = {
        persona: _kind(ask(signed_in(world, persona), name, route, world, method, rule))
        for persona in (*ROLES, "stranger", "anonymous")
    }
    if route.keyed:
        assert set(got.values()) == {"sign in"}
    elif route.public:
        assert not {kind for kind in got.values() if kind.startswith("broken") or kind == "sign in"}
    else:
        assert got == {persona: _expected(route, rule, persona) for persona in got}


def _kind(answer: Any) -> str:
    """What the answer means. A redirect, a 400, 409, 412, 422 or 428 come from inside: the door was open."""
    status = answer.status_code
    if status >= 500 and status != 503:  # /readyz says 503 when a clock job is late: an answer
        return f"broken ({status})"
    if status in (301, 302, 303) and answer["Location"].startswith("/login/?next="):
        return "sign in"
    return {401: "sign in", 403: "forbidden", 404: "not found", 405: "no such method"}.get(status, "served")


def _expected(route: Route, rule: Rule, persona: str) -> str:
    if persona == "anonymous":
        return "sign in"
    if persona == "stranger":
        return "not found" if route.of_object else "served"
    return "served" if persona in rule.who else "forbidden"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ROUTES)
def test_viewer_changes_nothing_by_any_method(name):
    route, world = ROUTES[name], World()
    client = signed_in(world, "viewer")
    for method in MUTATING:
        rule = route.methods.get(method)
        if route.public or route.keyed or (rule and "viewer" in rule.who):
            continue
        answer = ask(
            client, name, route, world, method, rule or Rule(frozenset(), json=name.startswith("api"))
        )
        assert answer.status_code in (401, 403, 404, 405, 415, 428), f"{method} {name}: {answer.status_code}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", [name for name, route in ROUTES.items() if not (route.public or route.keyed)]
)
def test_nobody_and_strangers_get_nothing_by_any_method(name):
    route, world = ROUTES[name], World()
    for persona in ("anonymous", "stranger") if route.of_object else ("anonymous",):
        client = signed_in(world, persona)
        for method in ("GET", *MUTATING):
            rule = route.methods.get(method) or Rule(frozenset())
            answer = ask(client, name, route, world, method, rule)
            assert _kind(answer) in ("sign in", "not found", "no such method", "forbidden"), (
                f"{persona} {method} {name}"
            )
