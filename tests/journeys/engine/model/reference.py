"""What a journey does, slowly and plainly: one person, one step, one moment at a time, all in lists. It shares no line
with the engine. Times are UTC; durations are timedeltas; documents come as `documents.py` makes them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

DURATIONS = {
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
    "PT6H": timedelta(hours=6),
    "P1D": timedelta(days=1),
    "P3D": timedelta(days=3),
}
LONGEST = timedelta(days=400)


@dataclass
class Event:
    name: str
    at: datetime
    properties: dict[str, Any]


@dataclass
class Person:
    id: str
    attributes: dict[str, Any]
    agreed: bool
    events: list[Event] = field(default_factory=list)
    walks: list["Walk"] = field(default_factory=list)


@dataclass
class Visit:
    step: str
    arrived: datetime
    left: datetime | None = None
    outlet: str | None = None
    ended: str | None = None


@dataclass
class Walk:
    document: dict[str, Any]
    key: str
    entry: dict[str, Any]
    entered: datetime
    step: str = ""
    due: datetime | None = None
    visits: list[Visit] = field(default_factory=list)
    messages: list[tuple[str, datetime, str, str]] = field(default_factory=list)
    ended: datetime | None = None
    reason: str | None = None


class Reference:
    """One journey. `document` is what new people get; those inside finish on the one they started."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document, self.people = document, []
        self.live = True

    def event(self, person: Person, event: Event) -> None:
        person.events.append(event)
        for walk in [walk for walk in person.walks if walk.ended is None]:
            self._hears(person, walk, event)
        self._enters(person, event)

    def pass_time(self, until: datetime) -> None:
        """Everything that is due by then, in the order in which it is."""
        while True:
            due = [
                (walk.due, person, walk)
                for person in self.people
                for walk in person.walks
                if walk.ended is None and walk.due is not None and walk.due <= until
            ]
            if not due:
                return
            at, person, walk = min(due, key=lambda one: one[0])
            if at >= walk.entered + LONGEST:
                self._end(walk, "max_stay", at)
                continue
            kind = walk.document["steps"][walk.step]["kind"]
            self._leave_by(person, walk, "timeout" if kind == "wait_for_event" else "next", at)

    def stop(self, now: datetime) -> None:
        self.live = False
        for person in self.people:
            for walk in person.walks:
                if walk.ended is None:
                    self._end(walk, "stopped", now)
                # What nobody has sent yet is not sent any more.
                walk.messages = [
                    (step, at, "skipped", "exit_rule") if state == "created" else (step, at, state, reason)
                    for step, at, state, reason in walk.messages
                ]

    def _enters(self, person: Person, event: Event) -> None:
        if not self.live or event.name != "start":
            return
        where = self.document["triggers"]["t"].get("where")
        if where and not holds(where, person, event.properties, event.at, event.at):
            return
        reentry = self.document["policy"]["reentry"]
        key = str(event.properties["order"]) if reentry.get("key") else ""
        mine = [walk for walk in person.walks if walk.key == key]
        if reentry["mode"] != "every_time":
            if any(walk.ended is None for walk in mine):
                return
            if reentry["mode"] == "never" and mine:
                return
            if reentry.get("cooldown"):
                since = event.at - DURATIONS[reentry["cooldown"]]
                if any(walk.ended > since for walk in mine):
                    return
        walk = Walk(self.document, key, event.properties, event.at)
        person.walks.append(walk)
        self._arrive(person, walk, self.document["triggers"]["t"]["next"], event.at)

    def _hears(self, person: Person, walk: Walk, event: Event) -> None:
        policy = walk.document["policy"]
        goal = policy.get("goal")
        if goal and goal["event"] == event.name and event.at <= walk.entered + DURATIONS[goal["within"]]:
            self._end(walk, "goal", event.at)
            return
        for rule in policy.get("exit_when", []):
            if rule["event"] == event.name and (
                not rule.get("match_key") or str(event.properties.get("order")) == walk.key
            ):
                self._end(walk, "exit_rule", event.at)
                return
        here = walk.document["steps"][walk.step]
        if here["kind"] == "wait_for_event" and (walk.due is None or event.at < walk.due):
            for way in here["settings"]["branches"]:
                if fits(way, event):
                    self._leave_by(person, walk, way["key"], event.at)
                    return

    def _arrive(self, person: Person, walk: Walk, step: str, now: datetime) -> None:
        walk.step, walk.due = step, None
        walk.visits.append(Visit(step, now))
        here = walk.document["steps"][step]
        settings = here["settings"]
        if here["kind"] == "wait":
            walk.due = now + DURATIONS[settings["for"]]
        elif here["kind"] == "wait_until":
            hour, minute = map(int, settings["at"].split(":"))
            moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
            if moment < now:
                moment += timedelta(days=1)
            if moment == now:
                self._leave_by(person, walk, "next", now)
                return
            walk.due = moment
        elif here["kind"] == "wait_for_event":
            if settings["already"] == "count":
                back = min(now - DURATIONS[settings["within"]], walk.entered)
                for event in sorted(person.events, key=lambda one: one.at):
                    if back <= event.at <= now:
                        for way in settings["branches"]:
                            if fits(way, event):
                                self._leave_by(person, walk, way["key"], now)
                                return
            walk.due = now + DURATIONS[settings["within"]]
        elif here["kind"] == "branch":
            for way in settings["branches"]:
                if holds(way["when"], person, walk.entry, now, walk.entered):
                    self._leave_by(person, walk, way["key"], now)
                    return
            self._leave_by(person, walk, "else", now)
        elif here["kind"] == "split":
            self._leave_by(person, walk, self._drawn(person, step, settings["shares"]), now)
        elif here["kind"] == "update_profile":
            person.attributes |= settings.get("set", {})
            for name, number in settings.get("increment", {}).items():
                person.attributes[name] = (person.attributes.get(name) or 0) + number
            self._leave_by(person, walk, "next", now)
        elif here["kind"] == "send_email":
            state = ("created", "") if person.agreed else ("skipped", "no_consent")
            walk.messages.append((step, now, *state))
            self._leave_by(person, walk, "next", now)
        else:
            assert here["kind"] == "end"
            self._end(walk, "completed", now)
        if walk.ended is None and walk.due is not None:
            walk.due = min(walk.due, walk.entered + LONGEST)

    def _leave_by(self, person: Person, walk: Walk, outlet: str, now: datetime) -> None:
        visit = walk.visits[-1]
        visit.left, visit.outlet = now, outlet
        self._arrive(person, walk, walk.document["steps"][walk.step]["next"][outlet], now)

    def _end(self, walk: Walk, reason: str, now: datetime) -> None:
        walk.ended, walk.reason, walk.due = now, reason, None
        walk.visits[-1].left, walk.visits[-1].ended = now, reason

    def _drawn(self, person: Person, step: str, shares: list[dict[str, Any]]) -> str:
        digest = blake2b(f"{person.id}\x1f{step}".encode(), digest_size=8).digest()
        point = int.from_bytes(digest, "big") / 2**64 * sum(share["weight"] for share in shares)
        for share in shares:
            if point < share["weight"]:
                return str(share["key"])
            point -= share["weight"]
        return str(shares[-1]["key"])


