"""The list, the form for a new one, the editor with what it asks for while one types."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from content.models import Item
from tests.factories.channels import make_person
from tests.factories.content import MAIL, make_content
from tests.factories.workspaces import make_user, make_workspace
from workspaces.actor import actor_of

pytestmark = pytest.mark.django_db


class Member:
    def __init__(self, workspace, role="marketer", teams=("email",), **fields):
        self.user = make_user(workspace, role, teams, **fields)
        self.actor = actor_of(self.user)
        self.client = Client()
        self.client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")

    def get(self, name, *args, **query):
        return self.client.get(reverse(f"content:{name}", args=args), query)

    def put(self, item, revision, **body):
        headers = {"If-Match": f'"{revision}"'} if revision else {}
        return self.client.put(
            reverse("content:draft", args=[item.public_id]),
            json.dumps(body),
            content_type="application/json",
            headers=headers,
        )

    def preview(self, item, **body):
        return self.client.post(
            reverse("content:preview", args=[item.public_id]),
            json.dumps(body),
            content_type="application/json",
        )


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def member(workspace):
    return Member(workspace)


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_as_much_for_three_as_for_one(member, count, django_assert_num_queries):
    for number in range(count):
        make_content(member.actor, f"Mail {number}")
    member.get("list")
    with django_assert_num_queries(8):
        page = member.get("list")
    assert [card["item"].name for card in page.context["cards"]] == [
        f"Mail {n}" for n in reversed(range(count))
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Text", "Mail"]),
        ({"medium": "sms"}, ["Text"]),
        ({"q": "friend"}, ["Mail"]),
        ({"q": "nothing"}, []),
        ({"team": "mobile"}, []),
    ],
)
def test_list_is_searched_by_name_words_kind_and_team(member, query, names):
    make_content(member.actor, "Mail")
    make_content(member.actor, "Text", medium="sms")
    assert [card["item"].name for card in member.get("list", **query).context["cards"]] == names


def test_empty_list_offers_the_first_one(member):
    assert reverse("content:create") in member.get("list").content.decode()


def test_new_content_begins_with_a_starter_in_both_languages(member):
    fields = {
        "medium": "email",
        "name": "장바구니 안내",
        "team": "email",
        "starter": "reminder",
        "locale": "ko",
    }
    answer = member.client.post(reverse("content:create"), fields)
    item = Item.objects.get()
    assert answer.url == reverse("content:editor", args=[item.public_id])
    assert (item.slug, item.default_locale, sorted(v.locale for v in item.variants.all())) == (
        "장바구니-안내",
        "ko",
        ["en", "ko"],
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": " "}, "name"), ({"team": "nobody"}, "team"), ({"medium": "fax"}, "medium")],
)
def test_new_content_says_what_is_missing(member, fields, field):
    given = {"medium": "email", "name": "A", "team": "email", **fields}
    answer = member.client.post(reverse("content:create"), given)
    assert (answer.status_code, list(answer.context["errors"])) == (400, [field])


def test_saving_counts_on_and_tells_the_problems(member):
    item = make_content(member.actor)
    answer = member.put(
        item,
        1,
        name="Other",
        variants={"en": {**MAIL, "subject": "{% if %}"}, "ko": {**MAIL, "subject": "안녕"}},
    )
    assert (answer.status_code, answer.json()["revision"], answer["ETag"]) == (200, 2, '"2"')
    assert [(p["code"], p["locale"], p["line"]) for p in answer.json()["problems"]] == [("template", "en", 1)]
    item.refresh_from_db()
    assert (item.name, {v.locale: v.data["subject"] for v in item.variants.all()}) == (
        "Other",
        {"en": "{% if %}", "ko": "안녕"},
    )


def test_the_slower_of_two_is_told_and_nothing_is_lost(member):
    item = make_content(member.actor)
    assert member.put(item, 1, name="First").status_code == 200
    late = member.put(item, 1, name="Second")
    assert (late.status_code, late.json()["revision"], Item.objects.get().name) == (412, 2, "First")
    assert member.put(item, None, name="Third").status_code == 428


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"variants": {"en": {"subject": 3}}}, "/variants/en/subject"),
        ({"variants": {"en": {"x": ""}}}, "/variants/en/x"),
        ({"variants": {"English!": {}}}, "/variants/English!"),
        ({"variants": {}}, "/variants"),
        ({"variants": []}, "/variants"),
        ({"default_locale": "ko"}, "/default_locale"),
        ({"name": ""}, "/name"),
        ({"team": "nobody"}, "/team"),
        ({"variants": {"en": {"body": "\x00"}}}, "/variants/en/body"),
        ({"variants": {"en": {"format": "pdf"}}}, "/variants/en/format"),
    ],
)
def test_saving_refuses_with_the_place(member, body, pointer):
    answer = member.put(make_content(member.actor), 1, **body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_saving_something_unreadable_is_refused(member, raw):
    item = make_content(member.actor)
    for url in ("draft", "preview"):
        send = member.client.put if url == "draft" else member.client.post
        answer = send(
            reverse(f"content:{url}", args=[item.public_id]),
            raw,
            content_type="application/json",
            headers={"If-Match": '"1"'},
        )
        assert answer.status_code == 400


def test_preview_shows_unsaved_words_as_a_person_gets_them(member):
    item = make_content(member.actor)
    person = make_person(member.actor.workspace, first_name="유진", locale="ko-KR", email="yujin@example.com")
    words = {
        "en": MAIL,
        "ko": {**MAIL, "subject": "{{ person.first_name }}님", "body": "<b>{{ person.email }}</b>"},
    }
    shown = member.preview(item, variants=words, person=str(person.public_id)).json()
    assert (shown["locale"], shown["parts"]["subject"], shown["error"]) == ("ko", "유진님", None)
    assert "<b>yujin@example.com</b>" in shown["html"]
    assert Item.objects.get().revision == 1


def test_preview_masks_contacts_for_those_who_may_not_see_them(member, workspace):
    item = make_content(member.actor, variants={"en": {**MAIL, "subject": "{{ person.email }}"}})
    person = make_person(workspace, email="yujin@example.com")
    shown = Member(workspace, "editor").preview(item, person=str(person.public_id), locale="en").json()
    assert shown["parts"]["subject"] == "yu•••@…"


def test_preview_of_a_fault_is_a_sentence_with_its_place(member):
    words = {"en": {**MAIL, "body": "fine\n{% for i in (1..99999999) %}a{% endfor %}"}}
    error = member.preview(make_content(member.actor), variants=words).json()["error"]
    assert (error["message"], error["field"]) == ("This runs too long: its loops go round too often.", "body")


def test_preview_page_lets_nothing_run(member):
    item = make_content(member.actor, variants={"en": {**MAIL, "body": "<script>parent.x = 1</script>"}})
    answer = member.get("preview", item.public_id)
    assert answer["Content-Security-Policy"].startswith("default-src 'none';")
    assert "script-src" not in answer["Content-Security-Policy"]


def test_preview_as_somebody_elses_person_is_not_found(member):
    stranger = make_person(make_workspace())
    assert member.preview(make_content(member.actor), person=str(stranger.public_id)).status_code == 404


def test_other_team_reads_and_strangers_find_nothing(member, workspace):
    item = make_content(member.actor)
    mobile, stranger = Member(workspace, "marketer", ("mobile",)), Member(make_workspace())
    page = mobile.get("editor", item.public_id).content.decode()
    assert ("data-field" in page, "Read only" in page) == (False, True)
    assert mobile.put(item, 1, name="Mine").status_code == 403
    assert [stranger.get("editor", item.public_id).status_code, stranger.put(item, 1).status_code] == [
        404,
        404,
    ]


def test_people_are_found_for_the_preview(member, workspace):
    make_person(workspace, first_name="Yujin", last_name="Jung")
    make_person(workspace, first_name="Anna", last_name="Kim")
    assert [p.name for p in member.get("people", q="yuj").context["people"]] == ["Yujin Jung"]


def test_archived_content_leaves_the_list_and_frees_its_name(member):
    item = make_content(member.actor)
    member.client.post(reverse("content:archive", args=[item.public_id]))
    again = make_content(member.actor)
    assert [card["item"].pk for card in member.get("list").context["cards"]] == [again.pk]
    assert again.slug == item.slug
    item.refresh_from_db()
    assert member.put(item, 1, name="Back").status_code == 404


def test_pages_speak_korean(workspace):
    korean = Member(workspace, language="ko")
    item = make_content(korean.actor, "환영 메일")
    pages = [korean.get("list"), korean.get("create"), korean.get("editor", item.public_id)]
    heads = ["<h1>콘텐츠</h1>", "<h1>새 콘텐츠</h1>", "환영 메일</h1>"]
    assert [head in page.content.decode() for head, page in zip(heads, pages, strict=True)] == [True] * 3
