"""Signatures, secrets in headers, and the page where they are kept."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from django.db import connection

from journeys import checking
from journeys.models import Call, Finished, Secret
from journeys.webhooks import signing, vault
from tests.factories.journeys import signed_in
from tests.factories.workspaces import make_actor, make_workspace
from tests.journeys.engine.story import END, T0, document
from tests.journeys.webhooks.test_calls import hook
from workspaces.models import AuditEntry

SECOND = timedelta(seconds=1)


def keep(story, name, value, host=""):
    actor = make_actor(story.workspace, "admin")
    return vault.save(actor, name, value, host, T0)


def go(story, call, url, **settings):
    story.publish(
        document({"h": hook(url, **settings), "x": END, "y": {**END, "settings": {"outcome": "sorry"}}})
    )
    story.happen("go", T0, story.person())
    call(T0 + SECOND)
    return Finished.objects.get().outcome


def test_the_signature_is_that_of_standard_webhooks():
    """The example of the specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    found = signing.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}', secret)
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_call_is_signed_and_the_receiver_can_check_it(story, hooks, call):
    _secret, made = keep(story, "shop", "")
    assert made.startswith("whsec_")
    assert go(story, call, f"{hooks.url}/ok", body='{"a": 1}', secret="shop") == "done"
    (got,) = hooks.calls
    key = base64.b64decode(made.removeprefix("whsec_"))
    text = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{wanted}"
    assert got.headers["webhook-timestamp"] == str(int((T0 + SECOND).timestamp()))


def test_a_secret_in_a_header_is_nowhere_in_the_clear(story, hooks, call):
    keep(story, "crm", "s3cret-token", "127.0.0.1")
    headers = {"Authorization": "Bearer {{ secrets.crm }}", "X-Name": "안나", "Host": "evil.example"}
    hooks.script = [(500, {})]
    story.publish(document({"h": hook(f"{hooks.url}/flaky", headers=headers), "x": END, "y": END}))
    story.happen("go", T0, story.person())
    call(T0 + SECOND)
    (got,) = hooks.calls
    assert got.headers["authorization"] == "Bearer s3cret-token" and got.headers["host"] == hooks.host
    assert got.headers["x-name"].encode("latin-1").decode() == "안나"
    assert "s3cret" not in Call.objects.get().request and "s3cret" not in Secret.objects.get().value
    call(T0 + 20 * SECOND)
    assert hooks.calls[1].headers["authorization"] == "Bearer s3cret-token"
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(route::text, '') from journeys_pass")
        assert "s3cret" not in cursor.fetchone()[0]


@pytest.mark.parametrize(
    "given", [{"headers": {"X-Key": "{{ secrets.crm }}"}}, {"body": "{{ secrets.crm }}"}]
)
def test_a_secret_without_a_host_signs_and_is_told_to_nobody(story, hooks, call, given):
    keep(story, "crm", "s3cret-token")
    assert go(story, call, f"{hooks.url}/ok", **given) == "sorry"
    assert hooks.calls == []
    steps = {"h": hook(f"{hooks.url}/ok", secret="crm", **given), "x": END, "y": END}
    found = checking.find(document(steps), story.workspace)
    assert [problem.code for problem in found if problem.severity == "error"] == ["secret_without_host"]
    steps["h"]["settings"] = {"url": f"{hooks.url}/ok", "secret": "crm"}
    assert not [one for one in checking.find(document(steps), story.workspace) if one.severity == "error"]


@pytest.mark.parametrize(
    "given",
    [{"secret": "crm"}, {"headers": {"X-Key": "{{ secrets.crm }}"}}, {"body": '{"k": "{{ secrets.crm }}"}'}],
)
def test_a_secret_goes_to_no_other_host(story, hooks, call, given):
    keep(story, "crm", "s3cret-token", "api.example.com")
    assert go(story, call, f"{hooks.url}/ok", **given) == "sorry"
    assert hooks.calls == []


def test_a_secret_that_is_gone_fails_the_call(story, hooks, call):
    assert go(story, call, f"{hooks.url}/ok", headers={"X-Key": "{{ secrets.gone }}"}) == "sorry"
    assert hooks.calls == []


def test_secrets_can_not_be_listed(story, hooks, call):
    keep(story, "crm", "s3cret-token")
    body = '{"a": "{% for s in secrets %}{{ s }}{% endfor %}{{ secrets }}{{ secrets | json }}{{ secrets.size }}"}'
    go(story, call, f"{hooks.url}/ok", body=body)
    assert all(b"s3cret" not in made.body and b"crm" not in made.body for made in hooks.calls)


def test_secrets_of_another_workspace_are_out_of_reach(story, hooks, call):
    vault.save(make_actor(make_workspace(), "admin"), "crm", "theirs", "", T0)
    assert go(story, call, f"{hooks.url}/ok", headers={"X-Key": "{{ secrets.crm }}"}) == "sorry"


@pytest.mark.django_db
def test_the_page_makes_replaces_and_deletes():
    workspace = make_workspace()
    client, _user = signed_in(workspace, "admin")
    made = client.post("/settings/secrets/", {"name": "shop", "value": "", "host": ""})
    text = made.content.decode()
    assert made.status_code == 201 and "whsec_" in text and "no-store" in made["Cache-Control"]
    assert "whsec_" not in client.get("/settings/secrets/").content.decode()
    assert (
        client.post(
            "/settings/secrets/", {"name": "shop", "value": "new", "host": "API.example.com"}
        ).status_code
        == 302
    )
    secret = Secret.objects.get()
    assert (
        secret.host == "api.example.com" and vault.load([workspace.pk])[workspace.pk]["shop"].value == "new"
    )
    client.post("/settings/secrets/", {"name": "shop", "value": "", "renew": "on", "host": ""})
    again = vault.load([workspace.pk])[workspace.pk]["shop"]
    assert again.value.startswith("whsec_") and again.host == ""
    silent = client.post("/settings/secrets/", {"name": "shop", "value": "", "host": "evil.example"})
    assert silent.status_code == 422 and "“shop” exists" in silent.content.decode()
    assert vault.load([workspace.pk])[workspace.pk]["shop"] == again
    for wrong in ({"name": "Shop 1"}, {"name": "a", "value": "x\ny"}, {"name": "a", "host": "https://a.b/c"}):
        assert client.post("/settings/secrets/", wrong).status_code == 422
    client.post(f"/settings/secrets/{secret.pk}/deletion/")
    assert Secret.objects.count() == 0
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "secret.created", "secret.changed", "secret.changed", "secret.deleted",
    ]  # fmt: skip
