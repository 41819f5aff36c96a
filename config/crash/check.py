"""Reads the tables alone, with SQL of its own and a slow, obvious reading of the log, and says what is wrong."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from config.crash.plant import Plant
from config.crash.scene import AT_ONCE, GO, PAID, PRO, WITHIN, campaign, walk

TOLERANCE = 5  # seconds between an event's arrival and its commit, when the database is restarted in between
EXTRA = {"thanks", "remind", "extra", "m"}  # the steps that make a message

_COUNTS = """
with counted as (
    select journey_id, step, sum(entered) - sum(completed) n from (
        select journey_id, step, entered, completed from journeys_stepcount
        union all select journey_id, step, entered, completed from journeys_countdelta
    ) c group by journey_id, step
), listed as (
    select journey_id, step, count(*) n from journeys_enrolment group by journey_id, step
    union all select journey_id, '', count(*) from journeys_enrolment group by journey_id
)
select coalesce(c.journey_id, l.journey_id), coalesce(c.step, l.step), coalesce(c.n, 0), coalesce(l.n, 0)
from counted c full join listed l on l.journey_id = c.journey_id and l.step = c.step
where coalesce(c.n, 0) <> coalesce(l.n, 0)
"""


def counts_equal_lists(plant: Plant) -> list[str]:
    """At any moment, in one statement: who is inside a step is counted as inside it."""
    return [
        f"step {step!r} of journey {journey} counts {counted} inside, and {listed} are"
        for journey, step, counted, listed in plant.ask(_COUNTS)
    ]


def everything(plant: Plant) -> tuple[list[str], dict[str, Any]]:
    """The faults, and the figures of the run."""
    faults = counts_equal_lists(plant)
    faults += _stored(plant) + _entered(plant) + _stuck(plant) + _left_over(plant)
    logs = _logs(plant)
    for enrolment, rows in logs.items():
        faults += [f"enrolment {enrolment}: {fault}" for fault in _broken(plant, rows)]
    faults += _ended(plant, logs) + _counted(plant, logs) + _messages(plant, logs) + _waited(plant)
    visits = [visit for rows in logs.values() for row in rows for visit in row["route"] if "s" in visit]
    figures = {
        "people": plant.people,
        "enrolments": len(logs),
        "person_steps": sum(1 for visit in visits if visit.get("o") or visit.get("x")),
        "passes": sum(map(len, logs.values())),
        "messages": plant.ask("select count(*) from channels_message")[0][0],
        "told_again": plant.said("announcement_told_again"),
    }
    return faults, figures


def _one(plant: Plant, sql: str, *params: Any) -> int:
    return int(plant.ask(sql, *params)[0][0])


def _fault(count: int, text: str) -> list[str]:
    return [f"{count} {text}"] if count else []


def _stored(plant: Plant) -> list[str]:
    found = dict(plant.ask("select name, count(*) from profiles_event group by name"))
    wrong = {
        name: (found.get(name, 0), count)
        for name, count in plant.planned.items()
        if found.get(name, 0) != count
    }
    return [f"{there} events {name} are stored, {count} were sent" for name, (there, count) in wrong.items()]


def _entered(plant: Plant) -> list[str]:
    events, schedule = plant.scene["journeys"]["events"], plant.scene["journeys"]["schedule"]
    rows = (
        "select journey_id, profile_id, event_id from journeys_enrolment "
        "union all select journey_id, profile_id, event_id from journeys_finished"
    )
    twice = f"select count(*) from (select 1 from ({rows}) r where journey_id = %s group by %s having count(*) > 1) d"
    return [
        *_fault(
            _one(
                plant,
                f"select count(*) from profiles_event e where name = %s and not exists (select 1 from ({rows}) r "
                "where r.journey_id = %s and r.event_id = e.id and r.profile_id = e.profile_id)",
                GO,
                events,
            ),
            "events started nobody",
        ),
        *_fault(
            _one(plant, twice.replace("%s", "{}").format(events, "event_id")), "events started more than one"
        ),
        *_fault(
            _one(
                plant,
                f"select count(*) from profiles_profile p where not exists (select 1 from ({rows}) r "
                "where r.journey_id = %s and r.profile_id = p.id)",
                schedule,
            ),
            "people are missing in the campaign",
        ),
        *_fault(
            _one(plant, twice.replace("%s", "{}").format(schedule, "profile_id")),
            "people are in the campaign twice",
        ),
    ]


def _stuck(plant: Plant) -> list[str]:
    found = plant.ask("select id, step, status, due_at from journeys_enrolment order by id limit 10")
    return [
        f"enrolment {id_} still stands at {step} (status {status}, due {due})"
        for id_, step, status, due in found
    ]


def _left_over(plant: Plant) -> list[str]:
    faults = []
    for table in ("journeys_eventwait", "journeys_failure", "profiles_announcement"):
        faults += _fault(_one(plant, f"select count(*) from {table}"), f"rows are left in {table}")
    return faults


def _logs(plant: Plant) -> dict[int, list[dict[str, Any]]]:
    """The log by enrolment, in order."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = plant.ask("select enrolment_id, journey_id, seq, at, route::text from journeys_pass order by id")
    for enrolment, journey, seq, at, route in rows:
        found[enrolment].append({"journey": journey, "seq": seq, "at": at, "route": json.loads(route)})
    return found


