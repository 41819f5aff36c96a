"""Messages go with their people: joined, erased."""

import pytest

from channels.models import Message, MessageBody, MessageEvent
from lib import clock
from profiles import signals
from tests.factories.channels import NOW, make_message, make_person
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


def test_joined_people_keep_their_messages():
    workspace = make_workspace()
    guest, customer = make_person(workspace), make_person(workspace)
    message = make_message(guest)
    MessageEvent.objects.create(
        workspace_id=workspace.pk, message_id=message.pk, profile_id=guest.pk, kind="opened", at=NOW
    )

    signals.profiles_merged.send(
        sender=None, workspace_id=workspace.pk, pairs=[(guest.pk, customer.pk)], now=clock.now()
    )

    assert Message.objects.get().profile_id == customer.pk
    assert MessageEvent.objects.get().profile_id == customer.pk


def test_erasure_takes_words_and_address_and_keeps_the_count():
    workspace = make_workspace()
    person = make_person(workspace)
    sent, waiting = make_message(person), make_message(person)
    Message.objects.filter(pk=sent.pk).update(state="sent")
    MessageBody.objects.create(message=sent, data={"subject": "Dear Ana"})

    signals.profile_erased.send(
        sender=None, workspace_id=workspace.pk, profile_ids=[person.pk], now=clock.now()
    )

    assert list(Message.objects.order_by("pk").values_list("state", "reason", "address", "variables")) == [
        ("sent", "", "", {}),
        ("skipped", "suppressed", "", {}),
    ]
    assert not MessageBody.objects.exists()
    waiting.refresh_from_db()
