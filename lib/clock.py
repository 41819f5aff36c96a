"""The one place that asks what time it is. Edges read it once an operation and pass it down."""

from datetime import UTC, datetime


def now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)
