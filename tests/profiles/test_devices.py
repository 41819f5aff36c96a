import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles import devices, membership
from profiles.erase import erase
from profiles.membership import index as indexes
from profiles.models import Consent, Device, Profile, Segment, Source
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db
TOKEN = "fQ3x-token:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx"
ENDPOINT = "https://updates.push.services.example/wpush/v2/gAAAAAB"
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


@pytest.fixture
def source(workspace):
    return Source.objects.create(workspace=workspace, name="App", kind="app", write_key="wk_devices")


@pytest.fixture
def call(client, source):
    def send(kind, body, method="post", **more):
        more.setdefault("headers", {"Origin": "https://shop.example"})
        return getattr(client, method)(
            f"/v1/{kind}",
            json.dumps({"writeKey": source.write_key, **body}) if isinstance(body, dict) else body,
            content_type="application/json",
            **more,
        )

    return send


def context(token=TOKEN, type_="ios", **more):
    return {
        "context": {"device": {"type": type_, "token": token, **more}, "app": {"namespace": "example.shop"}}
    }


def owner(token=TOKEN):
    return Device.objects.get(token=token).profile.external_id


def test_a_call_brings_its_device(call):
    assert call("track", {"userId": "ana", "event": "Opened", **context()}).status_code == 200

    device = Device.objects.get()
    assert (device.profile.external_id, device.kind, device.token) == ("ana", "ios", TOKEN)
    assert (device.app, device.state, device.keys) == ("example.shop", "active", {})


def test_the_same_device_again_writes_nothing(call):
    call("track", {"userId": "ana", "event": "Opened", **context()})
    before = Device.objects.values().get()

    call("track", {"userId": "ana", "event": "Closed", **context()})

    assert Device.objects.values().get() == before


def test_a_token_moves_to_whom_it_is_seen_at(call):
    call("identify", {"userId": "ana", **context()})
    call("identify", {"userId": "ben", **context()})

    assert owner() == "ben"
    assert Device.objects.count() == 1


def test_an_older_call_does_not_take_the_device_back(call):
    call("identify", {"userId": "ben", **context()})
    late = {"userId": "ana", "event": "Opened", "timestamp": "2020-01-01T00:00:00Z"}

    call("track", {**late, **context()})

    assert owner() == "ben"


def test_segments_hear_of_a_device(call, workspace, django_capture_on_commit_callbacks):
    indexes.forget()
    segment = Segment.objects.create(
        workspace=workspace, slug="push", name="Push", condition={"reachable": "push"}
    )
    membership.track(segment, datetime.now(UTC))
    call("identify", {"userId": "ana"})
    assert not segment.members.exists()

    with django_capture_on_commit_callbacks(execute=True):
        call("identify", {"userId": "ana", **context()})

    ana = Profile.objects.get(external_id="ana")
    assert list(segment.members.values_list("profile_id", flat=True)) == [ana.pk]


def test_a_lost_device_that_calls_again_is_back(call):
    call("identify", {"userId": "ana", **context()})
    devices.gone([Device.objects.get().pk])
    assert devices.active_of([Profile.objects.get(external_id="ana").pk]) == {}

    call("identify", {"userId": "ana", **context()})

    assert Device.objects.get().state == "active"


@pytest.mark.parametrize(
    "device",
    [
        {"type": "ios"},
        {"type": "fridge", "token": TOKEN},
        {"type": "ios", "token": 17},
        {"type": "ios", "token": "with space"},
        {"type": "ios", "token": "short"},
        {"type": "ios", "token": "x" * 2001},
        {"type": "ios", "token": ENDPOINT},
        "phone",
        None,
    ],
)
def test_what_is_no_device_is_left_alone(call, device):
    body = {"userId": "ana", "event": "Opened", "context": {"device": device}}

    assert call("track", body).status_code == 200
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("device", "os", "kind"),
    [
        ("Android", None, "android"),
        (None, "iPadOS", "ios"),
        ("iPhone", None, "ios"),
        ("handset", "Android", "android"),
    ],
)
def test_kinds_are_read_from_what_trackers_write(device, os, kind):
    found = devices.of_context({"device": {"type": device, "token": TOKEN}, "os": {"name": os}})

    assert found is not None
    assert found.kind == kind


def test_a_batch_writes_its_devices_in_one_statement(call):
    calls = [
        {"type": "track", "event": "Opened", "userId": f"p{n}", **context(f"token-number-{n}")}
        for n in range(5)
    ]

    with CaptureQueriesContext(
        connection,
    ) as queries:
        call("batch", {"batch": calls})

    assert Device.objects.count() == 5
    assert len([one for one in queries if "profiles_device" in one["sql"]]) == 1


def test_calls_without_a_device_cost_no_statement(call):
    with CaptureQueriesContext(connection) as queries:
        call("track", {"userId": "ana", "event": "Opened", "context": {"device": {"type": "ios"}}})

    assert [one for one in queries if "profiles_device" in one["sql"]] == []


