"""Many calls at once, each within its time. Nobody waits for the slowest: whoever has an answer goes on at once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from content.personalise import RenderError
from journeys.engine import answered, plan
from journeys.webhooks import claim, signing, verdict
from journeys.webhooks.claim import Settled, Task
from journeys.webhooks.hosts import Hosts
from journeys.webhooks.request import Request, render
from journeys.webhooks.vault import Kept, Vault, load
from lib import http, secrets

log = structlog.get_logger(__name__)

AT_ONCE = 128
LOOK = 0.2  # seconds between two looks for more while calls are out
TOO_SLOW = 300.0  # seconds for which a template that took too long is not tried with others
BUSY = timedelta(seconds=1)
USER_AGENT = "Gilmok (webhook)"

hosts = Hosts()


@dataclass(frozen=True, slots=True)
class Flight:
    """A task with what its templates need beside the person."""

    task: Task
    settings: Any
    known: dict[str, Kept]


@dataclass(frozen=True, slots=True)
class Landed:
    """`verdict` None: its host had no place."""

    verdict: verdict.Verdict | None
    request: str = ""
    host: str = ""
    milliseconds: int = 0


_looking = threading.Lock()


def work(clock: Callable[[], datetime], seconds: float) -> int:
    """Calls what is due for `seconds`, then waits for what is still out; returns how many came to an end.

    One at a time in a process looks for calls: a second one returns at once, unless the first is only waiting.
    """
    if not _looking.acquire(blocking=False):
        return 0
    looking, until, done = True, time.monotonic() + seconds, 0
    out: dict[Future[Landed], Flight] = {}
    try:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="call") as pool:
            while True:
                now = clock()
                answered.go_on(now)
                if looking and time.monotonic() > until:
                    looking = False
                    _looking.release()
                if looking:
                    for flight in _flights(_claimed(now, list(out.values()))):
                        out[pool.submit(_fly, flight, now)] = flight
                if not out:
                    return done
                ended, _rest = wait(out, timeout=LOOK, return_when=FIRST_COMPLETED)
                if ended:
                    done += _land([(out.pop(future), future) for future in ended], clock())
    finally:
        if looking:
            _looking.release()


def _claimed(now: datetime, out: list[Flight]) -> list[Task]:
    """What may fly beside those that are out."""
    found, proven = [], set(hosts.proven())
    if len(out) < AT_ONCE:
        found += claim.claim(now, AT_ONCE - len(out), hosts, known=True)
    strangers = sum(flight.task.host not in proven for flight in out)
    left = min(AT_ONCE - len(out) - len(found), AT_ONCE // 2 - strangers)
    if left > 0:
        found += claim.claim(now, left, hosts, known=False)
    return found


def _flights(tasks: list[Task]) -> list[Flight]:
    if not tasks:
        return []
    plans = plan.load(task.version_id for task in tasks)
    known = load(sorted({task.workspace_id for task in tasks}))
    found = []
    for task in tasks:
        here = plans[task.version_id].steps.get(task.step)
        found.append(Flight(task, here.settings if here else None, known[task.workspace_id]))
    return found


def _fly(flight: Flight, now: datetime) -> Landed:
    """In a thread of its own; touches no database."""
    task, settings = flight.task, flight.settings
    if settings is None or task.attempts > claim.MOST_CLAIMS:
        return Landed(verdict.Verdict("failed", {"reason": "gave_up"}))
    try:
        request, signed_with = _request(flight)
    except RenderError as error:
        return Landed(verdict.Verdict("failed", {"reason": "render_error", "detail": str(error)[:300]}))
    except secrets.Undecryptable:
        return Landed(verdict.Verdict("failed", {"reason": "render_error", "detail": "secret"}))
    host = request.host
    if not hosts.take(host):
        return Landed(None, host=host)
    strained, began = True, time.monotonic()
    try:
        found = _call(request, task, settings, signed_with, now)
        strained = found.strain
    finally:
        hosts.give_back(host, strained=strained)
    again = "" if found.outlet else secrets.encrypt(request.dump())
    return Landed(found, again, host, int((time.monotonic() - began) * 1000))


def _request(flight: Flight) -> tuple[Request, str | None]:
    """What to send, and the secret that signs it. A second try sends what the first did."""
    task, settings = flight.task, flight.settings
    vault = Vault(flight.known)
    if task.request:
        request = Request.load(secrets.decrypt(task.request))
    else:
        slow = _slow.get((task.version_id, task.step), 0.0)
        if slow > time.monotonic():
            raise RenderError("The template takes too long.")
        began = time.thread_time()
        try:
            request = render(settings, task.variables, vault)
        finally:
            if time.thread_time() - began > 0.5:
                _remember(task)
    if not settings.secret:
        return request, None
    kept = flight.known.get(settings.secret)
    if kept is None or kept.host not in ("", request.host):
        raise RenderError(f"The secret {settings.secret} is not there for this host.")
    return request, kept.value


def _call(request: Request, task: Task, settings: Any, secret: str | None, now: datetime) -> verdict.Verdict:
    body = request.body.encode() if request.body is not None else None
    id_ = f"msg_{task.key.hex}"
    ours = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity"}
    ours["Idempotency-Key"] = id_
    named = {**ours, **request.headers, **signing.headers(id_, now, body or b"", secret)}
    keep = bool(settings.save_as)
    try:
        answer = http.fetch(
            request.url,
            method=request.method,
            body=body,
            headers={name: value.encode() for name, value in named.items()},
            timeout=settings.seconds,
            limit=verdict.MOST_ANSWER if keep else None,
            keep_method=True,
        )
    except Exception as error:  # noqa: BLE001 - whatever a stranger's server brings about, it is a failed call
        return verdict.of_error(error)
    return verdict.of_answer(answer, keep=keep, now=now)


def _land(landed: list[tuple[Flight, "Future[Landed]"]], now: datetime) -> int:
    results, put_off = [], []
    for flight, future in landed:
        found = future.result()
        if found.verdict is None:
            put_off.append((flight.task, found.host))
        else:
            results.append(_settled(flight, found, found.verdict, now))
    if put_off:
        claim.defer(put_off, now + BUSY)
    if results:
        claim.record(results)
        answered.go_on(now)
    return len(results)


def _settled(flight: Flight, landed: Landed, found: verdict.Verdict, now: datetime) -> Settled:
    task = flight.task
    outlet = found.outlet or ("failed" if task.attempts > flight.settings.retries else "")
    note = {"state": "called" if outlet == "next" else "call_failed", **found.note, "tries": task.attempts}
    if landed.host:
        note |= {"host": landed.host, "ms": landed.milliseconds}
    due = None if outlet else verdict.again_at(task.attempts, found.after, now)
    if outlet != "next":
        log.info(
            "webhook_not_answered", call=task.key.hex, reason=found.note.get("reason"), final=bool(outlet)
        )
    return Settled(task, outlet, note, found.answer, due, landed.host, landed.request)


_slow: "OrderedDict[tuple[int, str], float]" = OrderedDict()


def _remember(task: Task) -> None:
    """A template that takes this long takes the time of everybody's: the others of this step fail at once."""
    _slow[task.version_id, task.step] = time.monotonic() + TOO_SLOW
    while len(_slow) > 1000:
        _slow.popitem(last=False)
