"""CPU seconds of this process and of its database backend: on a shared machine wall-clock moves by half."""

import os
import resource
from pathlib import Path

from django.db import connection


def seconds() -> tuple[float, float]:
    """(this process, its backend); the backend's are 0 where the database is elsewhere."""
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime, _backend()


def process(pid: int) -> float:
    """User and system seconds of a process so far; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def backends() -> float:
    """Of all connections to this database."""
    with connection.cursor() as cursor:
        cursor.execute("select pid from pg_stat_activity where datname = current_database()")
        return sum(process(pid) for (pid,) in cursor.fetchall() if _postgres(pid))


def serving() -> float:
    """Of this connection's backend and of all others of the server (parallel workers, second lanes) that are over."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
    if not _postgres(pid):
        return 0.0
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    over = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[13:15]
    return process(pid) + sum(map(int, over)) / os.sysconf("SC_CLK_TCK")


def _backend() -> float:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
    return process(pid) if _postgres(pid) else 0.0


def _postgres(pid: int) -> bool:
    try:
        return "postgres" in Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return False