def fits(way: dict[str, Any], event: Event) -> bool:
    if way["event"] != event.name:
        return False
    return all(
        test["property"] in event.properties and event.properties[test["property"]] >= test["value"]
        for test in way.get("where", [])
    )


def holds(
    test: dict[str, Any], person: Person, entry: dict[str, Any], now: datetime, entered: datetime
) -> bool:
    if "all" in test:
        return all(holds(part, person, entry, now, entered) for part in test["all"])
    if "any" in test:
        return any(holds(part, person, entry, now, entered) for part in test["any"])
    if "not" in test:
        return not holds(test["not"], person, entry, now, entered)
    if "event" in test:
        count = 0
        for event in person.events:
            if event.name == test["event"] and event.at <= now:
                if test.get("since") == "entry":
                    count += event.at > entered
                elif test.get("within"):
                    count += event.at >= now - DURATIONS[test["within"]]
                else:
                    count += 1
        return count >= test["times"] if test["op"] == "at_least" else count == 0
    value = entry.get(test["entry"]) if "entry" in test else person.attributes.get(test["attribute"])
    if test["op"] == "missing":
        return value is None
    if test["op"] == "is_not":
        return value is None or value != test["value"]
    if value is None:
        return False
    return bool(value == test["value"] if test["op"] == "is" else value >= test["value"])
