"""Which journeys may move, and the handshake with those who pause or stop them.

A batch holds a shared advisory lock on each of its journeys until it commits; pausing takes the exclusive one. So
after a pause is committed nothing of that journey moves any more, and nobody waits for long.
"""

from collections.abc import Iterable

from django.db import connection

from lib.fast_sql import array, fetch

_SPACE = 7301  # our advisory locks on journeys: (space, journey id)
_SHARED = f"pg_try_advisory_xact_lock_shared({_SPACE}, (id %% 2147483647)::integer)"

# The same for each of a few rows `e` of enrolments, in the statement that claims them: journey_state, "" where the
# journey is just being paused.
BESIDE = f"left join lateral (select state from journeys_journey where id = e.journey_id and {_SHARED}) journey on true"
STATE = "coalesce(journey.state, '')"


def movable(journey_ids: Iterable[int]) -> dict[int, str]:
    """The states of these journeys, each now shared until the transaction ends; one just being paused is left out."""
    ids = sorted(set(journey_ids))
    if not ids:
        return {}
    return dict(
        fetch(
            f"select id, state from journeys_journey where id = any(%s::bigint[]) and {_SHARED}",
            [array(ids)],
        )
    )


def hold(journey_id: int) -> None:
    """Waits until no batch moves people of the journey, and keeps them from it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_SPACE, journey_id % 2147483647])
