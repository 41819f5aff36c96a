"""The list of people, a person's page, the sources."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from profiles import record_event
from profiles.call import Call
from profiles.models import Consent, Event, Profile, Source
from tests.factories.channels import make_topic
from tests.factories.workspaces import make_user, make_workspace
from workspaces.models import AuditEntry, Workspace

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def make(workspace: Workspace, number: int = 1, **attributes: Any) -> Profile:
    call = Call(
        "identify", NOW, user_id=f"member-{number}", traits={"first_name": f"Anna{number}", **attributes}
    )
    record_event.record(workspace.pk, None, [call], NOW, quiet=True)
    return Profile.objects.get(workspace=workspace, external_id=f"member-{number}")


def signed_in(workspace: Workspace, role: str = "marketer") -> Client:
    client = Client()
    client.force_login(make_user(workspace, role), backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize("people", [1, 3])
def test_the_list_needs_the_same_queries_for_any_number(
    workspace: Workspace, people: int, django_assert_num_queries: Any
) -> None:
    for number in range(people):
        make(workspace, number)
    client = signed_in(workspace)
    client.get(reverse("profiles:list"))
    with django_assert_num_queries(6):
        answer = client.get(reverse("profiles:list"))
    assert text(answer).count("data-href") == people


@pytest.mark.parametrize("role", ["marketer", "viewer"])
def test_the_list_hides_contact_details(workspace: Workspace, role: str) -> None:
    make(workspace, email="anna.kim@example.com", phone="+821012345678")
    page = text(signed_in(workspace, role).get(reverse("profiles:list")))
    assert "anna.kim@example.com" not in page
    assert "010-••••-5678" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("anna1", 1), ("Anna", 3), ("seo", 1), ("member-2", 1), ("mail1@", 1), ("김서연", 1), ("서연", 1),
        ("010-1234-0002", 1), ("nobody", 0), ("%", 0), ("\0", 3), ("x" * 3000, 0),
    ],
)  # fmt: skip
def test_search_finds_by_name_address_phone_and_id(workspace: Workspace, query: str, found: int) -> None:
    Workspace.objects.update(default_locale="ko")
    for number in range(3):
        make(workspace, number, email=f"mail{number}@example.com", phone=f"+82101234{number:04}")
    Profile.objects.filter(external_id="member-0").update(
        attributes={"first_name": "서연", "last_name": "김", "name": "Anna0 Seoyeon"}
    )
    make(make_workspace(), 1)
    page = text(signed_in(workspace).get(reverse("profiles:list"), {"q": query}))
    assert page.count("data-href") == found


def test_who_may_not_see_addresses_cannot_search_them(workspace: Workspace) -> None:
    make(workspace, email="mail@example.com")
    page = text(signed_in(workspace, "viewer").get(reverse("profiles:list"), {"q": "mail@"}))
    assert "data-href" not in page


def test_the_list_goes_on_page_by_page(workspace: Workspace) -> None:
    calls = [Call("identify", NOW, user_id=f"u{number}") for number in range(95)]
    record_event.record(workspace.pk, None, calls, NOW, quiet=True)
    client = signed_in(workspace)
    seen, url = 0, reverse("profiles:list")
    for shown in (40, 80, 95):
        answer = client.get(url)
        seen += text(answer).count("data-href")
        assert f"{shown} of 95 people" in text(answer)
        assert seen == shown
        url = f"?after={answer.context['next']}&shown={shown}&total=95"
        url = reverse("profiles:list") + url


def test_an_empty_list_says_how_to_begin(workspace: Workspace, source: Source) -> None:
    assert source.write_key in text(signed_in(workspace, "admin").get(reverse("profiles:list")))
    page = text(signed_in(workspace, "viewer").get(reverse("profiles:list")))
    assert source.write_key not in page
    assert "/v1/track" in page


def test_a_person_with_everything_that_happened(workspace: Workspace, source: Source) -> None:
    person = make(workspace, email="anna.kim@example.com", plan="pro", address={"street": "Secret road 1"})
    make_topic(workspace, "offers")
    make_topic(workspace, "news")
    Consent.objects.create(profile=person, medium="email", topic="offers", state="granted", at=NOW)
    calls = [
        Call(
            "track",
            NOW - timedelta(days=n),
            user_id="member-1",
            event="order_completed",
            properties={"total": n},
        )
        for n in range(3)
    ]
    record_event.record(workspace.pk, source.pk, calls, NOW, quiet=True)
    page = text(signed_in(workspace).get(reverse("profiles:person", args=[person.public_id])))
    assert "anna.kim@example.com" not in page
    assert "Secret road" not in page
    for word in (
        "Anna1",
        "member-1",
        "Agreed",
        "Not asked",
        "Placed an order",
        "total 2",
        "pro",
        "Show hidden",
    ):
        assert word in page, word
    assert page.count('<span class="font-[600] wrap-anywhere">Placed an order') == 3


@pytest.mark.parametrize("events", [1, 3])
def test_a_person_needs_the_same_queries_for_any_history(
    workspace: Workspace, source: Source, events: int, django_assert_num_queries: Any
) -> None:
    person = make(workspace)
    calls = [Call("track", NOW, user_id="member-1", event=f"e{n}") for n in range(events)]
    record_event.record(workspace.pk, source.pk, calls, NOW, quiet=True)
    client = signed_in(workspace)
    url = reverse("profiles:person", args=[person.public_id])
    first = len(_queries(lambda: client.get(url)))
    with django_assert_num_queries(first):
        client.get(url)


def _queries(work: Any) -> list[Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    work()
    with CaptureQueriesContext(connection) as captured:
        work()
    return list(captured)


def test_the_timeline_goes_back_and_filters(workspace: Workspace, source: Source) -> None:
    person = make(workspace)
    calls = [
        Call("track", NOW - timedelta(hours=n // 2), user_id="member-1", event=f"step{n}") for n in range(70)
    ]
    record_event.record(workspace.pk, source.pk, calls, NOW, quiet=True)
    client = signed_in(workspace)
    url = reverse("profiles:person", args=[person.public_id])
    seen: list[str] = []
    query: dict[str, str] = {}
    for _turn in range(3):
        page = client.get(url, query).context["page"]
        seen += [str(entry.title) for entry in page.entries]
        query = {"before": page.next_before.isoformat() if page.next_before else ""}
    assert len(seen) == len(set(seen)) == 70
    assert len(client.get(url, {"kind": "web"}).context["page"].entries) == 30
    assert client.get(url, {"kind": "store"}).context["page"].entries == []
    assert client.get(url, {"kind": "nonsense", "before": "soon"}).status_code == 200


def test_hidden_details_are_shown_for_a_reason_that_is_kept(workspace: Workspace) -> None:
    person = make(workspace, email="anna.kim@example.com")
    client = signed_in(workspace)
    url = reverse("profiles:contact", args=[person.public_id])
    answer = client.post(url, {"reason": "She called about her parcel"}, follow=True)
    assert "anna.kim@example.com" in text(answer)
    assert answer["Cache-Control"] == "no-store"
    other = make(workspace, 2, email="bora.lee@example.com")
    page = reverse("profiles:person", args=[other.public_id])
    assert "bora.lee@example.com" not in text(client.get(page))
    entry = AuditEntry.objects.get(action="person.revealed")
    assert (entry.object_id, entry.detail) == (
        str(person.public_id),
        {"reason": "She called about her parcel"},
    )
    assert client.post(url, {"reason": " "}).status_code == 302
    assert signed_in(workspace, "viewer").post(url, {"reason": "x"}).status_code == 403
    assert AuditEntry.objects.count() == 1


def test_strangers_find_nothing_and_merged_people_lead_on(workspace: Workspace) -> None:
    person, other = make(workspace, 1), make(workspace, 2)
    assert (
        signed_in(make_workspace()).get(reverse("profiles:person", args=[person.public_id])).status_code
        == 404
    )
    record_event.record(
        workspace.pk, None, [Call("alias", NOW, user_id="member-2", previous_id="member-1")], NOW
    )
    answer = signed_in(workspace).get(reverse("profiles:person", args=[person.public_id]))
    assert answer["Location"] == reverse("profiles:person", args=[other.public_id])


def test_erasing_takes_everything_but_the_shell(workspace: Workspace, source: Source) -> None:
    person = make(workspace, email="anna.kim@example.com")
    calls = [
        Call(
            "track",
            NOW,
            user_id="member-1",
            anonymous_id="a",
            event="seen",
            consents={"email": {"*": "granted"}},
        )
    ]
    record_event.record(workspace.pk, source.pk, calls, NOW)
    url = reverse("profiles:erasure", args=[person.public_id])
    assert signed_in(workspace, "marketer").post(url).status_code == 403
    client = signed_in(workspace, "admin")
    assert client.post(url).status_code == 302
    person.refresh_from_db()
    assert (person.attributes, person.external_id, person.email) == ({}, None, None)
    assert not Event.objects.exists()
    assert not Consent.objects.exists()
    assert not person.identities.exists()
    assert "data-href" not in text(client.get(reverse("profiles:list")))
    assert client.get(reverse("profiles:person", args=[person.public_id])).status_code == 200
    refused = record_event.record(workspace.pk, source.pk, calls, NOW)
    assert (refused.stored, len(refused.rejected)) == (0, 1)
    assert not Profile.objects.filter(external_id="member-1").exists()
