import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from profiles import known_names, write_keys
from profiles.models import Source
from tests.factories.workspaces import make_workspace
from workspaces.models import Workspace


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    known_names.forget()
    write_keys.forget()


@pytest.fixture
def workspace(db: None) -> Workspace:
    return make_workspace()


@pytest.fixture
def source(workspace: Workspace) -> Source:
    return Source.objects.create(workspace=workspace, name="Web shop")


@pytest.fixture
def send(source: Source) -> Callable[..., Any]:
    """send("track", {...}) or send("track", b"raw", key=..): the answer of /v1/track."""
    client = Client()

    def call(path: str, body: Any, *, key: str | None = None, **headers: str) -> Any:
        token = base64.b64encode(f"{source.write_key if key is None else key}:".encode()).decode()
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"authorization": f"Basic {token}", **headers}
        return client.post(f"/v1/{path}", data, content_type="application/json", headers=given)

    return call