def _document(plant: Plant, journey: int) -> dict[str, Any]:
    from datetime import UTC, datetime

    return walk() if journey == plant.scene["journeys"]["events"] else campaign(datetime.now(UTC))


def _broken(plant: Plant, rows: list[dict[str, Any]]) -> Iterable[str]:
    """Each row goes on where the one before stopped, by the ways of the document, from the first step to one end."""
    steps = _document(plant, rows[0]["journey"])["steps"]
    seq, at = 1, "s"
    for place, row in enumerate(rows):
        visits = [visit for visit in row["route"] if "s" in visit]
        if row["seq"] != seq:
            yield f"row {place} begins with visit {row['seq']}, not {seq}"
            return
        for visit in visits:
            if visit["s"] != at:
                yield f"visit {seq} is at {visit['s']}, not {at}"
                return
            if visit.get("o"):
                seq, at = seq + 1, steps[at]["next"][visit["o"]]
        ended = [visit for visit in visits if visit.get("x")]
        if len(ended) != (place == len(rows) - 1):
            yield f"row {place} of {len(rows)} ends {len(ended)} times"
    if rows[-1]["route"][-1]["s"] != "x":
        yield f"ended at {rows[-1]['route'][-1]['s']}"


def _ended(plant: Plant, logs: dict[int, list[dict[str, Any]]]) -> list[str]:
    found = plant.ask("select enrolment_id, reason, seq from journeys_finished")
    faults = [f"enrolment {id_} ended as {reason}" for id_, reason, _seq in found if reason != "completed"]
    faults += _fault(
        len({id_ for id_, _r, _s in found} ^ set(logs)), "enrolments have a log or an end, not both"
    )
    for id_, _reason, seq in found:
        last = logs[id_][-1] if id_ in logs else None
        if last and last["seq"] + sum(1 for visit in last["route"] if visit.get("o")) != seq:
            faults.append(f"enrolment {id_} ended at visit {seq}, its log does not")
    return faults


def _counted(plant: Plant, logs: dict[int, list[dict[str, Any]]]) -> list[str]:
    """The counts of ways gone and of ends are those of the log."""
    gone: Counter[tuple[int, str, str]] = Counter()
    for rows in logs.values():
        for row in rows:
            for visit in row["route"]:
                if visit.get("o"):
                    gone[row["journey"], visit["s"], visit["o"]] += 1
                if visit.get("x"):
                    gone[row["journey"], "", f"!{visit['x']}"] += 1
    counted = {
        (journey, step, outlet): n
        for journey, step, outlet, n in plant.ask(
            "select journey_id, step, outlet, sum(completed)::bigint from ("
            "select journey_id, step, outlet, completed from journeys_stepcount "
            "union all select journey_id, step, outlet, completed from journeys_countdelta"
            ") c where outlet <> '' and (step = '' or left(outlet, 1) <> '!') group by 1, 2, 3"
        )
    }
    return [
        f"{key} is counted {counted.get(key, 0)} times and logged {gone[key]} times"
        for key in sorted({*counted, *gone})
        if counted.get(key, 0) != gone[key]
    ]


