"""content/ of the REST API, from the outside."""

import pytest
from rest_framework.test import APIClient

from content.models import Item
from content.pinning import pin
from tests.factories.channels import make_person
from tests.factories.content import MAIL, make_content
from tests.factories.workspaces import make_user, make_workspace
from workspaces.actor import actor_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/content/"


def client_of(workspace, role="marketer", teams=("email",)):
    client = APIClient()
    user = make_user(workspace, role, teams)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.actor = actor_of(user)
    return client


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def api(workspace):
    return client_of(workspace)


@pytest.fixture
def item(api):
    return make_content(api.actor)


def test_create_read_change_and_put_away(api):
    made = api.post(
        URL, {"name": "Hello there", "medium": "email", "team": "email", "variants": {"en": MAIL}}
    )
    assert (made.status_code, made["ETag"], made.json()["slug"]) == (201, '"1"', "hello-there")
    one = f"{URL}{made.json()['id']}/"
    changed = api.patch(
        one, {"variants": {"ko": {**MAIL, "subject": "안녕"}}}, headers={"If-Match": made["ETag"]}
    )
    assert {tag: data["subject"] for tag, data in changed.json()["variants"].items()} == {
        "en": MAIL["subject"],
        "ko": "안녕",
    }
    assert api.get(one)["ETag"] == '"2"'
    without = api.patch(one, {"variants": {"ko": None}}, headers={"If-Match": '"2"'})
    assert list(without.json()["variants"]) == ["en"]
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


def test_saving_needs_the_revision_that_stands(api, item):
    one = f"{URL}{item.public_id}/"
    assert api.patch(one, {"name": "A"}).status_code == 428
    assert api.patch(one, {"name": "A"}, headers={"If-Match": '"1"'}).status_code == 200
    stale = api.patch(one, {"name": "B"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["revision"], Item.objects.get().name) == (412, 2, "A")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": ""}, ["/name"]),
        ({"medium": "fax"}, ["/medium"]),
        ({"team": "nobody"}, ["/team"]),
        ({"slug": "No Slug"}, ["/slug"]),
        ({"variants": {"en": {"subject": 1}}}, ["/variants/en/subject"]),
        ({"variants": {"en": {"a/b": "x"}}}, ["/variants/en/a~1b"]),
        ({"variants": {"en": "x"}}, ["/variants/en"]),
        ({"variants": "x"}, ["/variants"]),
        ({"default_locale": "ko"}, ["/default_locale"]),
    ],
)
def test_refusal_points_at_the_place(api, body, pointers):
    answer = api.post(
        URL, {"name": "A", "medium": "email", "team": "email", "variants": {"en": MAIL}, **body}
    )
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, pointers)
    assert answer["Content-Type"] == "application/problem+json"


def test_same_slug_is_refused_and_same_name_takes_a_number(api, item):
    body = {"name": "Hello", "medium": "sms", "team": "email", "variants": {"en": {"body": "Hi"}}}
    assert api.post(URL, body).json()["slug"] == "hello-2"
    assert api.post(URL, {**body, "slug": "hello"}).status_code == 400


@pytest.mark.parametrize("count", [1, 3])
def test_list_asks_as_much_for_three_as_for_one(api, count, django_assert_num_queries):
    for number in range(count):
        make_content(api.actor, f"Mail {number}")
    with django_assert_num_queries(5):
        answer = api.get(URL, {"medium": "email"})
    assert [row["name"] for row in answer.json()["results"]] == [f"Mail {n}" for n in reversed(range(count))]


def test_preview_is_of_a_person_or_of_somebody_made_up(api, item, workspace):
    person = make_person(workspace, first_name="Yujin")
    one = f"{URL}{item.public_id}/preview/"
    assert api.post(one, {"profile": str(person.public_id)}).json()["content"]["subject"] == "Hello Yujin"
    assert api.post(one, {"attributes": {"first_name": "유진"}}).json()["content"]["subject"] == "Hello 유진"
    assert api.post(one, {}).json()["content"]["subject"] == "Hello friend"
    stranger = make_person(make_workspace())
    assert api.post(one, {"profile": str(stranger.public_id)}).status_code == 400


def test_preview_of_an_endless_loop_is_a_422_with_the_place(api):
    item = make_content(
        api.actor, variants={"en": {**MAIL, "body": "{% for i in (1..999999999) %}a{% endfor %}"}}
    )
    answer = api.post(f"{URL}{item.public_id}/preview/", {})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/variants/en/body")


def test_versions_and_problems_are_listed(api, item, workspace):
    pin(workspace.pk, [item.slug])
    assert [row["number"] for row in api.get(f"{URL}{item.public_id}/versions/").json()["results"]] == [1]
    assert api.get(f"{URL}{item.public_id}/problems/").json() == {"problems": []}


def test_other_team_reads_viewer_changes_nothing_stranger_finds_nothing(item, workspace):
    one, match = f"{URL}{item.public_id}/", {"If-Match": '"1"'}
    mobile, viewer, stranger = (
        client_of(workspace, teams=("mobile",)),
        client_of(workspace, "viewer"),
        client_of(make_workspace()),
    )
    assert [who.get(one).status_code for who in (mobile, viewer, stranger)] == [200, 200, 404]
    assert [
        who.patch(one, {"name": "B"}, headers=match).status_code for who in (mobile, viewer, stranger)
    ] == [403, 403, 404]
    assert viewer.post(URL, {"name": "A", "medium": "email"}).status_code == 403
    assert mobile.post(URL, {"name": "A", "medium": "email", "team": "email"}).status_code == 403


def test_buttons_are_lists_and_their_faults_have_pointers(api):
    words = {"title": "T", "body": "B", "actions": [{"label": "Go", "url": "https://shop.example/"}]}
    given = {"name": "Card", "medium": "in_app", "team": "email", "variants": {"en": words}}

    made = api.post(URL, given, format="json")
    assert made.status_code == 201, made.json()
    assert made.json()["variants"]["en"] == {**words, "image": ""}
    shown = api.post(f"{URL}{made.json()['id']}/preview/", {}, format="json")
    assert shown.json()["content"] == {**words, "image": ""}

    words["actions"] = [{"label": "Go"}, {"label": 3, "url": ""}]
    refused = api.post(URL, {**given, "name": "Other"}, format="json")
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/variants/en/actions/1/label"]
