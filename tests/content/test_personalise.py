"""One person's message: her language, her values, nothing of hers that could harm."""

import pytest
from django.utils import translation

from content.personalise import Draft, RenderError, render_message, render_text

PERSON = {"first_name": "유진", "total": 182000, "since": "2026-11-17T16:30:00Z", "time_zone": "Asia/Seoul"}


def mail(body="<p>Hi</p>", subject="Hi", form="html", preheader="", **others):
    words = {"subject": subject, "preheader": preheader, "format": form, "body": body}
    return Draft("email", "en", {"en": words, **others})


def html_of(body, person, form="html"):
    return render_message(mail(body, form=form), "en", {"person": person}).data["html"]


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("ko", "ko"),
        ("ko-KR", "ko"),
        ("ko_kr", "ko"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_language_is_hers_its_base_or_the_default(wanted, chosen):
    draft = Draft("sms", "en", {tag: {"body": tag} for tag in ("en", "ko", "pt-BR")})
    assert render_message(draft, wanted, {}).data == {"body": chosen}


@pytest.mark.parametrize(
    ("template", "english", "korean"),
    [
        ("{{ person.total | money }}", "₩182,000", "182,000원"),
        ("{{ person.total | number }}", "182,000", "182,000"),
        ("{{ 1234.5 | number }}", "1,234.5", "1,234.5"),
        ("{{ 1234.5 | money: 'USD' }}", "$1,234.50", "US$1,234.50"),
        ("{{ 0.25 | percent }}", "25%", "25%"),
        ("{{ person.since | date }}", "18 November 2026", "2026년 11월 18일"),
        ("{{ person.since | date: 'short' }}", "18 Nov", "11월 18일"),
        ("{{ person.since | date: 'full' }}", "18 November 2026 01:30", "2026년 11월 18일 01:30"),
        ("{{ person.since | date: '%Y-%m-%d %a' }}", "2026-11-18 Wed", "2026-11-18 수"),
        ("{{ person.gone | default: 'x' }}{{ person.gone }}{{ person.gone | money }}", "x", "x"),
    ],
)
def test_numbers_and_dates_read_as_in_her_language(template, english, korean):
    assert [render_text(template, {"person": PERSON}, tag) for tag in ("en", "ko")] == [english, korean]


def test_email_has_its_four_parts():
    draft = mail(
        '<h1>Hi {{ person.name }}</h1><a href="https://a.example/?q={{ person.name }}">Look</a>',
        "Hi\n{{ person.name }}",
        preheader="For {{ person.name }}",
    )
    data = render_message(draft, "en", {"person": {"name": "A & B"}}).data
    assert (data["subject"], data["preheader"]) == ("Hi A & B", "For A & B")
    assert data["text"] == "Hi A & B\n\nLook: https://a.example/?q=A & B\n"
    assert "<h1>Hi A &amp; B</h1>" in data["html"]
    assert "For A &amp; B" in data["html"]


XSS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "template",
    [
        "{{ person.x }}",
        "{{ person.x | upcase | downcase }}",
        "{{ person.x | append: person.x }}",
        "{{ person.x | newline_to_br }}",
        "{{ person.x | strip }}",
        "{{ person.x | truncate: 60 }}",
        "{{ person.x | default: 'a' }}",
        "{{ person.x | replace: 'q', 'r' }}",
        "{% assign y = person.x %}{{ y }}",
        "{% capture y %}{{ person.x }}{% endcapture %}{{ y }}",
        "{{ person.l | join: person.x }}",
        "{{ person.x | date }}",
        "{{ person.x | money }}",
        "{{ person.x | number }}",
        "{{ person.x | url_encode }}",
        "{{ person.x | split: 'q' | first }}",
        '<a title="{{ person.x }}">a</a>',
        "{% for c in person.l %}{{ c }}{% endfor %}",
        "{{ 'a' | prepend: person.x }}",
        "{{ person }}",
    ],
)
def test_values_of_people_are_words_never_markup(template):
    found = html_of(template, {"x": XSS, "l": [XSS, XSS]})
    assert "<script" not in found
    assert "<img" not in found
    assert (
        "onerror=alert"
        not in found.replace("onerror=alert(1)&gt;", "")
        .replace("ONERROR", "")
        .replace("onerror=alert", "", 0)
        or "&lt;img" in found
    )


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<b>",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        '<a href="{{ person.u }}">a</a>',
        "<a href='{{ person.u }}'>a</a>",
        "<a href={{ person.u }}>a</a>",
        '<a href=" {{ person.u }}">a</a>',
        '<a href="{% if true %}{{ person.u }}{% endif %}">a</a>',
        '<a HREF = "{{ person.u | strip }}">a</a>',
    ],
)
def test_address_of_a_person_never_runs(body, value):
    found = html_of(body, {"u": value})
    assert "#" in found.split("href", 1)[-1].split(">")[0] or "#" in found.split("HREF", 1)[-1].split(">")[0]
    assert "script:" not in found
    assert "data:text" not in found


