"""What psycopg has prepared, sent without its cursors: they cost 40 microseconds of this process a statement, more than
many a statement costs the server. All of them, BEGIN and COMMIT leave in one packet.

psycopg stays the one who knows what is prepared (it forgets all of it after a ROLLBACK, and keeps those used last), so
this reads what it keeps for itself, and what it has not prepared goes its way."""

import re
import threading
from collections.abc import Generator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format

Bound = tuple[bytes, Any, Any]  # the name of a statement, its parameters, their formats

_here = threading.local()  # `link`: this thread's connection and what knows its types


def bind(server: Any, asked: Sequence[tuple[str, Any]]) -> list[Bound] | None:
    """For statements and their parameters; None where one of them is not prepared."""
    names: Any = getattr(getattr(server, "_prepared", None), "_names", None)
    if names is None:  # another version of psycopg
        return None
    made, bound = _types(server), []
    for sql, given in asked:
        query, order = _placed(sql)
        params = given if order is None else [given[name] for name in order]
        values = made.dump_sequence(params, [PyFormat.AUTO] * len(params))
        key = (query, made.types or ())
        name = names.get(key)
        if name is None:
            return None
        names.move_to_end(key)  # those used last are kept
        bound.append((name, values, made.formats))
    return bound


_PLACE = re.compile(r"%(?:%|s|\((\w+)\)s)")


@lru_cache(maxsize=1000)
def _placed(sql: str) -> tuple[bytes, list[str] | None]:
    """The statement with numbered parameters, as psycopg has it, and their names in this order, if they have any."""
    order: list[str] = []
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        if found[1] is None:
            count += 1
            return f"${count}"
        if found[1] not in order:
            order.append(found[1])
        return f"${order.index(found[1]) + 1}"

    return _PLACE.sub(number, sql).encode(), order or None


def exchange(server: Any, bound: Sequence[Bound], *, begin: bool, commit: bool) -> list[list[Any]]:
    """The rows of each, in PostgreSQL's binary format. Errors are psycopg's; the first one counts."""
    pgconn, expected = server.pgconn, begin + len(bound) + commit + 1
    pgconn.enter_pipeline_mode()
    try:
        if begin:
            pgconn.send_query_params(b"BEGIN", None)
        for name, values, formats in bound:
            pgconn.send_query_prepared(name, values, formats, Format.BINARY)
        if commit:
            pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        results = server.wait(_answers(pgconn, expected))
        pgconn.exit_pipeline_mode()
    except BaseException:  # interrupted, or the server is gone: nobody knows what is still to come
        with suppress(psycopg.Error):
            server.cancel_safe(timeout=1)
        pgconn.finish()
        raise
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result, encoding=server.info.encoding)
    if len(results) != expected:
        raise psycopg.InternalError("answers are missing")
    made, found = _types(server), []
    for result in results[begin : begin + len(bound)]:
        made.set_pgresult(result)
        found.append(made.load_rows(0, result.ntuples, tuple))
    made.set_pgresult(None)
    return found


def _types(server: Any) -> Any:
    """What turns values into parameters and back; it looks up how for each type but once."""
    link: tuple[Any, Any] | None = getattr(_here, "link", None)
    if link is None or link[0] is not server:
        link = _here.link = (server, Transformer(server))
    return link[1]


def _answers(pgconn: Any, count: int) -> Generator[Any, Any, list[Any]]:
    yield from generators.send(pgconn)
    found: list[Any] = []
    while len(found) < count:
        results = yield from generators.fetch_many(pgconn)
        if not results:
            break
        found += results
    return found
