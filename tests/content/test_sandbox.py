"""Hostile templates end in a clear refusal, at once; they reach nothing and hang nothing."""

import time

import pytest

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
        ("fine\n{% if %}", "Something is wrong with a token: missing expression", 2),
        ("fine\n\n{{ 'a", "Something is wrong with a token: expected '}}', found end of file", 3),
        ("{% include 'secret' %}", "Something is wrong with a token: unexpected tag 'include'", 1),
        ("{% render 'secret' %}", "Something is wrong with a token: unexpected tag 'render'", 1),
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
    assert (
        check_text("{{ entry.colour") == "Something is wrong with a token: expected '}}', found end of file"
    )


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
