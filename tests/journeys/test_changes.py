from copy import deepcopy

import pytest
from django.utils import translation

from journeys import changes
from tests.factories.journeys import make_mail, simple_document
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db
VIP = {"attribute": "plan", "op": "is", "value": "vip"}


@pytest.fixture
def workspace():
    return make_workspace()


def before():
    branch = {
        "kind": "branch",
        "name": "Worth it?",
        "settings": {"branches": [{"key": "a", "label": "VIP", "when": VIP}]},
        "next": {"a": "w1", "else": "x1"},
    }
    return simple_document(b1=branch)


def lines(workspace, edit):
    """{name of what changed: its lines}"""
    document = deepcopy(before())
    edit(document)
    found = changes.told(before(), document, workspace)
    return {one["name"]: (one["change"], [line["text"] for line in one["lines"]]) for one in found}


def test_a_wait_in_words(workspace):
    def edit(document):
        document["steps"]["w1"]["settings"] = {"for": "P2D", "jitter": "PT30M"}

    assert lines(workspace, edit) == {
        "Wait": ("changed", ["How long: 2 days instead of 1 hour", "Spread over: now 30 minutes"])
    }
    with translation.override("ko"):
        ((_name, (_change, texts)),) = lines(workspace, edit).items()
    assert texts[0] == "기다리는 시간: 1시간 → 2일"


def test_conditions_are_sentences_and_roads_have_names(workspace):
    def edit(document):
        branch = document["steps"]["b1"]
        branch["settings"]["branches"][0]["when"] = VIP | {"value": "gold"}
        branch["next"]["else"] = "w1"

    ((_change, texts),) = lines(workspace, edit).values()
    assert texts == [
        "“VIP”: For people who: plan is gold instead of plan is vip",
        "“Otherwise” leads to: “Wait” instead of “End”",
    ]


def test_added_removed_and_content_by_name(workspace):
    make_mail(workspace, "hello", subject="Hi")

    def edit(document):
        del document["steps"]["w1"]
        document["steps"]["m1"] = {
            "kind": "send_email",
            "settings": {"content": "hello"},
            "next": {"next": "x1"},
        }
        document["steps"]["b1"]["next"]["a"] = "m1"

    assert lines(workspace, edit) == {
        "Send email": ("added", []),
        "Worth it?": ("changed", ["“VIP” leads to: “Send email” instead of “Wait”"]),
        "Wait": ("removed", []),
    }


def test_rules_of_the_journey(workspace):
    def edit(document):
        document["policy"] |= {
            "quiet_hours": {"from": "21:00", "to": "08:00"}, "reentry": {"mode": "never"}, "max_stay": "P30D",
        }  # fmt: skip

    assert lines(workspace, edit) == {
        "Rules of the journey": (
            "changed",
            [
                "Entering again: Never instead of Every time, also beside a running one of another key",
                "Quiet hours: 21:00 – 08:00 instead of At any hour",
                "Longest stay: now 30 days",
            ],
        )
    }


def test_whatever_stands_in_a_document_is_told(workspace):
    """Odd settings have words, too: nothing here may fail."""
    odd = [
        None,
        7,
        True,
        "P",
        "2026-13-99",
        {"x": {"y": []}},
        [{"key": 1}],
        [{"key": "a", "when": 3}],
        {"op": "?"},
    ]
    for first in odd:
        for second in odd:
            for name in ("for", "branches", "when", "content", "weekdays", "window"):
                old, new = before(), before()
                old["steps"]["b1"]["settings"], new["steps"]["b1"]["settings"] = {name: first}, {name: second}
                changes.told(old, new, workspace)