@pytest.mark.parametrize(
    "value", ["https://a.example/?a=1&b=2", "mailto:a@example.com", "tel:+82", "/shop", "shop?x=a:b", "#top"]
)
def test_honest_address_stays(value):
    assert f'href="{value.replace("&", "&amp;")}"' in html_of('<a href="{{ person.u }}">a</a>', {"u": value})


def test_mjml_carries_tokens_through_blocks_and_attributes():
    body = """<mjml><mj-body>{% if person.vip == "gold" and 1 < 2 %}<mj-section><mj-column>
      {% for i in (1..2) %}<mj-text>Item {{ i }} {{ person.n | default: "none" }}</mj-text>{% endfor %}
      <mj-button href="{{ person.u | default: "https://shop.example" }}">Go</mj-button></mj-column></mj-section>
      {% else %}<mj-section><mj-column><mj-text>Nothing</mj-text></mj-column></mj-section>{% endif %}
      </mj-body></mjml>"""
    gold = render_message(mail(body, form="mjml"), "en", {"person": {"vip": "gold"}}).data
    other = render_message(mail(body, form="mjml"), "en", {"person": {}}).data
    assert gold["text"].split("\n\n") == ["Item 1 none", "Item 2 none", "Go: https://shop.example\n"]
    assert other["text"] == "Nothing\n"
    assert 'href="https://shop.example"' in gold["html"]
    assert 'lang="en"' in gold["html"]
    assert "fonts.googleapis" not in gold["html"]


def test_html_keeps_loops_in_tables_and_takes_styles_in():
    body = "<style>td{color:red}</style><table>{% for i in (1..3) %}<tr><td>{{ i }}</td></tr>{% endfor %}</table>"
    assert [f'<td style="color: red;">{i}</td>' in html_of(body, {}) for i in (1, 2, 3)] == [True] * 3


def test_faults_name_the_part_and_the_authors_line():
    with pytest.raises(RenderError) as subject:
        render_message(mail(subject="{{ 1 | nope }}"), "en", {})
    with pytest.raises(RenderError) as body:
        render_message(
            mail("<style>p{}</style>\n<p>\n{{ person.x | divided_by: 0 }}</p>"), "en", {"person": {"x": 1}}
        )
    with pytest.raises(RenderError) as mjml:
        render_message(mail("<p>no</p>", form="mjml"), "en", {})
    assert (subject.value.place, subject.value.line) == ("subject", 1)
    assert (body.value.place, body.value.line) == ("body", 3)
    assert mjml.value.place == "body"


def test_content_without_words_says_so():
    with pytest.raises(RenderError):
        render_message(Draft("sms", "en", {}), "en", {})


def test_a_fault_is_told_in_the_readers_language_each_time():
    told = []
    for language in ("ko", "en"):
        with translation.override(language), pytest.raises(RenderError) as refusal:
            render_message(mail(subject="{% for i in (1..99999999) %}{% endfor %}{{ 1 | gone }}"), "en", {})
        told.append(refusal.value.message)
    assert told == ["gone 필터는 없어요.", "There is no filter called gone."]
