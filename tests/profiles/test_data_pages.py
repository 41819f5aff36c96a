"""The pages of the catalogue, computed attributes and stores, and their API."""

import pytest
from django.test import Client

from profiles import computed, stores
from profiles.computed import filling
from profiles.models import ComputedAttribute, KnownName, Profile, Segment, Store
from tests.factories.workspaces import make_actor, make_user
from tests.profiles.catalogue.test_tally import NOW


@pytest.fixture(autouse=True)
def _nothing_remembered():
    computed.forget()
    yield
    computed.forget()


@pytest.fixture
def owner(workspace):
    client = Client()
    client.force_login(make_user(workspace, "owner", ("email",)))
    return client


@pytest.fixture
def seen(workspace):
    def make(name, kind="attribute", **more):
        return KnownName.objects.create(workspace=workspace, kind=kind, name=name, first_seen=NOW, **more)

    return make


def rows(answer):
    return [row["name"].name for row in answer.context["rows"]]


def test_the_list_finds_and_narrows(owner, seen, workspace):
    seen("plan", type="text"), seen("email", type="text"), seen("tier", type="text", changed_at=NOW)
    seen("bought", "event")
    Segment.objects.create(
        workspace=workspace,
        slug="pro",
        name="Pro",
        condition={"attribute": "plan", "op": "is", "value": "pro"},
    )
    assert rows(owner.get("/people/data/")) == ["bought"]
    look = lambda query: rows(owner.get(f"/people/data/?kind=attribute{query}"))  # noqa: E731
    assert look("") == ["email", "plan", "tier"]
    assert look("&q=LA") == ["plan"]
    assert look("&show=unused") == ["email", "tier"]
    assert look("&show=changed") == ["tier"]
    assert look("&show=personal") == ["email"]
    assert "Nothing matches" in owner.get("/people/data/?kind=attribute&q=zzz").text


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_whatever_its_length(owner, seen, count, django_assert_num_queries):
    for n in range(count):
        seen(f"a{n}")
    with django_assert_num_queries(13):
        owner.get("/people/data/?kind=attribute")


def test_a_name_tells_who_uses_it_and_takes_a_description(owner, seen, workspace):
    plan = seen("plan", type="text", types={"text": {}, "number": {"at": NOW.isoformat()}}, changed_at=NOW)
    Segment.objects.create(
        workspace=workspace, slug="pro", name="Pros", condition={"attribute": "plan.name", "op": "exists"}
    )
    page = owner.get(f"/people/data/{plan.pk}/").text
    assert "Pros" in page and "Its type has changed" in page
    owner.post(
        f"/people/data/{plan.pk}/", {"description": "Pays", "team": "email", "data_class": "sensitive"}
    )
    plan.refresh_from_db()
    assert (plan.description, plan.team.slug, plan.data_class) == ("Pays", "email", "sensitive")
    owner.post(f"/people/data/{plan.pk}/", {"accept_type": "1"})
    plan.refresh_from_db()
    assert plan.changed_at is None


def test_a_marketer_describes_but_does_not_decide_what_is_personal(workspace, seen):
    client, plan = Client(), seen("plan")
    client.force_login(make_user(workspace, "marketer"))
    client.post(f"/people/data/{plan.pk}/", {"description": "Pays", "data_class": "sensitive"})
    plan.refresh_from_db()
    assert (plan.description, plan.data_class) == ("Pays", "")
    answer = client.patch(
        f"/api/v1/catalogue/{plan.pk}/", {"data_class": "none"}, "application/json", headers={"If-Match": "*"}
    )
    assert answer.status_code == 403


def test_the_api_edits_with_if_match(owner, seen):
    plan = seen("plan", changed_at=NOW)
    answer = owner.get(f"/api/v1/catalogue/{plan.pk}/")
    assert (answer.json()["effective_class"], answer.json()["used_in"]) == ("none", [])
    change = lambda body, tag: owner.patch(  # noqa: E731
        f"/api/v1/catalogue/{plan.pk}/", body, "application/json", headers={"If-Match": tag}
    )
    told = change({"data_class": "contact", "type_changed_at": None}, answer["ETag"]).json()
    assert (told["data_class"], told["effective_class"], told["type_changed_at"]) == (
        "contact",
        "contact",
        None,
    )
    assert change({"description": "x"}, answer["ETag"]).status_code == 412
    assert [
        row["name"] for row in owner.get("/api/v1/catalogue/?kind=attribute&search=pl").json()["results"]
    ] == ["plan"]


