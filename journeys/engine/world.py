"""What steps see of the world during a batch (steps.visits.World), backed by the database, a statement a batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection

from channels.models import Account
from content import pinning
from journeys.document.policy import QuietHours, read_quiet_hours
from journeys.document.settings import SettingsError
from journeys.engine import calls, effects, holdout, limits, rules
from journeys.engine.plan import Plan
from journeys.steps.outcomes import Happened, Json, Leave
from journeys.steps.visits import Called, Visits
from lib.durations import Duration
from lib.fast_sql import array, bigints, fetch
from lib.localtime import first_zone, zone
from profiles.conditions import Rows, evaluate


class Person(msgspec.Struct, gc=False, eq=False):
    """A profile; its attributes are read when somebody asks."""

    public_id: str
    _text: str
    _attributes: Json | None = None

    @property
    def attributes(self) -> Json:
        if self._attributes is None:
            self._attributes = msgspec.json.decode(self._text)
        return self._attributes

    @attributes.setter
    def attributes(self, value: Json) -> None:
        self._attributes = value


@dataclass(slots=True)
class Store:
    """What the groups of one batch share, and what they want written."""

    now: datetime
    draws: dict[str, str] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)  # public ids that came with the claim
    workspaces: dict[int, tuple[str, Json]] = field(default_factory=dict)
    pins: dict[tuple[int, str], int | None] = field(default_factory=dict)
    messages: list[Any] = field(default_factory=list)
    alike: list[Any] = field(default_factory=list)
    unheld: list[tuple[int, int]] = field(default_factory=list)
    changed: dict[int, set[int]] = field(default_factory=dict)
    recorded: list[Any] = field(
        default_factory=list
    )  # in a sandbox: (workspace, event) that nobody has been told of
    entered: list[int] = field(default_factory=list)  # enrolments in other journeys, due at once

    def workspace(self, workspace_id: int) -> tuple[str, Json]:
        if workspace_id not in self.workspaces:
            found = fetch(
                "select time_zone, quiet_hours::text from workspaces_workspace where id = %s", [workspace_id]
            )
            zone, quiet = found[0] if found else ("UTC", "{}")
            self.workspaces[workspace_id] = (zone, msgspec.json.decode(quiet))
        return self.workspaces[workspace_id]

    def load_people(self, profile_ids: Sequence[int], *, held: bool = False) -> dict[int, Person]:
        """`held`: as they are now, and nobody else changes them until the batch is committed."""
        missing = [key for key in profile_ids if held or key not in self.people]
        if missing:
            found = fetch(
                "select id, public_id::text, attributes::text from profiles_profile where id = any(%s::bigint[])"
                + (" order by id for no key update" if held else ""),
                [array(missing)],
            )
            for key, public_id, attributes in found:
                self.people[key] = Person(public_id, attributes)
            for key in missing:
                self.people.setdefault(key, Person(_nobody(key), "{}"))
        return self.people

    def public_ids(self, profile_ids: Sequence[int]) -> dict[int, str]:
        people, names = self.people, self.names
        known = {key: people[key].public_id for key in profile_ids if key in people} if people else {}
        if names:
            known |= {key: names[key] for key in profile_ids if key in names}
        missing = [key for key in profile_ids if key not in known] if known else profile_ids
        if missing:
            # As two values: thousands of rows would cost several times as much.
            sql = (
                "select array_agg(id), string_agg(public_id::text, ' ') from profiles_profile "
                "where id = any(%s::bigint[])"
            )
            ids, found_names = fetch(sql, [bigints(missing)])[0]
            found = dict(zip(ids, found_names.split(), strict=True)) if ids else {}
            if not known and len(found) == len(missing):
                return found
            known |= {key: found.get(key) or _nobody(key) for key in missing}
        return known


def _nobody(profile_id: int) -> str:
    """Erased meanwhile: the row goes its way."""
    return f"gone-{profile_id}"


class World:
    def __init__(self, store: Store, plan: Plan) -> None:
        self.store, self.plan, self.workspace_id = store, plan, plan.workspace_id
        self.odd_zones: dict[
            int, str
        ] = {}  # by person: what she has as her zone, met by the step that runs now

    def evaluate(self, conditions: Sequence[Json], visits: Visits) -> list[Any]:
        if not conditions or not len(visits):
            return []
        compiled = [self.plan.compiled(condition) for condition in conditions]
        leaves = [leaf for each in compiled for leaf in each.leaves]
        of_hers = any(leaf.kind.needs_enrolment(leaf.raw) for each in compiled for leaf in each.leaf_nodes)
        rows = Rows(
            workspace_id=self.workspace_id,
            profile_ids=visits.profile_ids,
            now=self.store.now,
            # Only what a leaf reads is asked for and sent along: these are thousands.
            enrolment_ids=visits.enrolment_ids if of_hers else None,
            entered_at=visits.entered_at if of_hers else None,
            entry=visits.entries if any("entry" in leaf for leaf in leaves) else None,
            context=visits.contexts if any("context" in leaf for leaf in leaves) else None,
            zone=self._default_zone(),
        )
        return list(evaluate(compiled, rows))

    def people(self, profile_ids: Sequence[int], *, held: bool = False) -> dict[int, Person]:
        return self.store.load_people(profile_ids, held=held)

    def public_ids(self, profile_ids: Sequence[int]) -> dict[int, str]:
        return self.store.public_ids(profile_ids)

    def zones(self, visits: Visits) -> Sequence[tzinfo]:
        people = self.people(visits.profile_ids)
        otherwise = self._zone()
        found: list[tzinfo] = []
        for key in visits.profile_ids:
            name = people[key].attributes.get("time_zone")
            hers = zone(name) if isinstance(name, str) else None
            if hers is None and name:
                self.odd_zones[key] = str(name)[:60]
            found.append(hers or otherwise)
        return found

    def quiet_hours(self, visits: Visits) -> QuietHours | None:
        quiet = self.plan.rules.quiet
        if quiet == "workspace":
            try:
                quiet = read_quiet_hours(self.store.workspace(self.workspace_id)[1] or "none")
            except SettingsError:
                return None
        return quiet if isinstance(quiet, QuietHours) else None

    def draw(self, step: str) -> str | None:
        return self.store.draws.get(step)

    def listens(self, condition: Json) -> tuple[str, ...]:
        return self.plan.listens(condition)

    def happened(
        self, visits: Visits, rows: Sequence[int], names: Sequence[str], since: Sequence[datetime]
    ) -> list[list[Happened]]:
        profile_ids = visits.profile_ids
        return events_since([profile_ids[row] for row in rows], names, since, self.store.now)

    def match(
        self, condition: Json, visits: Visits, rows: Sequence[int], properties: Sequence[Json]
    ) -> list[list[Json] | None]:
        if not rows:
            return []
        raw = visits.raw
        at = Rows(
            workspace_id=self.workspace_id,
            profile_ids=[raw[row].profile_id for row in rows],
            now=self.store.now,
            enrolment_ids=[raw[row].id for row in rows],
            entered_at=[raw[row].entered_at for row in rows],
            entry=list(properties),
            context=[raw[row].context for row in rows],
            zone=self._default_zone(),
        )
        # The condition is made for this call from `where`: nothing to keep.
        from profiles.conditions import compile_condition

        (verdict,) = evaluate([compile_condition(condition, self.workspace_id)], at)
        return [verdict.why(i) if result else None for i, result in enumerate(verdict.results)]

    def leaving(self, visits: Visits) -> list[Leave | None]:
        return rules.before_send(self, self.plan, visits, self.store.now)

    def held_out(self, visits: Visits) -> set[int]:
        return holdout.rows(self.plan, self.store, visits)

    def write_profiles(self, attributes: dict[int, Json], now: datetime) -> None:
        """Only what differs from what was read: others may have written the rest meanwhile, or erased her."""
        if not attributes:
            return
        people = self.people(list(attributes))
        changes = [
            {"id": key, **_changes(people[key].attributes, after)} for key, after in attributes.items()
        ]
        with connection.cursor() as cursor:
            cursor.execute(
                "update profiles_profile p set attributes = (p.attributes || r.put) - r.gone, updated_at = %s "
                "from jsonb_to_recordset(%s::jsonb) r(id bigint, put jsonb, gone text[]) "
                "where p.id = r.id and p.erased_at is null and p.merged_into_id is null",
                [now, msgspec.json.encode(changes).decode()],
            )
        for key, value in attributes.items():
            if key in self.store.people:
                self.store.people[key].attributes = value
        self.store.changed.setdefault(self.workspace_id, set()).update(attributes)

    def pin(self, content: str) -> Callable[[], int | None]:
        key, pins = (self.workspace_id, content), self.store.pins
        asked = None if key in pins else pinning.ask(self.workspace_id, [content])

        def answer() -> int | None:
            if asked is not None:
                pins[key] = asked().get(content)
            return pins[key]

        return answer

    def account(self, name: str) -> int | None:
        try:
            found = Account.objects.filter(workspace_id=self.workspace_id, public_id=name, is_active=True)
            return found.values_list("pk", flat=True).first()
        except (ValueError, TypeError):
            return None

    def call(self, visits: Visits, rows: Sequence[int], host: str) -> None:
        calls.ask(visits, rows, host, self.store.now)

    def called(self, visits: Visits) -> dict[int, Called]:
        return calls.take(visits)

    def write_messages(self, messages: Sequence[Any], alike: Any, woken: Sequence[tuple[int, int]]) -> None:
        self.store.messages += messages
        if alike.rows:
            self.store.alike.append(alike)
        self.store.unheld += woken

    def write_consents(self, visits: Visits, medium: str, topic: str, state: str) -> None:
        effects.write_consents(self, visits, medium, topic, state)

    def record_events(
        self, visits: Visits, rows: Sequence[int], name: str, properties: Sequence[Json]
    ) -> list[bool]:
        return effects.record_events(self, visits, rows, name, properties)

    def enter_journey(
        self, visits: Visits, rows: Sequence[int], journey: str, entries: Sequence[Json]
    ) -> list[str]:
        return effects.enter_journey(self, visits, rows, journey, entries)

    def reach_goal(self, visits: Visits, name: str, values: Sequence[Decimal | None]) -> None:
        effects.reach_goal(self, visits, name, values)

    def take_places(
        self, visits: Visits, count: int, per: Duration, *, own: bool, line_up: bool
    ) -> list[datetime | None]:
        return limits.take_places(self, visits, count, per, own=own, line_up=line_up)

    def _default_zone(self) -> str:
        return str(self._zone())

    def _zone(self) -> tzinfo:
        """For people without one of their own: the journey's, else the workspace's, which is asked for only then."""
        own = self.plan.document.time_zone
        return (zone(own) if own else None) or first_zone(self.store.workspace(self.workspace_id)[0])


def _changes(before: Json, after: Json) -> Json:
    nothing = object()
    put = {
        name: value
        for name, value in after.items()
        if (old := before.get(name, nothing)) != value or type(old) is not type(value)
    }
    return {"put": put, "gone": [name for name in before if name not in after]}


_SINCE = """
select w.place, e.name, e.ts, e.properties::text, e.id
from unnest(%s::bigint[], %s::timestamptz[]) with ordinality w(profile_id, since, place)
cross join lateral (
    select name, ts, properties, id from profiles_event
    where profile_id = w.profile_id and name = any(%s) and ts >= w.since and ts <= %s order by ts, id limit 200
) e order by w.place, e.ts, e.id
"""


def events_since(
    profile_ids: Sequence[int], names: Sequence[str], since: Sequence[datetime], now: datetime
) -> list[list[Happened]]:
    found: list[list[Happened]] = [[] for _profile in profile_ids]
    if not profile_ids or not names:
        return found
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [list(profile_ids), list(since), list(names), now])
        for place, name, ts, properties, id_ in cursor.fetchall():
            found[place - 1].append(Happened(name, ts, msgspec.json.decode(properties), id_))
    return found
