"""Names over HTTP: which join, which name nobody, and what a workspace may decide."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from profiles import identity_rules
from profiles.models import Event, Identity, IdentityRules, Profile, Source
from tests.factories.workspaces import make_user
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = [
    "null", "NULL", "undefined", "none", "0", "0000", "anonymous", "guest", "unknown", "[object Object]", "NaN",
    "00000000-0000-0000-0000-000000000000", "-", "N/A", " None ", "false",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_rules() -> None:
    identity_rules.forget()


def living() -> list[str | None]:
    return list(Profile.objects.filter(merged_into=None).order_by("id").values_list("external_id", flat=True))


@pytest.mark.parametrize("value", NOBODY)
def test_a_value_that_names_nobody_is_refused_with_the_reason(send: Any, value: str) -> None:
    for call in ({"userId": value}, {"anonymousId": value}):
        answer = send("track", {**call, "event": "seen"})
        assert answer.status_code == 400
        assert "names nobody" in answer.json()["detail"]
    assert not Profile.objects.exists()


def test_the_next_name_counts_where_the_first_names_nobody(send: Any) -> None:
    assert send("track", {"userId": "null", "anonymousId": "a-1", "event": "seen"}).status_code == 200
    assert send("identify", {"userId": "0", "traits": {"email": "Anna@example.com"}}).status_code == 200
    assert send("identify", {"userId": "none", "traits": {"email": "anna@example.com"}}).status_code == 200
    assert living() == [None, None]
    assert sorted(Identity.objects.values_list("kind", "value")) == [
        ("anonymous_id", "a-1"), ("email", "anna@example.com"),
    ]  # fmt: skip


def test_a_workspace_may_block_values_of_its_own(send: Any, source: Source) -> None:
    IdentityRules.objects.create(workspace=source.workspace, blocked=["kiosk-7"])
    answer = send("batch", {"batch": [
        {"type": "track", "userId": "Kiosk-7", "event": "seen"}, {"type": "track", "userId": "u", "event": "seen"},
    ]})  # fmt: skip
    assert answer.json()["rejected"] == [{"index": 0, "reason": "userId 'Kiosk-7' names nobody"}]
    assert living() == ["u"]


def test_the_rules_are_set_over_the_api(send: Any, source: Source) -> None:
    client = APIClient()
    client.force_login(make_user(source.workspace, "owner"))
    path = "/api/v1/profiles/identity-rules/"
    assert client.get(path).json() == {"blocked": [], "email_joins": False, "phone_joins": False}
    given = {"blocked": ["Kiosk", "kiosk "], "email_joins": True, "phone_joins": False}

    def put(body: Any, tag: str | None) -> Any:
        return client.put(path, body, format="json", headers={"If-Match": tag} if tag else {})

    first = client.get(path)["ETag"]
    assert put(given, None).status_code == 428
    changed = put(given, first)
    assert changed.json() == {**given, "blocked": ["kiosk"]}
    assert put(given, first).status_code == 412
    assert client.get(path)["ETag"] == changed["ETag"] != first
    assert put({**given, "blocked": ["a\0"]}, changed["ETag"]).status_code == 400
    entry = AuditEntry.objects.get(action="workspace.identity_rules_changed")
    assert entry.detail == {
        "blocked_added": 1,
        "blocked_removed": 0,
        "email_joins": True,
        "phone_joins": False,
    }
    assert send("track", {"userId": "KIOSK", "event": "seen"}).status_code == 400


def test_external_ids_and_devices_join(send: Any) -> None:
    crm = {"externalIds": [{"id": 77, "type": "CRM id", "collection": "users", "encoding": "none"}]}
    phone = {"device": {"token": "t-12345678", "type": "ios"}}
    send("track", {"anonymousId": "a", "event": "one", "context": crm})
    send("track", {"anonymousId": "b", "event": "two", "context": phone})
    send("track", {"userId": "u", "event": "three", "context": {**crm, **phone}})
    assert living() == ["u"]
    assert set(Event.objects.values_list("profile_id", flat=True)) == {
        Profile.objects.get(external_id="u").pk
    }
    rudder = {"externalId": [{"type": "CRM id", "id": "77"}]}
    send("track", {"event": "four", "context": rudder})
    assert Event.objects.get(name="four").profile_id == Profile.objects.get(external_id="u").pk


@pytest.mark.parametrize(
    "given",
    [
        7,
        "x",
        [7],
        [{"id": {}, "type": "t"}],
        [{"id": "1"}],
        [{"id": "1", "type": "t", "collection": "accounts"}],
    ],
)
def test_external_ids_that_cannot_be_read_are_passed_over(send: Any, given: Any) -> None:
    answer = send("track", {"userId": "u", "event": "x", "context": {"externalIds": given, "device": given}})
    assert answer.status_code == 200
    assert not Identity.objects.exists()


def test_a_shared_address_joins_nobody(send: Any) -> None:
    for user in ("u", "v"):
        send(
            "identify", {"userId": user, "anonymousId": f"a-{user}", "traits": {"email": "info@example.com"}}
        )
    assert living() == ["u", "v"]


def test_two_sources_fighting_over_an_address_merge_nobody(send: Any, source: Source) -> None:
    IdentityRules.objects.create(workspace=source.workspace, email_joins=True, phone_joins=True)
    for turn in range(3):
        for user in ("u", "v", "w"):
            traits = {"email": "info@example.com", "phone": "+821012345678", "turn": turn}
            assert send("identify", {"userId": user, "traits": traits}).status_code == 200
    assert [name for name in living() if name] == ["u", "v", "w"]
    assert Profile.objects.exclude(merged_into=None).count() == 0


def test_somebody_named_by_an_address_alone_is_the_user_who_has_it(send: Any) -> None:
    form = {"traits": {"email": "anna@example.com", "plan": "news"}}
    assert send("identify", form).status_code == 200
    assert send("identify", {"userId": "u", "traits": {"email": "ANNA@example.com"}}).status_code == 200
    assert send("identify", {"traits": {"email": "anna@example.com", "city": "Seoul"}}).status_code == 200
    assert living() == ["u"]
    assert Profile.objects.get(external_id="u").attributes == {
        "email": "anna@example.com", "plan": "news", "city": "Seoul",
    }  # fmt: skip


def test_an_address_of_several_names_nobody(send: Any) -> None:
    for user in ("u", "v"):
        send("identify", {"userId": user, "traits": {"email": "info@example.com"}})
    answer = send("identify", {"traits": {"email": "info@example.com"}})
    assert answer.status_code == 400
    assert "several people have this email" in answer.json()["detail"]
    assert Profile.objects.count() == 2


def test_addresses_join_visitors_where_the_workspace_says_so(send: Any, source: Source) -> None:
    def story() -> None:
        send("identify", {"anonymousId": "a", "traits": {"email": "anna@example.com"}})
        send("identify", {"userId": "u", "traits": {"email": "anna@example.com"}})

    story()
    assert living() == [None, "u"]
    Profile.objects.all().delete()
    IdentityRules.objects.create(workspace=source.workspace, email_joins=True)
    story()
    assert living() == ["u"]


def test_one_token_in_everyones_hand_gathers_a_handful_at_most(send: Any) -> None:
    calls = [
        {
            "type": "track",
            "anonymousId": f"a-{n}",
            "event": "seen",
            "context": {"device": {"token": "test-token"}},
        }
        for n in range(60)
    ]
    for start in range(0, 60, 7):
        assert "rejected" not in send("batch", {"batch": calls[start : start + 7]}).json()
    assert len(living()) > 35


def test_group_traits_stay_with_the_person(send: Any) -> None:
    send("group", {"userId": "u", "groupId": "acme", "traits": {"plan": "team", "seats": 5}})
    assert Profile.objects.get().attributes == {"group": {"id": "acme", "plan": "team", "seats": 5}}