FORM = {
    "name": "orders_30", "kind": "sum", "event": "bought", "property": "total", "window_days": "30", "unit": "day",
    "property_0": "shop", "op_0": "is", "value_0": "web",
}  # fmt: skip


def test_a_figure_is_made_changed_and_removed(owner, workspace):
    assert owner.post("/people/data/computed/new/", FORM).status_code == 302
    row = ComputedAttribute.objects.get()
    assert (row.where, row.window_days, row.state) == (
        [{"property": "shop", "op": "is", "value": "web"}],
        30,
        "filling",
    )
    name = KnownName.objects.get(kind="attribute", name="orders_30")
    assert (name.computed, name.type) == (True, "number")
    assert "Counting: 0%" in owner.get("/people/data/computed/").text
    owner.post(f"/people/data/computed/{row.public_id}/", {**FORM, "description": "Spent"})
    row.refresh_from_db()
    assert (row.description, row.revision) == ("Spent", 1)  # nothing that is counted changed
    owner.post(f"/people/data/computed/{row.public_id}/", {**FORM, "window_days": ""})
    row.refresh_from_db()
    assert (row.window_days, row.revision, row.state) == (None, 2, "filling")
    ana = Profile.objects.create(workspace=workspace, attributes={"orders_30": 5, "plan": "pro"})
    owner.post(f"/people/data/computed/{row.public_id}/removal/")
    filling.fill(row.updated_at + computed.definitions.SETTLE * 10)
    ana.refresh_from_db()
    assert ana.attributes == {"plan": "pro"}
    assert not ComputedAttribute.objects.exists() and not KnownName.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "plan"}, "name"), ({"name": "email"}, "name"), ({"name": "a b"}, "name"), ({"name": "1a"}, "name"),
        ({"event": ""}, "event"), ({"property": ""}, "property"), ({"window_days": "0"}, "window_days"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_figure_stands_at_its_field(owner, seen, change, field):
    seen("plan")
    answer = owner.post("/people/data/computed/new/", {**FORM, **change})
    assert answer.status_code == 422 and field in answer.context["form"].errors


def test_the_api_makes_figures(owner):
    made = owner.post(
        "/api/v1/computed-attributes/",
        {"name": "visits", "kind": "count", "event": "page"},
        "application/json",
    )
    assert (made.status_code, made.json()["state"], made.json()["progress"]) == (201, "filling", 0)
    again = owner.post(
        "/api/v1/computed-attributes/",
        {"name": "visits", "kind": "count", "event": "page"},
        "application/json",
    )
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (400, "/name")
    where = [{"property": "at", "op": "within_last", "value": "P3D"}]
    refused = owner.patch(
        f"/api/v1/computed-attributes/{made.json()['id']}/", {"where": where}, "application/json",
        headers={"If-Match": made["ETag"]},
    )  # fmt: skip
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/where")
    assert owner.delete(f"/api/v1/computed-attributes/{made.json()['id']}/").status_code == 202


def test_stores_are_added_pasted_and_deleted(owner, workspace):
    owner.post("/people/data/stores/", {"name": "강남점", "latitude": "37.4979", "longitude": "127.0276"})
    store = Store.objects.get()
    assert store.slug == "강남점"
    text = "매장\t위도\t경도\n강남점\t37.5\t127.03\nHongdae\t37.5563\t126.9236\n\n"
    owner.post("/people/data/stores/", {"text": text})
    store.refresh_from_db()
    assert (store.latitude, Store.objects.count()) == (37.5, 2)
    assert owner.post("/people/data/stores/", {"text": "A,37,127\nB,99,127\n,1,1"}).context["problems"] == [
        (2, "The latitude must be a number from -90 to 90."), (3, "The name is missing."),
    ]  # fmt: skip
    assert Store.objects.count() == 2
    owner.post(
        f"/people/data/stores/{store.public_id}/", {"name": "Gangnam", "latitude": "1", "longitude": "2"}
    )
    store.refresh_from_db()
    assert (store.name, store.slug) == ("Gangnam", "강남점")
    owner.post(f"/people/data/stores/{store.public_id}/deletion/")
    assert [one.name for one in Store.objects.all()] == ["Hongdae"]


def test_a_store_is_never_called_any(workspace):
    actor = make_actor(workspace, "owner")
    slugs = [
        stores.create(actor, {"name": name, "latitude": 1.0, "longitude": 2.0}, NOW).slug
        for name in ("Store", "Store", "!!!", "A", "A")
    ]
    assert slugs == ["store-2", "store-3", "store-4", "a", "a-2"]
