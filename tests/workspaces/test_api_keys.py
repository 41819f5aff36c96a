from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from tests.factories.workspaces import make_actor, make_user, make_workspace, team
from workspaces import api_keys
from workspaces.models import ApiKey, AuditEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 17, 5, 32, tzinfo=UTC)
URL = "/settings/api-keys/"


class WhoAmI(APIView):
    def get(self, request):
        actor = request.actor
        return Response(
            {"name": actor.user.name, "role": actor.role.key, "teams": [t.slug for t in actor.teams]}
        )


def ask(header):
    request = APIRequestFactory().get("/", **({"HTTP_AUTHORIZATION": header} if header else {}))
    return WhoAmI.as_view()(request)


def test_key_acts_with_its_role_and_teams():
    workspace = make_workspace()
    key, plain = api_keys.create(workspace, "Web shop", "marketer", [team(workspace, "email")], at=NOW)
    assert plain.startswith("gk_")
    assert plain not in str(vars(key))
    answer = ask(f"Bearer {plain}")
    assert (answer.status_code, answer.data) == (
        200,
        {"name": "Web shop", "role": "marketer", "teams": ["email"]},
    )


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer gk_wrong", "Bearer gk_a b", "Bearer gk_ü", "Basic eDp5"]
)
def test_no_or_wrong_key_is_401(header):
    assert ask(header).status_code == 401


def test_revoked_key_is_401_at_once():
    workspace = make_workspace()
    actor = make_actor(workspace, "admin")
    key, plain = api_keys.create(workspace, "Old", "viewer", [], at=NOW, by=actor)
    api_keys.revoke(key, at=NOW, by=actor)
    api_keys.revoke(key, at=NOW, by=actor)
    assert ask(f"Bearer {plain}").status_code == 401
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["api_key.revoked", "api_key.created"]


def test_use_is_noted_at_most_once_a_minute():
    key, plain = api_keys.create(make_workspace(), "K", "viewer", [], at=NOW)
    for seconds, noted in ((0, 0), (30, 0), (61, 61)):
        api_keys.find(plain, at=NOW + timedelta(seconds=seconds))
        key.refresh_from_db()
        assert key.last_used_at == NOW + timedelta(seconds=noted)


def test_page_shows_a_new_key_once(client):
    workspace = make_workspace()
    client.force_login(make_user(workspace, "admin"))
    answer = client.post(URL, {"name": "Shop", "role": "editor", "teams": [team(workspace, "email").pk]})
    assert answer.status_code == 201
    html = answer.content.decode()
    plain = html[html.index(">gk_") + 1 :].split("<")[0]
    assert api_keys.find(plain, at=NOW).name == "Shop"
    assert plain not in client.get(URL).content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_page_asks_for_a_name(client):
    client.force_login(make_user(make_workspace(), "admin"))
    answer = client.post(URL, {"name": "", "role": "editor"})
    assert answer.status_code == 422
    assert "Give the key a name that says where it is used." in answer.content.decode()
    assert ApiKey.objects.count() == 0


def test_page_revokes_and_strangers_cannot(client):
    workspace = make_workspace()
    key, _plain = api_keys.create(workspace, "Shop", "editor", [], at=NOW)
    revocation = f"{URL}{key.pk}/revocation/"
    client.force_login(make_user(make_workspace(), "owner"))
    assert client.post(revocation).status_code == 404
    client.force_login(make_user(workspace, "marketer"))
    assert client.post(revocation).status_code == 403
    client.force_login(make_user(workspace, "admin"))
    assert client.post(revocation)["Location"] == URL
    key.refresh_from_db()
    assert key.revoked_at is not None


@pytest.mark.parametrize("keys", [1, 3])
def test_page_takes_the_same_queries_for_any_number_of_keys(client, django_assert_num_queries, keys):
    workspace = make_workspace()
    for number in range(keys):
        api_keys.create(workspace, f"K{number}", "editor", [team(workspace, "email")], at=NOW)
    client.force_login(make_user(workspace, "admin"))
    with django_assert_num_queries(7):
        assert client.get(URL).status_code == 200


def test_service_users_are_no_members_of_the_page(client):
    workspace = make_workspace()
    api_keys.create(workspace, "Ghost writer", "editor", [], at=NOW)
    client.force_login(make_user(workspace, "viewer"))
    assert "Ghost writer" not in client.get("/team/").content.decode()
