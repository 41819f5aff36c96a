"""Who may get a message: one statement, the first reason that holds."""

from datetime import timedelta

import pytest

from channels.eligibility import Eligibility, check
from channels.models import Suppression
from profiles.models import Consent
from tests.factories.channels import NOW, make_person, make_topic
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


def reasons(workspace, *people, medium="email", topic="offers"):
    return [found.reason for found in check(workspace.pk, medium, topic, [p.pk for p in people], NOW)]


def test_person_with_consent_gets_it_at_her_address_in_her_language(workspace):
    ana = make_person(
        workspace, email="Ana@Example.com", locale="ko-KR", consents={"email": {"offers": "granted"}}
    )

    assert check(workspace.pk, "email", "offers", [ana.pk], NOW) == [
        Eligibility("ana@example.com", "ko-KR", None, False)
    ]


def test_language_of_the_workspace_where_the_person_has_none(workspace):
    person = make_person(workspace)

    assert check(workspace.pk, "email", "offers", [person.pk], NOW)[0].locale == "en"


@pytest.mark.parametrize(
    ("consents", "reason"),
    [
        ({"offers": "granted"}, None),
        ({"*": "granted"}, None),
        ({"*": "granted", "offers": "withdrawn"}, "no_consent"),
        ({"*": "granted", "news": "withdrawn"}, None),
        ({"news": "granted"}, "no_consent"),
        ({"offers": "withdrawn"}, "no_consent"),
        ({}, "no_consent"),
    ],
)
def test_consent(workspace, consents, reason):
    assert reasons(workspace, make_person(workspace, consents={"email": consents})) == [reason]


@pytest.mark.parametrize(("later", "reason"), [(True, None), (False, "no_consent")])
def test_topic_granted_after_everything_was_withdrawn(workspace, later, reason):
    person = make_person(workspace, consents={"email": {"*": "withdrawn", "offers": "granted"}})
    moved = NOW + timedelta(days=1 if later else -1)
    Consent.objects.filter(profile=person, topic="offers").update(at=moved)

    assert reasons(workspace, person) == [reason]


def test_consent_of_another_medium_does_not_count(workspace):
    person = make_person(workspace, consents={"sms": {"*": "granted"}})

    assert reasons(workspace, person) == ["no_consent"]
    assert reasons(workspace, person, medium="sms") == [None]


def test_transactional_topic_needs_no_consent(workspace):
    make_topic(workspace, "orders", transactional=True)
    person = make_person(workspace, consents={"email": {"orders": "withdrawn"}})

    assert check(workspace.pk, "email", "orders", [person.pk], NOW)[0] == Eligibility(
        person.attributes["email"], "en", None, True
    )


@pytest.mark.parametrize(
    "email",
    [
        "",
        None,
        "nobody",
        "a b@example.com",
        "a@b",
        "a@example.com\nBcc: b@example.com",
        "<a@example.com>",
        "a@@b.com",
    ],
)
def test_address_that_is_none(workspace, email):
    assert reasons(workspace, make_person(workspace, email=email)) == ["no_address"]


@pytest.mark.parametrize("email", ["사람@예시.kr", "a+b@sub.example.co.kr", "o'neil@example.com"])
def test_address_of_unusual_kind(workspace, email):
    assert reasons(workspace, make_person(workspace, email=email)) == [None]


@pytest.mark.parametrize(
    ("phone", "reason"),
    [("010-1234-5678", None), ("+82 10 1234 5678", None), ("call me", "no_address"), ("12", "no_address")],
)
def test_phone_number(workspace, phone, reason):
    assert reasons(workspace, make_person(workspace, phone=phone), medium="sms") == [reason]


def test_suppressed_address_before_consent(workspace):
    person = make_person(workspace, email="gone@example.com", consents={})
    Suppression.objects.create(
        workspace=workspace, medium="email", address="gone@example.com", reason="hard_bounce", at=NOW
    )

    assert reasons(workspace, person) == ["suppressed"]


def test_answers_come_in_the_order_asked_and_strangers_have_no_address(workspace, django_assert_num_queries):
    other = make_person(make_workspace())
    people = [make_person(workspace, email=f"p{n}@example.com") for n in range(5)]
    erased = people[2]
    type(erased).objects.filter(pk=erased.pk).update(erased_at=NOW)

    asked = [*reversed(people), other]
    with django_assert_num_queries(1):
        found = check(workspace.pk, "email", "offers", [p.pk for p in asked], NOW)

    assert [one.address for one in found] == [
        "p4@example.com",
        "p3@example.com",
        "",
        "p1@example.com",
        "p0@example.com",
        "",
    ]
    assert [one.reason for one in found] == [None, None, "no_address", None, None, "no_address"]


def test_nobody_costs_no_query(workspace, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert check(workspace.pk, "email", "offers", [], NOW) == []
