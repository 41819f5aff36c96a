"""Sensitive attributes in conditions and messages get a warning."""

from content import check
from profiles.models import KnownName
from tests.factories.journeys import NOW
from tests.journeys.checks.conftest import END, draft


def branch(name):
    when = {"any": [{"attribute": "plan", "op": "is", "value": "pro"}, {"attribute": name, "op": "exists"}]}
    settings = {"branches": [{"key": "yes", "label": "Yes", "when": when}]}
    return draft(b={"kind": "branch", "settings": settings, "next": {"yes": "x", "else": "x"}}, x=END)


def sensitive(found):
    return [(step, field) for code, step, field in found if code == "sensitive"]


def test_a_condition_on_a_sensitive_attribute_is_told(found, knows, workspace):
    knows(attribute=["plan", "religion", "blood"])
    assert sensitive(found(branch("religion"))) == [("b", "branches/0/when/any/1/attribute")]
    assert sensitive(found(branch("religion.since"))) == [("b", "branches/0/when/any/1/attribute")]
    assert sensitive(found(branch("blood"))) == []
    KnownName.objects.filter(name="blood").update(data_class="sensitive")
    KnownName.objects.filter(name="religion").update(data_class="none")
    assert sensitive(found(branch("blood"))) == [("b", "branches/0/when/any/1/attribute")]
    assert sensitive(found(branch("religion"))) == []


def test_a_message_that_would_say_it_is_told(workspace):
    KnownName.objects.create(
        workspace=workspace, kind="attribute", name="blood", data_class="sensitive", first_seen=NOW
    )
    body = "{{ person.blood | default: 'x' }} {{ person.first_name | default: 'x' }} {{ person.passport | default: 1 }}"
    found = check.problems("sms", "en", {"en": {"body": body}}, check.known_of(workspace))
    assert [problem.message.split("”")[0] for problem in found if problem.code == "sensitive"] == [
        "“blood", "“passport",
    ]  # fmt: skip
