"""Hostile templates end in a clear refusal, at once; they reach nothing and hang nothing."""

import time

import pytest
from django.utils import translation

from content import sandbox
from content.personalise import RenderError, check_text, render_text

LONG, LARGE, DEEP = (
    "This runs too long: its loops go round too often.",
    "This grows too large.",
    "This is nested too deeply.",
)
DOUBLE = "{% assign a = a | append: a %}" * 40


@pytest.mark.parametrize(
    ("template", "answer"),
    [
        ("{% for i in (1..100000000) %}a{% endfor %}", LONG),
        ("{% for i in (1..9999) %}{% for j in (1..9999) %}{% endfor %}{% endfor %}", LONG),
        ("{% for i in (1..9000) %}{% endfor %}" * 2, LONG),
        ("{% for i in (1..10000) %}" + "{% if true %}{% endif %}" * 5000 + "{% endfor %}", LONG),
        ("{% tablerow i in (1..1000000) %}{% endtablerow %}", LONG),
        ("{% assign a = 'aaaaaaaaaa' %}" + DOUBLE, LARGE),
        ("{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | replace: 'a', a %}" * 40, LARGE),
        ("{% assign a = 'a,a' | split: ',' %}" + "{% assign a = a | concat: a %}" * 40, LARGE),
        ("{{ (1..100000000) | join: '' }}", LARGE),
        ("{% assign a = (1..100000000) | reverse %}", LARGE),
        ("{% assign a = 9999999999 %}" + "{% assign a = a | times: a %}" * 30 + "{{ a }}", LARGE),
        ("{% for i in (1..9000) %}" + "long words " * 20 + "{% endfor %}", LARGE),
        ("{% if 1 %}" * 500 + "{% endif %}" * 500, DEEP),
    ],
)
def test_greedy_template_is_stopped(template, answer):
    began = time.monotonic()
    with pytest.raises(RenderError) as refusal:
        render_text(template, {})
    assert refusal.value.message == answer
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("template", "message", "line"),
    [
        ("fine\n{% if %}", "A value is missing in a token: write what it should show or compare.", 2),
        ("fine\n\n{{ 'a", "A “{{” isn’t closed: “}}” is missing.", 3),
        ("{% include 'secret' %}", "There is no tag “{% include %}”.", 1),
        ("{% render 'secret' %}", "There is no tag “{% render %}”.", 1),
        ("\n{% if false %}{{ 'a' | nope }}{% endif %}", "There is no filter called nope.", 2),
        ("{{ 'a' | safe }}", "There is no filter called safe.", 1),
        ("\n{{ 1 | divided_by: 0 }}", "A token can't be worked out: divided_by: can't divide by 0", 2),
    ],
)
def test_faulty_template_says_what_and_where(template, message, line):
    with pytest.raises(RenderError) as refusal:
        render_text(template, {})
    assert (refusal.value.message, refusal.value.line) == (message, line)


@pytest.mark.parametrize(
    "path",
    [
        "person.__class__",
        "person.keys",
        "person.n.__class__.__mro__",
        "person['__init__']",
        "person.items",
        "self",
        "forloop",
    ],
)
def test_nothing_of_python_is_in_reach(path):
    assert render_text("{{ " + path + " }}", {"person": {"n": 1}}) == ""


@pytest.mark.parametrize(
    "value", [float("inf"), float("nan"), 10**400, -1, True, None, [], {}, "x" * 5000, "\ud800", {"a": [{}]}]
)
@pytest.mark.parametrize(
    "name",
    [
        "number",
        "money",
        "percent",
        "date",
        "date: '%Y'",
        "upcase",
        "truncate: 5",
        "default: 'x'",
        "join: ','",
        "size",
        "plus: 1",
        "round: 2",
    ],
)
def test_odd_values_never_raise_anything_else(name, value):
    try:
        render_text("{{ person.v | " + name + " }}", {"person": {"v": value}})
    except RenderError as refusal:
        assert refusal.message


def test_checking_a_text_tells_the_fault_or_nothing():
    assert check_text("{{ entry.colour | upcase }}") is None
    assert check_text("{{ entry.colour") == "A “{{” isn’t closed: “}}” is missing."


@pytest.mark.parametrize(
    "text",
    ["{{" * 9000, "{%" * 9000, "{% if a" * 9000, "{{ a" * 9000, "{% raw %}" * 9000, "{%- comment %}" * 9000],
)
def test_openings_without_end_are_refused_at_once(text):
    began = time.process_time()
    with pytest.raises(sandbox.RenderError):
        sandbox.parse(text)
    assert time.process_time() - began < 1


def test_raw_text_may_hold_openings():
    assert sandbox.run(sandbox.parse("{% raw %}{{ {% {{{% endraw %}{{ 1 }}"), {}, "en") == "{{ {% {{1"


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        ("{% if a %}x", "“{% if %}”가 닫히지 않았어요. “{% endif %}”가 빠졌어요."),
        ("{% endfor %}", "“{% endfor %}”가 닫을 것이 없어요. 앞에 “{% for %}”가 빠졌어요."),
        ("{% else %}", "“{% else %}”가 짝이 되는 태그 밖에 있어요."),
        ("{{ first name }}", "토큰에 단어가 하나 더 있어요. 띄어쓰기가 있는 이름은 쓸 수 없어요."),
        ("{% if a = 1 %}{% endif %}", "두 값을 비교하려면 “==”를 써 주세요."),
        ("{% for x y %}{% endfor %}", "반복은 “{% for item in list %}”처럼 써요."),
        ("{{ 'a }}", "여기에는 “'”를 쓸 수 없어요. 따옴표나 괄호가 닫히지 않았을 수 있어요."),
        ("{{ a | }}", "“|” 뒤에 필터 이름이 빠졌어요."),
    ],
)
def test_faults_are_told_in_the_readers_language(faulty, said):
    with translation.override("ko"), pytest.raises(RenderError) as raised:
        sandbox.parse(faulty)
    assert str(raised.value).startswith(said)
