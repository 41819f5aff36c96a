from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Requests of earlier tests leave their reader's language behind."""
    with translation.override("en"):
        yield
