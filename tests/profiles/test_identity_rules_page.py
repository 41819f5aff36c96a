"""The page of the rules of identity: read by whoever sees sources, changed by administrators."""

import pytest
from django.test import Client
from django.urls import reverse

from profiles import changing_identity_rules as rules_of
from profiles import identity_rules
from profiles.identity_rules import Rules
from tests.factories.workspaces import make_actor, make_user, make_workspace
from workspaces.models import AuditEntry, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    identity_rules.forget()
    yield make_workspace()
    identity_rules.forget()


def client_of(shop: Workspace, role: str = "admin") -> Client:
    client = Client()
    client.force_login(make_user(shop, role))
    return client


def seen(shop: Workspace) -> str:
    return rules_of.revision(rules_of.current(shop.pk))


def test_an_administrator_sets_the_rules(shop):
    client, url = client_of(shop), reverse("profiles:identity-rules")
    given = {"blocked": "Kiosk-7\r\n\r\n kiosk-7 \nTEST ACCOUNT", "email_joins": "on", "seen": seen(shop)}
    assert client.post(url, given).status_code == 302
    assert rules_of.current(shop.pk) == Rules(frozenset({"kiosk-7", "test account"}), True, False)
    assert identity_rules.of(shop.pk).names_nobody("KIOSK-7")
    page = client.get(url).content.decode()
    assert "kiosk-7\ntest account</textarea>" in page
    detail = AuditEntry.objects.get(action="workspace.identity_rules_changed").detail
    assert "kiosk" not in str(detail)
    assert detail["blocked_added"] == 2
    client.post(url, {**given, "seen": seen(shop)})  # nothing new: nothing noted
    assert AuditEntry.objects.filter(action="workspace.identity_rules_changed").count() == 1


def test_two_who_edit_at_once(shop):
    client, url, before = client_of(shop), reverse("profiles:identity-rules"), seen(shop)
    client.post(url, {"blocked": "one", "seen": before})
    late = client.post(url, {"blocked": "two", "seen": before})
    assert late.status_code == 422
    assert "changed these rules meanwhile" in late.content.decode()
    assert rules_of.current(shop.pk).blocked == {"one"}


@pytest.mark.parametrize("blocked", ["a\0b", "x" * 201, "\n".join(str(n) for n in range(1001))])
def test_what_cannot_be_blocked(shop, blocked):
    client, url = client_of(shop), reverse("profiles:identity-rules")
    assert client.post(url, {"blocked": blocked, "seen": seen(shop)}).status_code == 422
    assert rules_of.current(shop.pk) == Rules()


def test_others_read_them(shop):
    rules_of.replace(make_actor(shop, "admin"), Rules(frozenset({"kiosk-7"})), shop.created_at)
    client, url = client_of(shop, "analyst"), reverse("profiles:identity-rules")
    page = client.get(url).content.decode()
    assert "kiosk-7" in page
    assert "<textarea" not in page
    assert client.post(url, {"blocked": "", "seen": seen(shop)}).status_code == 403
    assert client_of(shop, "viewer").get(url).status_code == 403


@pytest.mark.parametrize(("value", "said"), [
    ("NULL", "names nobody"), ("0000-00", "names nobody"), ("Kiosk-7", "names nobody"), ("member-7", "names a person"),
])  # fmt: skip
def test_a_value_is_tried(shop, value, said):
    rules_of.replace(make_actor(shop, "admin"), Rules(frozenset({"kiosk-7"})), shop.created_at)
    page = client_of(shop).get(reverse("profiles:identity-rules"), {"value": value}).content.decode()
    assert f"“{value}” {said}." in page
