"""Journeys to begin with: real documents, drawn as the flow they are."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from journeys.steps.registry import steps as step_kinds


@dataclass(frozen=True)
class Starter:
    key: str
    name: str
    says: str
    document: dict[str, Any]

    @property
    def steps(self) -> int:
        return len(self.document["steps"])

    @property
    def drawing(self) -> dict[str, Any]:
        """Cards and roads of the little picture, in its 240 x 132 view box."""
        rows = _rows(self.document)
        height = min(34, (132 - 22) / max(len(rows) - 1, 1))
        at: dict[str, tuple[float, float]] = {}
        for depth, keys in enumerate(rows):
            for index, key in enumerate(keys):
                at[key] = (
                    round(120 + (index - (len(keys) - 1) / 2) * 64 - 22, 1),
                    round(2 + depth * height, 1),
                )
        nodes = {**self.document["triggers"], **self.document["steps"]}
        cards = [
            {
                "x": x,
                "y": y,
                "tone": "entry" if key in self.document["triggers"] else _tone(nodes[key]["kind"]),
            }
            for key, (x, y) in at.items()
        ]
        roads = [_road(at[key], at[target]) for key, node in nodes.items() for target in _targets(node)]
        return {"cards": cards, "roads": roads}


def _tone(kind: str) -> str:
    found = step_kinds.get(kind)
    return found.tone if found else "flow"


def _targets(node: dict[str, Any]) -> list[str]:
    following = node.get("next")
    return [following] if isinstance(following, str) else list((following or {}).values())


def _rows(document: dict[str, Any]) -> list[list[str]]:
    """Keys by depth: the longest way from a trigger, as the canvas draws them."""
    nodes = {**document["triggers"], **document["steps"]}
    depth = dict.fromkeys(document["triggers"], 0)
    queue = list(depth)
    while queue:
        key = queue.pop(0)
        for target in _targets(nodes[key]):
            if depth.get(target, -1) < depth[key] + 1:
                depth[target] = depth[key] + 1
                queue.append(target)
    rows: list[list[str]] = [[] for _level in range(max(depth.values()) + 1)]
    for key, level in depth.items():
        rows[level].append(key)
    return rows


def _road(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = (start[0] + 22, start[1] + 18), (end[0] + 22, end[1])
    middle = (y1 + y2) / 2
    return f"M{x1} {y1}V{y2}" if x1 == x2 else f"M{x1} {y1}V{middle}H{x2}V{y2}"


def _document(triggers: dict[str, Any], steps: dict[str, Any], **policy: Any) -> dict[str, Any]:
    return {
        "format": "gilmok.journey/1",
        "triggers": triggers,
        "steps": steps,
        "policy": {"reentry": {"mode": "after_exit"}, "quiet_hours": "workspace", **policy},
        "layout": {},
        "notes": [],
    }


def _end() -> dict[str, Any]:
    return {"kind": "end", "settings": {"outcome": "done"}, "next": {}}


def all_starters() -> list[Starter]:
    """In the reader's language. Contents are left to choose: the problems list says where."""
    mail = {"content": "", "topic": "offers"}
    return [
        Starter(
            "welcome",
            _("Welcome, first days"),
            _("Greet, wait a day, ask for a first order unless they made it."),
            _document(
                {"t1": {"kind": "event", "event": "signed_up", "next": "m1"}},
                {
                    "m1": {
                        "kind": "send_email",
                        "name": _("Say hello"),
                        "settings": mail,
                        "next": {"next": "w1"},
                    },
                    "w1": {"kind": "wait", "settings": {"for": "P1D"}, "next": {"next": "b1"}},
                    "b1": {
                        "kind": "branch",
                        "name": _("Ordered already?"),
                        "settings": {
                            "branches": [
                                {
                                    "key": "ordered",
                                    "label": _("Ordered"),
                                    "when": {
                                        "event": "order_completed",
                                        "op": "at_least",
                                        "times": 1,
                                        "since": "entry",
                                    },
                                }
                            ]
                        },
                        "next": {"ordered": "x1", "else": "m2"},
                    },
                    "m2": {
                        "kind": "send_email",
                        "name": _("Ask for a first order"),
                        "settings": mail,
                        "next": {"next": "x1"},
                    },
                    "x1": _end(),
                },
                reentry={"mode": "never"},
            ),
        ),
        Starter(
            "cart",
            _("Win back left carts"),
            _("Wait for the order; if none comes, remind, and stop the moment they buy."),
            _document(
                {"t1": {"kind": "event", "event": "cart_updated", "next": "w1"}},
                {
                    "w1": {
                        "kind": "wait_for_event",
                        "name": _("Do they order?"),
                        "settings": {
                            "within": "PT1H",
                            "already": "ignore",
                            "branches": [
                                {"key": "ordered", "label": _("Ordered"), "event": "order_completed"}
                            ],
                        },
                        "next": {"ordered": "x1", "timeout": "s1"},
                    },
                    "s1": {
                        "kind": "split",
                        "name": _("Mail or text?"),
                        "settings": {"shares": [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]},
                        "next": {"a": "m1", "b": "m2"},
                    },
                    "m1": {
                        "kind": "send_email",
                        "name": _("Cart reminder"),
                        "settings": mail,
                        "next": {"next": "x1"},
                    },
                    "m2": {
                        "kind": "send_sms",
                        "name": _("Cart reminder"),
                        "settings": mail,
                        "next": {"next": "x1"},
                    },
                    "x1": _end(),
                },
                goal={"event": "order_completed", "within": "P7D", "on_reach": "leave"},
            ),
        ),
        Starter(
            "win_back",
            _("Quiet for 90 days"),
            _("Everyone who bought twice and went quiet: one mail at ten, two versions."),
            _document(
                {
                    "t1": {
                        "kind": "schedule",
                        "audience": {
                            "all": [
                                {"event": "order_completed", "op": "at_least", "times": 2},
                                {"event": "order_completed", "op": "never", "within": "P90D"},
                            ]
                        },
                        "next": "w1",
                    }
                },
                {
                    "w1": {"kind": "wait_until", "settings": {"at": "10:00"}, "next": {"next": "s1"}},
                    "s1": {
                        "kind": "split",
                        "name": _("Which words work?"),
                        "settings": {"shares": [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]},
                        "next": {"a": "m1", "b": "m2"},
                    },
                    "m1": {
                        "kind": "send_email",
                        "name": _("Mail A"),
                        "settings": mail,
                        "next": {"next": "x1"},
                    },
                    "m2": {
                        "kind": "send_email",
                        "name": _("Mail B"),
                        "settings": mail,
                        "next": {"next": "x1"},
                    },
                    "x1": _end(),
                },
                reentry={"mode": "never"},
            ),
        ),
    ]


def document_of(key: str) -> dict[str, Any] | None:
    return next((starter.document for starter in all_starters() if starter.key == key), None)
