"""Arrays as PostgreSQL sends them in binary, read in one go: thousands of values in one row cost a fraction of as many
rows."""

from datetime import datetime, timedelta
from itertools import chain
from struct import Struct

from lib.binary_copy import EPOCH

_HEAD = 20  # dimensions, whether there are nulls, type, length, lower bound
_VALUE = Struct(">4xq").iter_unpack  # each behind its length


def numbers(data: bytes) -> list[int]:
    """bigint[] or timestamptz[] (microseconds since 2000), without nulls."""
    return list(chain.from_iterable(_VALUE(memoryview(data)[_HEAD:])))


def moments(data: bytes) -> list[datetime]:
    """timestamptz[] without nulls."""
    stamps = numbers(data)
    known = {stamp: EPOCH + timedelta(microseconds=stamp) for stamp in set(stamps)}
    return [known[stamp] for stamp in stamps]
