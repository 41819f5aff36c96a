"""The sample shop's segments: four that keep themselves, and one list. Some belong to a team."""

from datetime import datetime
from typing import Any

from profiles.models import Profile
from profiles.segments import editing, lists
from workspaces.actor import actor_of
from workspaces.models import User, Workspace

BOUGHT = {"event": "order_completed", "op": "at_least", "times": 1, "within": "P90D"}
RULES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("vip", "VIP", "On the VIP plan", {"attribute": "plan", "op": "is", "value": "vip"}),
    (
        "regulars",
        "Regulars",
        "Bought at least twice in 90 days",
        {"all": [BOUGHT | {"times": 2}, {"consent": "email", "topic": "offers", "op": "granted"}]},
    ),
    (
        "slipping-away",
        "Slipping away",
        "Bought before, but not for 60 days",
        {
            "all": [
                {"event": "order_completed", "op": "at_least", "times": 1},
                {"event": "order_completed", "op": "never", "within": "P60D"},
                {"not": {"segment": "vip", "op": "in"}},
            ]
        },
    ),
]
BIG_SPENDERS: dict[str, Any] = {
    "all": [
        {"event": "order_completed", "sum": "total", "op": "gte", "value": 30000, "within": "P90D"},
        {"consent": "email", "topic": "offers", "op": "granted"},
        {
            "any": [
                {"attribute": "city", "op": "in", "value": ["Seoul", "서울"]},
                {"attribute": "plan", "op": "is", "value": "vip"},
            ]
        },
        {"not": {"any": [{"segment": "tasters", "op": "in"}]}},
    ]
}  # fmt: skip
TEAMS = {"vip": "crm", "regulars": "email", "tasters": "crm"}
TESTERS = 12


def make(workspace: Workspace, now: datetime) -> None:
    """The clock fills them in a second or two."""
    actor = actor_of(User.objects.get(email="minjae@sonamu.example"))
    assert actor is not None
    for slug, name, description, condition in RULES:
        team = TEAMS.get(slug, "")
        editing.create(
            actor, name=name, slug=slug, description=description, condition=condition, team=team, now=now
        )
    testers = editing.create(
        actor, name="Tasters", description="They see new things first", kind="list", slug="tasters",
        team=TEAMS["tasters"], now=now,
    )  # fmt: skip
    people = Profile.objects.filter(workspace=workspace).order_by("pk").values_list("pk", flat=True)
    lists.put(actor, testers, list(people[:TESTERS]), now)
    editing.create(
        actor, name="Big spenders", slug="big-spenders", description="In Seoul or on the VIP plan, without the tasters",
        condition=BIG_SPENDERS, team="crm", now=now,
    )  # fmt: skip
