import uuid
from datetime import UTC, datetime

from lib import uuid7

NOW = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)


def test_ids_are_of_version_7_different_and_in_order():
    ids = uuid7.bulk(10_000, NOW)
    read = [uuid.UUID(one) for one in ids]
    assert len(set(read)) == 10_000
    assert read == sorted(read)
    assert {(one.version, one.variant) for one in read} == {(7, uuid.RFC_4122)}


def test_an_id_begins_with_its_millisecond():
    (one,) = uuid7.bulk(1, NOW)
    assert int(one.replace("-", "")[:12], 16) == int(NOW.timestamp() * 1000)
    assert uuid7.bulk(0, NOW) == []


def test_raw_ids_are_the_same_in_bytes():
    ids = uuid7.raw(10_000, NOW)
    read = [uuid.UUID(bytes=one) for one in ids]
    assert len(set(read)) == 10_000
    assert read == sorted(read)
    assert {(one.version, one.variant) for one in read} == {(7, uuid.RFC_4122)}
    assert int.from_bytes(ids[0][:6], "big") == int(NOW.timestamp() * 1000)
    assert uuid7.raw(0, NOW) == []
