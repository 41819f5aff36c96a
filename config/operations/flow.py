"""How much comes in and goes out: a clock job counts the new rows every ten seconds; two samples make a rate."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from config.models import Sample

KEPT = timedelta(hours=6)
_LOCK = 7310  # one measurer at a time: a second one would count the same rows again

# Rows are counted by id from the last one on: only what is new is read. A row that commits after a later id was
# counted is missed, which is good enough for a rate.
_MEASURE = """
with before as (
    select events, messages, last_event, last_message from config_sample order by at desc limit 1
), known as (
    select coalesce((select events from before), 0) events, coalesce((select messages from before), 0) messages,
        coalesce((select last_event from before), (select coalesce(max(id), 0) from profiles_event)) last_event,
        coalesce((select last_message from before), (select coalesce(max(id), 0) from channels_message)) last_message
), came as (
    select count(*) n, max(id) last from profiles_event where id > (select last_event from known)
), went as (
    select count(*) n, max(id) last from channels_message where id > (select last_message from known)
)
insert into config_sample (at, events, messages, last_event, last_message)
select %(now)s, known.events + came.n, known.messages + went.n,
    coalesce(came.last, known.last_event), coalesce(went.last, known.last_message)
from known, came, went on conflict (at) do nothing
"""


def measure(now: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return
        cursor.execute(_MEASURE, {"now": now})
        cursor.execute("delete from config_sample where at < %s", [now - KEPT])


def latest() -> Sample | None:
    return Sample.objects.order_by("-at").first()


def rates(now: datetime, over: timedelta = timedelta(minutes=5)) -> tuple[float, float] | None:
    """Events and messages a second, lately; None while there are too few samples."""
    recent = list(Sample.objects.filter(at__gte=now - over).order_by("at"))
    if len(recent) < 2:
        return None
    first, last = recent[0], recent[-1]
    seconds = (last.at - first.at).total_seconds()
    return (last.events - first.events) / seconds, (last.messages - first.messages) / seconds
