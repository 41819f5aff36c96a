"""The check list: what, in which language and field, on which line."""

import pytest

from content.check import Known, problems

GOOD = '<p>Hello</p>\n<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p>'
KNOWN = Known(frozenset({"first_name"}), ("en",))


def found(body=GOOD, subject="Hi", form="html", preheader=""):
    words = {"subject": subject, "preheader": preheader, "format": form, "body": body}
    return [(p.severity, p.code, p.field, p.line) for p in problems("email", "en", {"en": words}, KNOWN)]


def mjml(inside):
    foot = "<mj-text>{{ unsubscribe_url }}</mj-text></mj-column></mj-section></mj-body></mjml>"
    return f"<mjml><mj-body><mj-section><mj-column>\n{inside}\n{foot}"


def test_good_mail_has_no_problem():
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subject": " "}, ("error", "empty", "subject", None)),
        ({"body": GOOD + "\n{% if %}"}, ("error", "template", "body", 3)),
        ({"body": GOOD + "{% for i in (1..99999999) %}{% endfor %}"}, ("error", "template", "body", None)),
        ({"subject": "{{ person.first_name }}"}, ("warning", "no_fallback", "subject", 1)),
        ({"body": GOOD + "\n\n{{ entry.value | money }}"}, ("warning", "no_fallback", "body", 4)),
        (
            {"subject": "{{ person.frist_name | default: 'you' }}"},
            ("warning", "unknown_attribute", "subject", 1),
        ),
        ({"subject": "{{ persn.first_name }}"}, ("warning", "unknown_root", "subject", 1)),
        ({"body": "<p>Hello</p>"}, ("warning", "no_unsubscribe", "body", None)),
        ({"body": GOOD + "\n<a href='javascript:x()'>a</a>"}, ("error", "unsafe_link", "body", 3)),
        ({"body": GOOD + "\n\n<img src='https://a.example/b.png'>"}, ("warning", "no_alt", "body", 4)),
        ({"body": GOOD + "<script>1</script>"}, ("warning", "active", "body", 2)),
        ({"subject": "a" * 200}, ("warning", "long_subject", "subject", None)),
        ({"form": "mjml", "body": mjml("<mj-text>a</mj-column>")}, ("error", "mjml", "body", 2)),
        ({"form": "mjml", "body": mjml("<mj-txt>a</mj-txt>")}, ("error", "mjml", "body", 2)),
        ({"form": "mjml", "body": "{{ unsubscribe_url }}"}, ("error", "unreadable", "body", 1)),
    ],
)
def test_problem_is_found_at_its_place(changes, expected):
    assert expected in found(**changes)


def test_a_token_inside_a_condition_needs_no_fallback():
    assert found(subject="{% if person.first_name %}Hi {{ person.first_name }}{% endif %}") == []


def test_missing_language_and_default_are_told():
    codes = [p.code for p in problems("sms", "ko", {"en": {"body": "Hi"}}, Known(None, ("ko",)))]
    assert codes == ["no_default", "missing_language"]


def test_long_text_message_is_told():
    many = problems("sms", "en", {"en": {"body": "가" * 400}})
    assert [(p.code, p.message) for p in many] == [
        ("many_parts", "This goes out as 6 messages in one; each is charged.")
    ]