def _messages(plant: Plant, logs: dict[int, list[dict[str, Any]]]) -> list[str]:
    """Exactly one for each visit of a step that sends, and for each person as many as her way says."""
    wanted: Counter[tuple[int, int, str]] = Counter()
    each: dict[int, Counter[str]] = {}
    for id_, rows in logs.items():
        mails: Counter[str] = Counter()
        for row in rows:
            seq = row["seq"]
            for visit in row["route"]:
                if visit.get("o"):
                    if visit["s"] in EXTRA:
                        wanted[id_, seq, visit["s"]] += 1
                        mails[visit["s"]] += 1
                    seq += 1
        each[id_] = mails
    there = Counter(
        (id_, seq, step)
        for id_, seq, step in plant.ask("select enrolment_id, seq, step from channels_message")
    )
    faults = _fault(sum((there - wanted).values()), "messages too many")
    faults += _fault(sum((wanted - there).values()), "messages are missing")
    faults += _fault(
        _one(
            plant, "select count(*) from channels_message where state not in ('created', 'sent', 'delivered')"
        ),
        "messages were not sent",
    )
    plans = plant.ask(
        "select f.enrolment_id, f.journey_id, p.external_id from journeys_finished f "
        "join profiles_profile p on p.id = f.profile_id"
    )
    for id_, journey, name in plans:
        number = int(name.removeprefix("crash-"))
        if journey == plant.scene["journeys"]["schedule"]:
            right = each.get(id_) == Counter(m=1)
        else:
            got = each.get(id_, Counter())
            right = got["thanks"] + got["remind"] == 1 and got["extra"] == (number % PRO == 0)
            right = right and got["m"] == 0
        if not right:
            faults.append(f"enrolment {id_} of {name} got {dict(each.get(id_, {}))}")
    return faults


def _waited(plant: Plant) -> list[str]:
    """Whoever paid in time is thanked, and nobody else: the event wins over the clock, whatever died with it."""
    journey = plant.scene["journeys"]["events"]
    left = """
        select l.enrolment_id, l.profile_id, l.at, v ->> 'o' outlet, f.entered_at, (
            select min(a.at) from journeys_pass a cross join lateral jsonb_array_elements(a.route::jsonb) w
            where a.enrolment_id = l.enrolment_id and w ->> 's' = 'e' and w ->> 'o' is null
        ) arrived_at from journeys_pass l
        cross join lateral jsonb_array_elements(l.route::jsonb) v
        join journeys_finished f on f.enrolment_id = l.enrolment_id
        where l.journey_id = %s and v ->> 's' = 'e' and v ->> 'o' is not null
    """
    paid = f"select 1 from profiles_event p where p.profile_id = l.profile_id and p.name = '{PAID}'"
    return [
        *_fault(
            _one(
                plant,
                f"select count(*) from ({left}) l where outlet = 'timeout' and exists ({paid} and p.ts >= l.entered_at "
                f"and p.ts < l.arrived_at + interval '{WITHIN} seconds' "
                f"and p.received_at < l.at - interval '{TOLERANCE} seconds')",
                journey,
            ),
            "people paid in time and were told that time is up",
        ),
        *_fault(
            _one(
                plant,
                f"select count(*) from ({left}) l where outlet = 'paid' and not exists ({paid})",
                journey,
            ),
            "people were thanked and had not paid",
        ),
        *_fault(
            _one(
                plant,
                f"select count(*) from ({left}) l join profiles_profile p on p.id = l.profile_id "
                f"where outlet = 'timeout' and right(p.external_id, 1) = any(%s)",
                journey,
                [str(digit) for digit in AT_ONCE],
            ),
            "people paid as they started and were told that time is up",
        ),
    ]
