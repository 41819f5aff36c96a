"""How long events are kept: rules by name of the event, and the clock job that deletes what is older.

A rule without events of its own name ("*") is for all that have none. Deleting goes by months and in chunks that each
commit, found by a BRIN index on the time: ingestion never waits for it. What was cleared before is looked at again once
a week, for events that came in late.

Computed attributes over all time keep what they have counted; those over the last days are counted anew where they
reach back further than the events are kept.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from lib.partitions import month_start
from profiles import computed
from profiles.models import ComputedAttribute, Retention
from workspaces import audit
from workspaces.actor import Actor

EVERY_OTHER = "*"
SHORTEST, LONGEST = 7, 3650
CHUNK = 10_000
ANEW = timedelta(days=7)

_DELETE = """
delete from profiles_event e using (
    select id, ts from profiles_event
    where workspace_id = %(workspace)s and ts >= %(first)s and ts < %(last)s and {which} limit %(chunk)s
) old where e.id = old.id and e.ts = old.ts and e.ts >= %(first)s and e.ts < %(last)s
"""


@transaction.atomic
def keep(actor: Actor, event: str, days: int, now: datetime) -> Retention:
    """Events of that name are kept so many days from now on; ValueError for a span that is none."""
    if not SHORTEST <= days <= LONGEST:
        raise ValueError(f"from {SHORTEST} to {LONGEST} days")
    rule, _made = Retention.objects.update_or_create(
        workspace=actor.workspace,
        event=event,
        defaults={"days": days, "cleared_until": None, "swept_at": None},
    )
    audit.record(actor, "retention.changed", actor.workspace, {"event": event, "days": days}, at=now)
    return rule


@transaction.atomic
def forget(actor: Actor, rule: Retention, now: datetime) -> None:
    """Those events are kept for good again."""
    rule.delete()
    audit.record(actor, "retention.deleted", actor.workspace, {"event": rule.event}, at=now)


def sweep(now: datetime, *, chunk: int = CHUNK) -> int:
    """Deletes what is too old by every rule; returns how many events went."""
    return sum(_sweep(rule, now, chunk) for rule in Retention.objects.order_by("pk"))


def _sweep(rule: Retention, now: datetime, chunk: int) -> int:
    until = now - timedelta(days=rule.days)
    first = rule.cleared_until
    anew = first is None or rule.swept_at is None or now - rule.swept_at >= ANEW
    others = list(
        Retention.objects.filter(workspace=rule.workspace_id)
        .exclude(pk=rule.pk)
        .values_list("event", flat=True)
    )
    which = "name <> all(%(names)s)" if rule.event == EVERY_OTHER else "name = any(%(names)s)"
    names = others if rule.event == EVERY_OTHER else [rule.event]
    gone = 0
    for begin, end in _months(None if anew else first, until):
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    _DELETE.format(which=which),
                    {
                        "workspace": rule.workspace_id,
                        "first": begin,
                        "last": end,
                        "names": names,
                        "chunk": chunk,
                    },
                )
                gone += cursor.rowcount
                if cursor.rowcount < chunk:
                    break
    if gone:
        _count_anew(rule, others, now)
    done = {"cleared_until": until, "deleted": rule.deleted + gone}
    if anew:
        done["swept_at"] = now
    Retention.objects.filter(pk=rule.pk, days=rule.days).update(**done)
    return gone


def _count_anew(rule: Retention, others: list[str], now: datetime) -> None:
    """A figure of the last days counts what is still there; one over all time keeps what it has counted: nobody has
    ordered less because old orders are no longer kept."""
    figures = ComputedAttribute.objects.filter(workspace=rule.workspace_id)
    found = (
        figures.exclude(event__in=others) if rule.event == EVERY_OTHER else figures.filter(event=rule.event)
    )
    computed.refill(rule.workspace_id, set(found.values_list("event", flat=True)), now, beyond=rule.days)


def _months(first: datetime | None, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From `first`, or from the beginning of all partitions, to `until`: a span a month, the oldest first."""
    begin = first
    if begin is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select min(substring(c.relname from '(\\d{6})$')) from pg_inherits i "
                "join pg_class c on c.oid = i.inhrelid where i.inhparent = 'profiles_event'::regclass"
            )
            found = cursor.fetchone()[0]
        begin = datetime.strptime(found, "%Y%m").replace(tzinfo=UTC) if found else month_start(until)
        if begin < until:
            yield datetime(1, 1, 2, tzinfo=UTC), begin  # what lies in the default partition
        else:
            yield datetime(1, 1, 2, tzinfo=UTC), until
    while begin < until:
        end = min(month_start(begin, 1), until)
        yield begin, end
        begin = end
