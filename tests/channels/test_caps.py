"""At most so many messages to one person: when a message is made, and once more before it goes out."""

from datetime import timedelta

import pytest

from channels.claim import claim, recheck
from channels.eligibility import check
from channels.models import Message
from tests.factories.channels import NOW, make_message, make_person, make_smtp_account, make_topic
from tests.factories.workspaces import make_user, make_workspace
from workspaces.models import AuditEntry, Workspace

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def workspace():
    made = make_workspace()
    make_topic(made)
    return made


def cap(workspace, *caps):
    workspace.message_caps = [{"medium": medium, "count": count, "per": per} for medium, count, per in caps]
    workspace.save(update_fields=["message_caps"])


def sent(person, at, **fields):
    state = fields.pop("state", "sent")
    message = make_message(person, created_at=at, due_at=at, **fields)
    Message.objects.filter(pk=message.pk).update(state=state, sent_at=at if state == "sent" else None)


def reason(person, medium="email", topic="offers", now=NOW):
    (found,) = check(person.workspace_id, medium, topic, [person.pk], now)
    return found.reason


def test_without_caps_anything_goes(workspace):
    person = make_person(workspace)
    for hours in range(30):
        sent(person, NOW - timedelta(hours=hours))
    assert reason(person) is None


@pytest.mark.parametrize(
    ("per", "ago", "expected"),
    [
        ("day", timedelta(hours=23, minutes=59), "frequency_cap"),
        ("day", timedelta(hours=24), None),
        ("week", timedelta(days=6, hours=23), "frequency_cap"),
        ("week", timedelta(days=7), None),
    ],
)
def test_a_day_is_24_hours_and_a_week_seven_days(workspace, per, ago, expected):
    cap(workspace, ("email", 1, per))
    person = make_person(workspace)
    sent(person, NOW - ago)
    assert reason(person) == expected


def test_the_count_is_of_the_person_the_medium_and_the_workspace(workspace):
    cap(workspace, ("email", 2, "day"), ("*", 3, "day"))
    other = make_workspace()
    person, somebody, stranger = make_person(workspace), make_person(workspace), make_person(other)
    for who in (somebody, stranger):
        for _number in range(3):
            sent(who, NOW - timedelta(hours=1))
    sent(person, NOW - timedelta(hours=2))
    assert (reason(person), reason(person, "sms")) == (None, None)
    sent(person, NOW - timedelta(hours=2))
    assert (reason(person), reason(person, "sms")) == ("frequency_cap", None)
    sent(person, NOW - timedelta(hours=2), medium="sms")
    assert reason(person, "sms") == "frequency_cap"
    assert reason(stranger) is None


def test_what_never_went_out_does_not_count_and_what_is_about_to_does(workspace):
    cap(workspace, ("*", 1, "day"))
    person = make_person(workspace)
    for state in ("skipped", "failed", "held"):
        sent(person, NOW - timedelta(hours=1), state=state)
    sent(person, NOW - timedelta(hours=1), transactional=True)
    assert reason(person) is None
    make_message(person, created_at=NOW - timedelta(hours=1))
    assert reason(person) == "frequency_cap"


def test_order_papers_are_exempt(workspace):
    make_topic(workspace, "orders", transactional=True)
    cap(workspace, ("*", 1, "day"))
    person = make_person(workspace)
    sent(person, NOW - timedelta(hours=1))
    assert (reason(person), reason(person, topic="orders")) == ("frequency_cap", None)


def test_other_reasons_come_first(workspace):
    cap(workspace, ("*", 1, "day"))
    person = make_person(workspace, consents={})
    sent(person, NOW - timedelta(hours=1))
    assert reason(person) == "no_consent"


def test_a_batch_is_one_statement_with_and_without_caps(workspace, django_assert_num_queries):
    people = [make_person(workspace) for _number in range(3)]
    sent(people[1], NOW - timedelta(hours=1))
    for caps, reasons in (((), [None] * 3), ([("email", 1, "day")], [None, "frequency_cap", None])):
        cap(workspace, *caps)
        with django_assert_num_queries(1):
            found = check(workspace.pk, "email", "offers", [person.pk for person in people], NOW)
        assert [one.reason for one in found] == reasons


def test_of_messages_made_at_once_the_first_go_out(workspace):
    cap(workspace, ("email", 2, "day"))
    account = make_smtp_account(workspace, 25)
    person = make_person(workspace)
    frozen = make_message(person, account_id=account.pk)
    Message.objects.filter(pk=frozen.pk).update(frozen=True)  # of a paused journey: it goes nowhere now
    for _number in range(4):
        make_message(person, account_id=account.pk)
    verdicts = recheck(claim(account.pk, NOW), NOW)
    assert [verdicts[key].reason for key in sorted(verdicts)] == [
        None,
        None,
        "frequency_cap",
        "frequency_cap",
    ]
    Message.objects.filter(pk__in=sorted(verdicts)[:2]).update(state="sent", sent_at=NOW)
    Message.objects.filter(pk__in=sorted(verdicts)[2:]).update(state="skipped")
    Message.objects.filter(pk=frozen.pk).update(frozen=False)
    (verdict,) = recheck(claim(account.pk, NOW), NOW).values()
    assert verdict.reason == "frequency_cap"


def test_a_test_of_a_channel_is_nobodys_message(workspace):
    cap(workspace, ("email", 1, "day"))
    account = make_smtp_account(workspace, 25)
    person = make_person(workspace)
    for _number in range(2):
        make_message(person, account_id=account.pk)
    Message.objects.update(profile_id=0)
    assert {verdict.reason for verdict in recheck(claim(account.pk, NOW), NOW).values()} == {None}


URL = "/settings/channels/caps/"


def test_the_page_sets_and_lifts_caps(client, workspace):
    client.force_login(make_user(workspace, "admin"))
    assert client.get("/settings/channels/").status_code == 200
    answer = client.post(URL, {"all_week": "5", "email_day": "1", "sms_day": ""})
    assert answer["Location"] == "/settings/channels/"
    workspace.refresh_from_db()
    assert workspace.message_caps == [
        {"medium": "*", "per": "week", "count": 5},
        {"medium": "email", "per": "day", "count": 1},
    ]
    html = client.get("/settings/channels/").content.decode()
    assert 'name="all_week" value="5"' in html
    client.post(URL, {"all_week": "5", "email_day": "1"})
    assert AuditEntry.objects.filter(action="message_caps.changed").count() == 1  # nothing new
    client.post(URL, {})
    assert Workspace.objects.get(pk=workspace.pk).message_caps == []


@pytest.mark.parametrize("count", ["0", "-1", "x", "1001"])
def test_a_cap_that_is_none_is_refused(client, workspace, count):
    client.force_login(make_user(workspace, "admin"))
    answer = client.post(URL, {"email_day": count})
    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode()
    assert Workspace.objects.get(pk=workspace.pk).message_caps == []
