from datetime import timedelta

import pytest
from django.db import connection

from lib import clock
from lib.partitions import month_start
from profiles import tasks
from profiles.models import MessageId
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def test_partitions_are_made_ahead_once() -> None:
    ahead = f"profiles_event_{month_start(clock.now(), tasks.MONTHS_AHEAD):%Y%m}"
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {ahead}")
    assert ahead in tasks.make_partitions()
    assert tasks.make_partitions() == []


def test_old_message_ids_are_forgotten_in_chunks(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    for number in range(7):
        age = timedelta(hours=47 if number == 6 else 49)
        MessageId.objects.create(workspace_id=workspace.pk, message_id=f"m{number}", seen_at=now - age)
    monkeypatch.setattr(tasks, "CHUNK", 4)
    assert tasks.forget_message_ids() == 6
    assert MessageId.objects.get().message_id == "m6"
