"""segment-analytics-python, the old analytics-python, and RudderStack's: only the host is ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from profiles.models import Event
from tests.sdks.conftest import Server, wait
from tests.sdks.what_came import check

pytestmark = pytest.mark.django_db(transaction=True)


def client(library: str, server: Server, **options: Any) -> Any:
    if library == "segment-analytics-python":
        from segment.analytics.client import Client
    elif library == "analytics-python":
        from analytics.client import Client  # type: ignore[no-redef]
    else:
        from rudderstack.analytics.client import Client  # type: ignore[no-redef]
    key = options.pop("key", server.key)
    return Client(key, host=server.url, **options)


LIBRARIES = ("segment-analytics-python", "analytics-python", "rudder-sdk-python")


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("library", LIBRARIES)
def test_the_whole_spec_by(library: str, zipped: bool, server: Server) -> None:
    failed: list[Any] = []
    sdk = client(library, server, gzip=zipped, on_error=lambda error, items: failed.append(error))
    sdk.track(anonymous_id="a-1", event="Visited")
    traits = {"email": "Yujin@example.com", "plan": "pro", "firstName": "유진"}
    sdk.identify("u-1", traits, anonymous_id="a-1")
    sdk.track("u-1", "Order Completed", {"total": 42.5, "items": ["a", "b"]})
    sdk.page("u-1", "shop", "Home", {"url": "https://shop.example/"})
    sdk.screen("u-1", "app", "Cart")
    sdk.group("u-1", "g-1", {"name": "길목 상사"})
    sdk.alias("old-1", "u-1")
    sdk.flush()
    sdk.join()
    assert failed == []
    check(server)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_backdated_call_keeps_its_time_by(library: str, server: Server) -> None:
    sdk = client(library, server, sync_mode=True)
    then = datetime.now(UTC) - timedelta(days=3)
    sdk.track("u-1", "Visited", timestamp=then)
    (event,) = wait(lambda: list(Event.objects.all()))
    assert abs(event.ts - then) < timedelta(seconds=10)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_wrong_key_is_told_and_not_tried_again_by(library: str, server: Server) -> None:
    sdk = client(library, server, sync_mode=True, key="wk_wrong", max_retries=3)
    with pytest.raises(Exception, match="invalid_write_key") as caught:
        sdk.track("u-1", "Visited")
    assert type(caught.value).__name__ == "APIError"
