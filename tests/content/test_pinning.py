"""A content is frozen once for each state of its words; what is pinned never changes."""

import pytest
from django.db import transaction

from channels import rendering
from content import editing
from content.models import ItemVersion
from content.pinning import pin
from tests.factories.channels import NOW, make_message, make_person
from tests.factories.content import MAIL, make_content
from tests.factories.workspaces import make_actor, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor():
    return make_actor(make_workspace(), "marketer", ("email",))


def edit(actor, item, **words):
    item.refresh_from_db()
    return editing.change(
        actor, item, item.revision, editing.Changes(variants={"en": {**MAIL, **words}}), NOW
    )


def test_same_words_are_one_version(actor):
    item = make_content(actor)
    first = pin(actor.workspace.pk, [item.slug])
    edit(actor, item, subject="Other")
    second = pin(actor.workspace.pk, [item.slug])
    edit(actor, item)
    assert pin(actor.workspace.pk, [item.slug, "nothing"]) == first
    assert first != second
    assert list(ItemVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


@pytest.mark.parametrize("count", [1, 3])
def test_pinning_asks_the_same_questions_for_one_and_three(actor, count, django_assert_num_queries):
    slugs = [make_content(actor, f"Hello {i}").slug for i in range(count)]
    pin(actor.workspace.pk, slugs)
    with django_assert_num_queries(1):
        pin(actor.workspace.pk, slugs)


def test_a_version_that_was_rolled_back_is_made_again(actor):
    item = make_content(actor)
    with pytest.raises(RuntimeError), transaction.atomic():
        pin(actor.workspace.pk, [item.slug])
        pin(actor.workspace.pk, [item.slug])
        raise RuntimeError
    found = pin(actor.workspace.pk, [item.slug])
    assert list(ItemVersion.objects.values_list("pk", flat=True)) == list(found.values())


def test_archived_and_foreign_contents_are_not_pinned(actor):
    item = make_content(actor)
    stranger = make_actor(make_workspace(), "marketer", ("email",))
    assert pin(stranger.workspace.pk, [item.slug]) == {}
    editing.archive(actor, item, NOW)
    assert pin(actor.workspace.pk, [item.slug]) == {}


def test_messages_show_the_words_they_were_pinned_to(actor):
    item = make_content(actor)
    version = pin(actor.workspace.pk, [item.slug])[item.slug]
    edit(actor, item, subject="Changed later")
    person = make_person(actor.workspace, first_name="Yujin")
    good, broken = (
        make_message(person, content_version_id=version),
        make_message(person, content_version_id=10**9),
    )
    profiles = {person.pk: {**person.attributes, "id": str(person.public_id)}}
    answers = rendering.render([good, broken], profiles)
    assert answers[0].data["subject"] == "Hello Yujin"
    assert f"{good.public_id}" not in answers[0].data["text"] or "/u/" in answers[0].data["text"]
    assert str(answers[1]) == "The content of this message is gone."


def test_a_broken_template_is_the_messages_own_error(actor):
    item = make_content(actor, variants={"en": {**MAIL, "subject": "{% if %}"}})
    version = pin(actor.workspace.pk, [item.slug])[item.slug]
    person = make_person(actor.workspace)
    (answer,) = rendering.render(
        [make_message(person, content_version_id=version)], {person.pk: person.attributes}
    )
    assert isinstance(answer, Exception)
    assert str(answer) == "subject: A value is missing in a token: write what it should show or compare. (1)"
