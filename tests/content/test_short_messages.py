"""In-app and social contents: rows of buttons, addresses, and what a person gets of them."""

import pytest
from django.core.exceptions import ValidationError

from content.addresses import is_page, is_picture
from content.check import problems
from content.media.registry import media
from content.personalise import Draft, RenderError, render_message

CARD = {"title": "T", "body": "Hello", "image": "", "actions": []}


def found(medium="in_app", **data):
    return [(p.code, p.field, p.severity) for p in problems(medium, "en", {"en": {**CARD, **data}})]


def rendered(medium="in_app", variables=None, **data):
    return render_message(Draft(medium, "en", {"en": {**CARD, **data}}), "en", variables or {}).data


def button(label="Go", url="https://shop.example/"):
    return {"label": label, "url": url}


def test_empty_rows_at_the_end_are_left_out():
    clean = media.get("in_app").cleaned({"body": "x", "actions": [button(), {"label": " ", "url": ""}]})

    assert clean == {"title": "", "body": "x", "image": "", "actions": [button()]}


@pytest.mark.parametrize(
    ("actions", "place"),
    [
        ("x", "actions"),
        ([button()] * 3, "actions"),
        (["x"], "actions.0"),
        ([button(), {"label": 1}], "actions.1.label"),
        ([{"label": "a\0", "url": ""}], "actions.0.label"),
        ([{"label": "a", "uri": ""}], "actions.0.uri"),
        ([{"label": "a" * 101, "url": ""}], "actions.0.label"),
        ([{"label": "a\nb", "url": ""}], "actions.0.label"),
    ],
    ids=range(8),
)
def test_rows_that_cannot_be_kept_name_their_place(actions, place):
    with pytest.raises(ValidationError) as refused:
        media.get("in_app").cleaned({"body": "x", "actions": actions})

    assert list(refused.value.message_dict) == [place]


def test_checks_look_into_every_row():
    rows = [button("{{ person.first_name }}"), button("", "javascript:alert(1)")]

    assert found(actions=rows) == [
        ("empty", "actions.1.label", "error"),
        ("bad_address", "actions.1.url", "error"),
        ("no_fallback", "actions.0.label", "warning"),
    ]
    assert found(actions=[button("x", "http://shop.example")]) == [
        ("insecure_address", "actions.0.url", "warning")
    ]
    assert found(actions=[button("x", "{{ entry.link | default: 'x' }}")]) == []  # known when it is filled in


def test_messengers_show_no_picture_without_https():
    assert ("insecure_picture", "image", "error") in found("social", image="http://shop.example/a.jpg")


def test_tokens_are_filled_in_everywhere_and_bring_no_script():
    variables = {
        "person": {"first_name": "Yujin"},
        "entry": {"link": "JavaScript:alert(1)", "image": "data:x"},
    }
    data = rendered(
        variables=variables,
        title="{{ person.first_name }}\n",
        body="Hi {{ person.first_name }}\nthere",
        image="{{ entry.image }}",
        actions=[button("To {{ person.first_name }}", "{{ entry.link }}"), button("{{ entry.nothing }}")],
    )

    assert data == {
        "title": "Yujin",
        "body": "Hi Yujin\nthere",
        "image": "",
        "actions": [{"label": "To Yujin", "url": ""}],
    }


def test_fault_in_a_row_is_told_with_its_place():
    with pytest.raises(RenderError) as refused:
        rendered(actions=[button("{{ x")])

    assert refused.value.place == "actions.0.label"


@pytest.mark.parametrize(
    ("text", "page", "picture"),
    [
        ("https://shop.example/a?b=c", True, True),
        ("HTTP://shop.example", True, True),
        ("mailto:a@b.example", True, False),
        ("tel:+8215881234", True, False),
        ("shop://cart/1", True, False),
        ("https://", False, False),
        ("https://[", False, False),
        ("javascript:alert(1)", False, False),
        ("JaVaScript:alert(1)", False, False),
        ("java\tscript:alert(1)", False, False),
        ("\u200bjavascript:alert(1)", False, False),
        ("data:text/html,x", False, False),
        ("vbscript:x", False, False),
        ("file:///etc/passwd", False, False),
        ("/cart", False, False),
        ("cart", False, False),
        ("", False, False),
    ],
)
def test_addresses(text, page, picture):
    assert (is_page(text), is_picture(text)) == (page, picture)
