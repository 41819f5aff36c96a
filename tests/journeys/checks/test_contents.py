import pytest

from journeys import checking
from tests.factories.channels import make_person
from tests.journeys.checks.conftest import branch, draft

pytestmark = pytest.mark.django_db


def send(content, to="x"):
    return {"kind": "send_email", "settings": {"content": content}, "next": {"next": to}}


def test_a_language_that_only_some_contents_have(found, mail):
    mail("both", en="Hi", ko="안녕")
    mail("one", en="Hi")
    assert found(draft(m=send("both", "n"), n=send("one"))) == [("missing_language", "n", "content")]


def test_regions_of_a_language_are_that_language(found, mail):
    mail("both", **{"en-GB": "Hi", "ko": "안녕"})
    mail("other", **{"en": "Hi", "ko-KR": "안녕"})
    assert found(draft(m=send("both", "n"), n=send("other"))) == []


def test_the_workspaces_own_language_is_wanted(workspace, mail):
    workspace.default_locale = "ko"
    workspace.save()
    item = mail("one", en="Hi")
    (problem,) = checking.find(draft(m=send("one")), workspace)
    assert problem.message == "“One” has no words in Korean: people get English."
    assert problem.fix == {"label": "Open the content", "url": f"/content/{item.public_id}/"}


NAME = "Hi {{ person.first_name }}"


def test_a_token_that_some_people_have_no_value_for(workspace, found, mail):
    mail("hello", en=NAME)
    make_person(workspace, first_name="Ana")
    assert found(draft(m=send("hello"))) == []
    make_person(workspace, first_name="")
    assert found(draft(m=send("hello"))) == [("no_fallback", "m", "content")]


@pytest.mark.parametrize(
    "body",
    [
        "Hi {{ person.first_name | default: 'friend' }}",
        "{% if person.first_name %}{{ person.first_name }}{% endif %}",
        "{{ person.email }} {{ person.id }} {{ unsubscribe_url }} {{ workspace.name }}",
        "{{ broken",
    ],
)
def test_tokens_that_leave_no_gap(workspace, found, mail, body):
    make_person(workspace)
    mail("hello", en=body)
    assert found(draft(m=send("hello"))) == []


def test_a_subject_is_looked_at_too(found, mail):
    mail("hello", subject=NAME, en="Hi")
    assert found(draft(m=send("hello"))) == [("no_fallback", "m", "content")]


def test_tokens_of_what_started_the_journey(found, mail, knows):
    knows(event={"go": ["value"], "paid": []})
    mail("hello", en="{{ entry.value }}")
    assert found(draft(m=send("hello"))) == []
    triggers = {"t": {"kind": "event", "event": "go"}, "s": {"kind": "schedule", "at": "2030-01-01T09:00"}}
    assert ("no_fallback", "m", "content") in found(draft(triggers, m=send("hello")))


def test_tokens_of_what_steps_wrote(found, mail):
    mail("hello", en="{{ context.coupon.code }}")
    hook = {
        "kind": "call_webhook",
        "settings": {"method": "POST", "url": "https://example.com/", "save_as": "coupon"},
        "next": {"next": "m", "failed": "x"},
    }
    assert found(draft(h=hook, m=send("hello"))) == []
    assert found(
        draft(b=branch({"all": []}) | {"next": {"k0": "h", "else": "m"}}, h=hook, m=send("hello"))
    ) == [("no_fallback", "m", "content")]


def test_tokens_in_the_settings_of_a_step(workspace, found, knows):
    knows(event={"go": ["colour"]})
    make_person(workspace)
    texts = {"a": "{{ entry.size }}", "b": "{{ entry.colour }}", "c": "{{ person.city | default: '-' }}"}
    step = {"kind": "update_profile", "settings": {"set": texts}, "next": {"next": "x"}}
    assert found(draft(u=step)) == [("no_fallback", "u", "set/a")]


def test_many_contents_take_no_more_queries(workspace, mail, knows, django_assert_num_queries):
    knows(event={"go": []})

    def look(count):
        steps = {f"m{n}": send(f"mail{n}", f"m{n + 1}" if n < count - 1 else "x") for n in range(count)}
        return checking.find(draft(**steps), workspace)

    for n in range(20):
        mail(f"mail{n}", en="{{ person.a }} {{ entry.b }}")
    with django_assert_num_queries(7):
        look(1)
    with django_assert_num_queries(7):
        assert [p.code for p in look(20)].count("no_fallback") == 20
