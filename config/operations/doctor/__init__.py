"""`manage.py doctor`: looks at the installation from the outside in, and says of each thing how it is, what that means
and how to mend it. Reads only; sends nothing. One file an area, each a list of checks; a check yields Findings."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from config.operations.doctor import channels, database, host, settings, workers
from config.operations.doctor.finding import Check, Finding, fail

AREAS: dict[str, list[Check]] = {
    "settings": settings.CHECKS,
    "host": host.CHECKS,
    "database": database.CHECKS,
    "workers": workers.CHECKS,
    "channels": channels.CHECKS,
}

__all__ = ["AREAS", "Finding", "examine"]


def examine(now: datetime, areas: Iterable[str] = AREAS) -> Iterator[tuple[str, Finding]]:
    """(area, finding), one after the other. A check that breaks is a finding itself; without a database what needs one
    is left out."""
    reachable = True
    for area in areas:
        for check in AREAS[area]:
            if check.needs_database and not reachable:
                continue
            try:
                for found in check.run(now):
                    if found.name == database.REACHABLE and found.state == "fail":
                        reachable = False
                    yield area, found
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are still worth asking
                yield (
                    area,
                    fail(
                        check.run.__name__.strip("_").replace("_", " "),
                        f"could not be checked: {type(error).__name__}: {str(error)[:200]}",
                        "If the database is not the reason, this is an error of Gilmok's: please report it.",
                    ),
                )
