"""Messages are made in batches, once each."""

from dataclasses import replace

import pytest
from django.db import connection, transaction

from channels import outbox
from channels.models import Message
from channels.outbox import MANY, Alike, NewMessage
from tests.factories.channels import NOW, make_person, make_smtp_account
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


def new(workspace, person, enrolment, seq=1, **fields):
    return NewMessage(
        workspace_id=workspace.pk, profile_id=person.pk, medium="email", created_at=NOW, due_at=NOW,
        enrolment_id=enrolment, seq=seq, **fields,
    )  # fmt: skip


def create(rows):
    with connection.cursor() as cursor:
        return outbox.create(cursor, rows)


def test_batch_is_one_statement_and_keeps_every_field(workspace, django_assert_num_queries):
    person = make_person(workspace)
    account = make_smtp_account(workspace, 25)
    rows = [
        new(workspace, person, n, journey_id=7, version_id=8, step="m1", topic="offers", address="a@example.com",
            locale="ko", variables={"entry": {"값": [1, None, "따옴표\" \\ 줄\n"]}}, expires_at=NOW)
        for n in range(1, 4)
    ]  # fmt: skip

    with django_assert_num_queries(1):
        assert create(rows) == {account.pk}

    message = Message.objects.get(enrolment_id=2)
    assert (message.journey_id, message.version_id, message.step, message.locale) == (7, 8, "m1", "ko")
    assert message.variables == {"entry": {"값": [1, None, '따옴표" \\ 줄\n']}}
    assert (message.account_id, message.state, message.attempts, message.due_at) == (
        account.pk,
        "created",
        0,
        NOW,
    )
    assert (message.expires_at, message.claimed_until, message.sent_at) == (NOW, None, None)


def test_same_visit_makes_one_message(workspace):
    person = make_person(workspace)
    row = new(workspace, person, 1, topic="first")

    create([row, replace(row)])
    create([replace(row, topic="again"), replace(row, seq=2)])

    assert list(Message.objects.order_by("seq").values_list("seq", "topic")) == [(1, "first"), (2, "first")]


def test_accounts_to_wake_are_those_with_something_to_send(workspace):
    person = make_person(workspace)

    assert create([new(workspace, person, 1, state="skipped", reason="no_consent")]) == set()
    assert create([new(workspace, person, 2)]) == {0}
    account = make_smtp_account(workspace, 25)
    other = make_smtp_account(workspace, 25, default=False)
    assert create([new(workspace, person, 3), new(workspace, person, 4, account_id=other.pk)]) == {
        account.pk,
        other.pk,
    }
    assert create([]) == set()


def test_rolled_back_with_its_transaction(workspace):
    person = make_person(workspace)

    with pytest.raises(RuntimeError), transaction.atomic():
        create([new(workspace, person, 1)])
        raise RuntimeError

    assert not Message.objects.exists()


def test_wake_without_a_broker_breaks_nothing(
    workspace, settings, django_capture_on_commit_callbacks, monkeypatch
):
    from kombu.exceptions import OperationalError

    from channels import tasks

    def refuse(**_):
        raise OperationalError

    monkeypatch.setattr(tasks.deliver_account, "apply_async", refuse)

    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        outbox.wake([3, 1, 3])

    assert len(callbacks) == 2


@pytest.mark.parametrize("there", [False, True])
def test_several_kinds_in_one_copy_and_what_is_there_stays(workspace, there):
    person, account = make_person(workspace), make_smtp_account(workspace, 25)
    if there:
        create([new(workspace, person, 3, step="before")])

    def kind(step, first, count):
        rows = [(person.pk, first + n, 1, f"a{n}@example.com", "en", '{"n": 1}') for n in range(count)]
        return Alike(new(workspace, person, None, step=step), rows)

    kinds = [kind("a", 1, MANY), kind("b", 1000, MANY), kind("c", 2000, 2), kind("d", 3000, 0)]
    with connection.cursor() as cursor:
        assert set().union(*outbox.create_alike(cursor, kinds)) == {account.pk}
    steps = list(Message.objects.values_list("step", flat=True))
    assert sorted(steps) == sorted(["a"] * (MANY - there) + ["b"] * MANY + ["c"] * 2 + ["before"] * there)
    assert set(Message.objects.exclude(step="before").values_list("account_id", flat=True)) == {account.pk}
