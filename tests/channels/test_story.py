"""What a person's timeline says about her messages."""

from datetime import timedelta

import pytest
from django.utils import translation

from channels import happened, story
from channels.models import Message, MessageBody
from profiles.masking import of_nobody
from profiles.models import Event
from tests.factories.channels import NOW, make_message, make_person
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return make_person(make_workspace())


def sent(person, at=NOW, **data):
    message = make_message(person, created_at=at, state="created")
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=at)
    MessageBody.objects.create(message=message, data=data)
    return message


def told(person, before=None, limit=30):
    found = story.entries(person, before, limit, of_nobody(person.workspace_id))
    return [
        (entry.icon, str(entry.title), str(entry.text)) for entry in sorted(found, key=lambda entry: entry.at)
    ]


def test_sent_opened_and_clicked(person):
    message = sent(person, subject="Your cart", html="<p>x</p>")
    for minutes in (1, 2):
        happened.opened(message.public_id, NOW + timedelta(minutes=minutes))
    happened.clicked(message.public_id, "https://shop.example/", NOW + timedelta(minutes=3))

    assert told(person) == [
        ("mail", "“Your cart”", "Sent"),
        ("mail-open", "Opened “Your cart”", ""),
        ("mouse-pointer-click", "Clicked in “Your cart”", "https://shop.example/"),
    ]
    assert list(Event.objects.order_by("ts").values_list("name", flat=True)) == [
        "message_opened",
        "message_clicked",
    ]


def test_reasons_in_words_of_the_reader(person):
    make_message(person, state="skipped", reason="no_consent")
    failed = make_message(person, medium="sms", created_at=NOW + timedelta(minutes=1))
    Message.objects.filter(pk=failed.pk).update(state="failed", reason="provider_refused", error="21211")

    assert told(person) == [
        ("mail-x", "Email", "Not sent · There is no consent for this topic."),
        (
            "message-square-x",
            "Text message (SMS)",
            "Failed · The provider did not take it (21211)",
        ),
    ]


def test_message_that_will_be_tried_again(person):
    message = make_message(person)
    Message.objects.filter(pk=message.pk).update(error="451 Try again later")

    assert told(person) == [
        ("mail", "Email", "Waiting to be sent · It will be tried again: 451 Try again later")
    ]


def test_pages_and_their_queries(person, django_assert_num_queries):
    for minute in range(4):
        message = sent(person, NOW + timedelta(minutes=minute), subject=f"Mail {minute}")
        happened.clicked(message.public_id, "https://a.example/", NOW + timedelta(minutes=minute, seconds=30))

    with django_assert_num_queries(4):
        found = told(person, before=NOW + timedelta(minutes=2), limit=1)

    assert [title for _icon, title, _text in found] == ["“Mail 1”", "Clicked in “Mail 1”"]


def test_languages_are_complete(person):
    with translation.override("ko"):
        assert told(person) == []
