"""Mails rendered a second on one core: a content as the senders render it, against python-liquid alone on the very same
templates (the finished HTML, text, subject and preheader), without limits, escaping or choice of language."""

import time
from typing import Any

from liquid import Environment

from content.media.registry import media
from content.personalise import Draft, render_message

GOAL = 0.7
SECONDS = 0.6
ROUNDS = 7


def run(seconds: float = SECONDS) -> dict[str, Any]:
    email = media.get("email")
    assert email
    starter = email.starter("reminder")
    assert starter
    draft = Draft("email", "en", starter.variants)
    people = [_variables(number) for number in range(200)]
    compiled: Any = email.compile(starter.variants["en"], "en")
    plain = Environment()
    plain.add_filter("money", lambda value: f"₩{value:,}")
    plain.add_filter("link", str)
    parts = [
        plain.from_string(part.source)
        for part in (compiled.subject, compiled.preheader, compiled.html, compiled.text)
    ]

    def ours(variables: dict[str, Any]) -> None:
        render_message(draft, "en-US", variables)

    def bare(variables: dict[str, Any]) -> None:
        for part in parts:
            part.render(**variables)

    # In turn, so that a busy machine slows both; CPU time, so that it slows neither.
    rates = [(_rate(ours, people, seconds), _rate(bare, people, seconds)) for _round in range(ROUNDS)]
    mine = sorted(rate for rate, _other in rates)[ROUNDS // 2]
    alone = sorted(rate for _mine, rate in rates)[ROUNDS // 2]
    return {
        "bench": "render",
        "mails_per_second": round(mine),
        "liquid_alone_per_second": round(alone),
        "ratio": round(sorted(a / b for a, b in rates)[ROUNDS // 2], 2),
        "goal": GOAL,
    }


def _variables(number: int) -> dict[str, Any]:
    return {
        "person": {
            "first_name": f"Person {number}",
            "locale": "en-US",
            "id": str(number),
            "plan": "pro",
            "city": "Seoul",
        },
        "entry": {"value": 1000 * number, "items": number},
        "context": {},
        "workspace": {"name": "Sonamu Living", "time_zone": "Asia/Seoul"},
        "unsubscribe_url": f"https://mail.example/u/{number}",
        "view_url": f"https://mail.example/w/{number}",
    }


def _rate(render: Any, people: list[dict[str, Any]], seconds: float) -> float:
    began, done = time.process_time(), 0
    while (took := time.process_time() - began) < seconds:
        for variables in people:
            render(variables)
        done += len(people)
    return done / took
