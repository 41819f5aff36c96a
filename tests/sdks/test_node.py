"""@segment/analytics-node, the old analytics-node, and RudderStack's: only the host is ours."""

from collections.abc import Callable

import pytest

from tests.sdks.conftest import Server
from tests.sdks.what_came import check

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.mark.parametrize("script", ["segment_node.mjs", "old_node.mjs", "rudder_node.mjs"])
def test_the_whole_spec_by(script: str, node: Callable[..., None], server: Server) -> None:
    node(script)
    check(server)
