import pytest

from journeys import checking
from profiles.models import KnownName
from tests.factories.journeys import NOW, simple_document
from tests.factories.workspaces import make_workspace

pytestmark = pytest.mark.django_db


def branch_on(condition):
    document = simple_document(
        b1={
            "kind": "branch",
            "settings": {"branches": [{"key": "a", "label": "A", "when": condition}]},
            "next": {"a": "x1", "else": "x1"},
        }
    )
    document["steps"]["w1"]["next"] = {"next": "b1"}
    return document


def test_condition_on_what_never_came_in_is_a_warning_with_its_place():
    document = branch_on({"all": [{"attribute": "shoe_size", "op": "exists"}, {"event": "danced"}]})
    found = checking.find(document, make_workspace())
    assert [(p.severity, p.code, p.step, p.field) for p in found] == [
        ("warning", "never_seen", "b1", "branches/0/when/all/0/attribute"),
        ("warning", "never_seen", "b1", "branches/0/when/all/1/event"),
    ]


def test_condition_on_what_is_known_is_fine():
    workspace = make_workspace()
    KnownName.objects.create(workspace=workspace, kind="attribute", name="shoe_size", first_seen=NOW)
    assert checking.find(branch_on({"attribute": "shoe_size", "op": "exists"}), workspace) == []


def test_many_conditions_take_no_more_queries(django_assert_num_queries):
    workspace = make_workspace()
    document = branch_on({"attribute": "a1", "op": "exists"})
    ways = [{"key": f"k{n}", "when": {"attribute": f"a{n}", "op": "exists"}} for n in range(20)]
    document["steps"]["b1"] |= {
        "settings": {"branches": ways},
        "next": {f"k{n}": "x1" for n in range(20)} | {"else": "x1"},
    }
    with django_assert_num_queries(3):
        assert len(checking.find(document, workspace)) == 20
