"""An API key's scopes: what its role allows, they may take away."""

import pytest
from django.urls import get_resolver
from rest_framework.test import APIClient

from tests.factories.channels import NOW
from tests.factories.workspaces import make_user, make_workspace
from workspaces import api_keys, scopes
from workspaces.models import ApiKey

pytestmark = pytest.mark.django_db


def client_of(*given, role="admin"):
    workspace = make_workspace()
    _key, plain = api_keys.create(workspace, "K", role, [], at=NOW, scopes=given)
    return APIClient(headers={"Authorization": f"Bearer {plain}"})


def test_without_scopes_the_role_decides():
    assert client_of().get("/api/v1/profiles/").status_code == 200
    assert client_of(role="viewer").post("/api/v1/profiles/", {"external_id": "c1"}).status_code == 403


def test_read_reads_and_write_reads_and_changes():
    reader, writer = client_of("profiles:read"), client_of("profiles:write")
    assert (reader.get("/api/v1/profiles/").status_code, writer.get("/api/v1/profiles/").status_code) == (
        200,
        200,
    )
    refused = reader.post("/api/v1/profiles/", {"external_id": "c1"})
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    assert "This API key has no scope profiles:write." in refused.content.decode()
    assert writer.post("/api/v1/profiles/", {"external_id": "c1"}).status_code == 201


@pytest.mark.parametrize("resource", scopes.RESOURCES)
def test_a_key_reaches_its_own_resource_and_no_other(resource):
    client = client_of(f"{resource}:write")
    got = {each: client.get(f"/api/v1/{each}/").status_code for each in scopes.RESOURCES}
    assert got == {each: 200 if each == resource else 403 for each in scopes.RESOURCES}


def test_a_scope_gives_nothing_that_the_role_does_not():
    client = client_of("profiles:write", role="viewer")
    assert client.post("/api/v1/profiles/", {"external_id": "c1"}).status_code == 403


def test_a_preview_is_a_look():
    condition = {"condition": {"all": []}}
    assert client_of("segments:read").post("/api/v1/segments/preview/", condition, "json").status_code == 200
    assert client_of("profiles:write").post("/api/v1/segments/preview/", condition, "json").status_code == 403


def test_sessions_have_no_scopes(client):
    client.force_login(make_user(make_workspace(), "admin"))
    assert client.get("/api/v1/profiles/").status_code == 200


def test_every_resource_of_the_api_has_its_scope():
    patterns = [str(one.pattern) for one in get_resolver().url_patterns]
    assert "api/v1/" in patterns
    found = set()

    def walk(resolver, prefix):
        for one in getattr(resolver, "url_patterns", []):
            path = prefix + str(one.pattern).removeprefix("^")
            if hasattr(one, "url_patterns"):
                walk(one, path)
            elif path:
                found.add(path.split("/")[0])

    api = next(one for one in get_resolver().url_patterns if str(one.pattern) == "api/v1/")
    walk(api, "")
    assert found == set(scopes.RESOURCES)


def test_the_page_makes_a_key_with_scopes_and_says_so(client):
    workspace = make_workspace()
    client.force_login(make_user(workspace, "admin"))
    body = {"name": "Shop", "role": "admin", "scopes": ["profiles:write", "profiles:read", "journeys:read"]}
    assert client.post("/settings/api-keys/", body).status_code == 201
    assert ApiKey.objects.get().scopes == ["journeys:read", "profiles:read", "profiles:write"]
    html = client.get("/settings/api-keys/").content.decode()
    assert "People: read and change · Journeys: read</span>" in html
    assert client.post("/settings/api-keys/", body | {"scopes": ["everything"]}).status_code == 422
