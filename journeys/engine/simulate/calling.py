"""Webhooks in a simulation: nothing is called. The request is made as it would be, and she goes on as if it were
answered: as was told for the step, else by the way that is drawn for it, else well."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.utils.translation import gettext as _

from content.personalise import RenderError
from journeys.engine import explain
from journeys.engine.simulate.given import Happening
from journeys.steps.outcomes import Json
from journeys.webhooks import claim, vault, verdict, words
from journeys.webhooks.claim import Settled, Task
from journeys.webhooks.request import Request, render
from journeys.webhooks.vault import Kept, Vault
from lib.http import Answer

if TYPE_CHECKING:
    from journeys.engine.simulate.playing import Run


def answer_new(run: "Run") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.id, c.asked_at, c.enrolment_id from journeys_call c "
            "join journeys_enrolment e on e.id = c.enrolment_id "
            "where e.journey_id = %s and c.outlet = '' order by c.id",
            [run.found.journey_id],
        )
        asked = cursor.fetchall()
    if not asked:
        return
    tasks = {task.id: task for task in claim.load([row[0] for row in asked])}
    known = {name: Kept(vault.MASK, host) for name, host in vault.hosts(run.workspace.pk).items()}
    for id_, at, enrolment_id in asked:
        if id_ in tasks:
            _answer(run, tasks[id_], at, enrolment_id, known)


def _answer(run: "Run", task: Task, at: datetime, enrolment_id: int, known: dict[str, Kept]) -> None:
    settings = run.found.steps[task.step].settings
    request: Request | None = None
    try:
        request = render(settings, _seen(run, task.variables), Vault(known))
        found = _verdict(run, task, settings.save_as, at)
    except RenderError as error:
        found = verdict.Verdict("failed", {"reason": "render_error", "detail": str(error)[:300]})
    outlet = found.outlet or "failed"  # after the last try
    note = {"state": "called" if outlet == "next" else "call_failed", **found.note}
    if request is not None:
        note |= {"simulated": True, "request": f"{request.method} {request.url}", "host": request.host}
    claim.record([Settled(task, outlet, note, found.answer)])
    with connection.cursor() as cursor:
        cursor.execute("update journeys_enrolment set due_at = %s where id = %s", [at, enrolment_id])
    run.called.append((enrolment_id, _shown(task, request, at, outlet, note)))


def _seen(run: "Run", variables: Json) -> Json:
    """The request is only shown: without what the reader may not see of her."""
    if run.show is None:
        return variables
    return {
        **variables,
        "person": {name: run.show(name, value) for name, value in variables["person"].items()},
    }


def _verdict(run: "Run", task: Task, save_as: str | None, at: datetime) -> verdict.Verdict:
    told = _told(run, task.step, at)
    if told is not None:
        body = told.get("answer")
        answer = Answer(
            int(told.get("status", 200)), {}, b"" if body is None else json.dumps(body).encode(), ""
        )
        return verdict.of_answer(answer, keep=bool(save_as), now=at)
    if run.draws.get(task.step) == "failed":
        return verdict.Verdict("failed", {"reason": "drawn"})
    if save_as:
        title = explain.title(run.found, task.step)
        text = _("What “%(step)s” is answered was not said, so {{ context.%(name)s }} is empty.")
        run.warnings.append(text % {"step": title, "name": save_as})
    return verdict.Verdict("next")


def _told(run: "Run", step: str, at: datetime) -> Happening | None:
    """What it answers at this moment; what was said for this very moment counts already."""
    coming = [
        (when, order, one) for when, order, one in run.coming if when <= at and one.get("webhook") == step
    ]
    return max(coming)[2] if coming else run.answers.get(step)


def _shown(task: Task, request: Request | None, at: datetime, outlet: str, note: Json) -> Json:
    return {
        "step": task.step,
        "at": explain.iso(at),
        "outlet": outlet,
        "text": words.sentence(note),
        "method": request.method if request else None,
        "url": request.url if request else None,
        "headers": request.headers if request else None,
        "body": request.body if request else None,
    }
