"""Who sees what of a value: by class, role, place, and a reveal."""

import pytest

from profiles import data_classes
from profiles.masking import hidden, mask, masker
from profiles.models import KnownName
from tests.factories.workspaces import make_actor, make_workspace
from tests.profiles.catalogue.test_tally import NOW
from workspaces.words import mask_email

VALUES = {
    "email": "yujin.jung@example.com",
    "religion": "x",
    "address": {"city": "Seoul"},
    "plan": "pro",
    "n": 5,
}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("email", "contact"), ("homePhone", "contact"), ("Shipping-Address", "contact"), ("ip", "contact"),
        ("last_place", "contact"), ("휴대폰번호", "contact"), ("주민등록번호", "sensitive"),
        ("cardNumber", "sensitive"),
        ("plan", "none"), ("phone_model", "none"), ("birthday", "none"),
    ],
)  # fmt: skip
def test_what_a_name_suggests(name, found):
    assert data_classes.suggested(name) == found


def seen(show):
    return {name: show(name, value) for name, value in VALUES.items()}


def test_a_page_masks_contacts_for_everybody_and_hides_what_is_sensitive(workspace):
    marketer, owner = make_actor(workspace, "marketer"), make_actor(workspace, "owner")
    masked = {"email": "yujin•••@…", "religion": "•••", "address": "•••", "plan": "pro", "n": 5}
    assert seen(masker(marketer)) == masked
    assert seen(masker(owner)) == masked | {"religion": "x"}
    assert seen(masker(marketer, revealed=True)) == VALUES


def test_the_api_shows_contacts_to_roles_that_include_them(workspace):
    assert seen(masker(make_actor(workspace, "marketer"), contacts=True)) == VALUES | {"religion": "•••"}
    assert seen(masker(make_actor(workspace, "viewer"), contacts=True))["email"] == "yujin•••@…"


def test_a_class_that_somebody_chose_counts(workspace, django_assert_num_queries):
    for name, chosen in (("plan", "sensitive"), ("religion", "none")):
        KnownName.objects.create(
            workspace=workspace, kind="attribute", name=name, data_class=chosen, first_seen=NOW
        )
    actor = make_actor(workspace, "viewer")
    with django_assert_num_queries(1):
        show = masker(actor)
        assert (show("plan", "pro"), show("plan.name", "pro"), show("religion", "x")) == ("•••", "•••", "x")


def test_one_value_and_no_reader(workspace):
    actor = make_actor(workspace, "viewer")
    assert mask(workspace.pk, "phone", "+821012345678", actor) == hidden(
        workspace.pk, "phone", "+821012345678"
    )
    assert mask(make_workspace().pk, "plan", "pro", actor) == "•••"


def test_the_api_answers_by_class_with_one_look(workspace, client):
    from profiles.models import Profile

    actor = make_actor(workspace, "marketer")
    client.force_login(actor.user)
    for _n in range(3):
        Profile.objects.create(workspace=workspace, attributes={"email": "a@example.com", "religion": "x"})
    told = client.get("/api/v1/profiles/").json()["results"]
    assert [one["attributes"] for one in told] == [{"email": "a•••@…", "religion": "•••"}] * 3


@pytest.mark.parametrize("long", ["x" * 100_000, "x" * 50_000 + "@" + "y" * 50_000])
def test_a_long_word_is_looked_through_once(workspace, long):
    """Once from each of its letters would take minutes."""
    show = masker(make_actor(workspace, "marketer"))
    assert show("note", f"{long} anna@example.com") == f"{long} {mask_email('anna@example.com')}"
