"""Rate limits, counted in one place by all."""

import pytest
from django.core.cache import caches
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from tests.factories.workspaces import make_user, make_workspace
from workspaces import throttling


class Three(throttling.UserThrottle):
    rate = "3/min"


class Door(APIView):
    throttle_classes = [Three]
    permission_classes = []
    authentication_classes = []

    def get(self, request):
        return Response({})


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(throttling, "_away_until", 0.0)
    moment = [1_000_040.0]  # twenty seconds into a minute
    monkeypatch.setattr(Three, "timer", lambda _self: moment[0])
    return moment


def ask(user):
    request = APIRequestFactory().get("/")
    request.user = request._force_auth_user = user
    return Door.as_view()(request)


@pytest.mark.django_db
def test_the_limit_holds_until_the_minute_is_over_and_for_each_by_herself(clock):
    workspace = make_workspace()
    ana, ben = make_user(workspace), make_user(workspace)
    assert [ask(ana).status_code for _call in range(4)] == [200, 200, 200, 429]
    assert ask(ana)["Retry-After"] == "40"
    assert ask(ben).status_code == 200
    clock[0] += 40
    assert ask(ana).status_code == 200


@pytest.mark.django_db
def test_processes_count_together(settings):
    assert settings.CACHES["shared"]["BACKEND"].endswith("RedisCache")
    user = make_user(make_workspace())
    assert ask(user).status_code == 200
    window = 1_000_040 // 60
    assert caches["shared"].get(f"throttle_user_{user.pk}:{window}") == 1
    caches["shared"].set(f"throttle_user_{user.pk}:{window}", 3)  # what others counted
    assert ask(user).status_code == 429


@pytest.mark.django_db
def test_while_the_cache_is_away_everybody_may_call(monkeypatch):
    import redis

    asked = []

    class Away:
        def incr(self, key):
            asked.append(key)
            raise redis.ConnectionError("refused")

    monkeypatch.setattr(throttling, "caches", {"shared": Away()})
    user = make_user(make_workspace())
    assert [ask(user).status_code for _call in range(5)] == [200] * 5
    assert len(asked) == 1  # and nobody waits for it at every call