def test_devices_follow_a_merge(call):
    call("track", {"anonymousId": "a1", "event": "Opened", **context()})
    call("identify", {"userId": "ana"})

    call("identify", {"userId": "ana", "anonymousId": "a1"})

    assert owner() == "ana"


def test_erasing_takes_the_devices_along(call, workspace):
    call("identify", {"userId": "ana", **context()})

    erase(make_actor(workspace, "owner"), Profile.objects.get(external_id="ana"), datetime.now(UTC))

    assert not Device.objects.exists()


# --- /v1/devices -----------------------------------------------------------------------------------------------------


def test_a_browser_registers_its_subscription(call):
    answer = call(
        "devices",
        {
            "anonymousId": "a1",
            "subscription": {"endpoint": ENDPOINT, "expirationTime": None, "keys": KEYS},
            "app": "site",
            "consents": {"push": {"offers": "granted"}},
        },
    )

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer["Access-Control-Allow-Origin"] == "*"
    device = Device.objects.get()
    assert (device.kind, device.token, device.keys, device.app) == ("web", ENDPOINT, KEYS, "site")
    assert list(Consent.objects.values_list("profile_id", "medium", "topic", "state")) == [
        (device.profile_id, "push", "offers", "granted")
    ]


def test_a_browser_takes_it_back(call):
    call("devices", {"userId": "ana", "token": ENDPOINT, "keys": KEYS})

    answer = call("devices", {"token": ENDPOINT}, method="delete")

    assert (answer.status_code, Device.objects.get().state) == (200, "gone")


def test_somebody_elses_key_takes_nothing_back(call):
    call("devices", {"userId": "ana", "token": ENDPOINT, "keys": KEYS})
    other = Source.objects.create(workspace=make_workspace(), name="Other", kind="app", write_key="wk_other")

    answer = call("devices", {"writeKey": other.write_key, "token": ENDPOINT}, method="delete")

    assert (answer.status_code, Device.objects.get().state) == (200, "active")


def test_the_browser_asks_first(client):
    answer = client.options("/v1/devices")

    assert (answer.status_code, answer["Access-Control-Allow-Methods"]) == (204, "POST, DELETE, OPTIONS")
    assert "Content-Type" in answer["Access-Control-Allow-Headers"]


GOOD = {"userId": "ana", "token": ENDPOINT, "keys": KEYS}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({**GOOD, "userId": None}, "userId or anonymousId"),
        ({**GOOD, "userId": "x" * 201}, "longer than 200"),
        ({**GOOD, "userId": "a\0b"}, "NUL"),
        ({**GOOD, "token": None}, "token must be"),
        ({**GOOD, "token": "https://a b"}, "token must be"),
        ({**GOOD, "token": "https://push.example/" + "x" * 2000}, "token must be"),
        ({**GOOD, "token": "http://push.example/1"}, "https"),
        ({**GOOD, "token": "https://127.0.0.1/1"}, "inside the network"),
        ({**GOOD, "token": "https://0x7f.1/1"}, "inside the network"),
        ({**GOOD, "token": "https://localhost/1"}, "inside the network"),
        ({**GOOD, "token": "https://[::1]/1"}, "inside the network"),
        ({**GOOD, "keys": None}, "p256dh and auth"),
        ({**GOOD, "keys": {"p256dh": "x", "auth": "y"}}, "p256dh and auth"),
        ({**GOOD, "keys": []}, "keys"),
        ({**GOOD, "type": "fridge"}, "type must be"),
        ({**GOOD, "type": "ios"}, "no web address"),
        ({**GOOD, "token": TOKEN, "type": "ios"}, "keys belong"),
        ({**GOOD, "app": "x" * 121}, "app may have"),
        ({**GOOD, "consents": {"push": "perhaps"}}, "granted or withdrawn"),
        ("{", "truncated"),
        ("[]", "object"),
        ("{" * 10_000, "JSON"),
        (b'{"userId": "\xff"}', ""),
    ],
)
def test_bad_registrations_are_refused_with_the_reason(call, body, words, settings):
    settings.HTTP_ALLOWED_HOSTS = []
    headers = {} if isinstance(body, dict) else {"Authorization": "Basic d2tfZGV2aWNlczo="}
    answer = call("devices", body, headers=headers)

    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert not Device.objects.exists()
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [
        ("post", {**GOOD, "writeKey": "wk_nobody"}, 401),
        ("post", {**GOOD, "writeKey": None}, 401),
        ("delete", {"token": ENDPOINT, "writeKey": "wk_nobody"}, 401),
        ("delete", {"token": "x"}, 400),
        ("put", GOOD, 405),
        ("post", "x" * 40_000, 413),
    ],
)
def test_other_refusals(call, method, body, status):
    headers = {} if isinstance(body, dict) else {"Authorization": "Basic d2tfZGV2aWNlczo="}

    assert call("devices", body, method, headers=headers).status_code == status
