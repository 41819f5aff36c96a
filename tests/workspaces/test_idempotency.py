from datetime import timedelta

import pytest

from lib import clock
from tests.factories.workspaces import make_user
from workspaces.idempotency import KEEP
from workspaces.models import IdempotentRequest
from workspaces.tasks import forget_requests

pytestmark = pytest.mark.django_db


def test_answers_are_forgotten_after_a_day():
    user, now = make_user(), clock.now()
    for key, age in (("old", KEEP + timedelta(minutes=1)), ("new", KEEP - timedelta(minutes=1))):
        IdempotentRequest.objects.create(user=user, path="/x/", key=key, digest="d", created_at=now - age)
    assert forget_requests() == 1
    assert IdempotentRequest.objects.get().key == "new"
