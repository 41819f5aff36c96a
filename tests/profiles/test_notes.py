"""Notes of colleagues about a person: written, read, changed and removed by whom they should be."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from profiles import merge, notes, personal_data, signals
from profiles.erase import erase
from profiles.models import Note, Profile
from tests.factories.workspaces import make_actor, make_user, make_workspace
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 17, 5, 32, tzinfo=UTC)


@pytest.fixture
def shop() -> Any:
    return make_workspace()


@pytest.fixture
def person(shop: Any) -> Profile:
    return Profile.objects.create(
        workspace=shop, external_id="c1", attributes={"email": "anna.kim@example.com", "first_name": "Anna"}
    )


def page(shop: Any, person: Profile, role: str = "admin", **given: str) -> str:
    client = Client()
    client.force_login(make_user(shop, role))
    return client.get(reverse("profiles:person", args=[person.public_id]), given).content.decode()


def test_a_note_stands_in_the_timeline_under_its_own_filter(shop: Any, person: Profile) -> None:
    author = make_actor(shop, "marketer")
    notes.add(author, person, "  Only free on weekday evenings\r\nplease  ", NOW)
    shown = page(shop, person, kind="note")
    assert "Only free on weekday evenings\nplease" in shown
    assert f"Note by {author.user.name}" in shown
    assert "Only free" not in page(shop, person, kind="email")
    entry = AuditEntry.objects.get(action="person.note_added")
    assert (entry.object_id, entry.detail) == (str(person.public_id), {})


def test_addresses_in_a_note_are_masked_until_revealed(shop: Any, person: Profile) -> None:
    notes.add(make_actor(shop, "marketer"), person, "Write to anna.kim@example.com or b@x.org", NOW)
    shown = page(shop, person)
    assert "Write to" in shown
    assert "anna.kim@example.com" not in shown
    assert "b@x.org" not in shown  # nor in the form for changing it: somebody else wrote it
    client = Client()
    client.force_login(make_user(shop, "admin"))
    client.post(reverse("profiles:contact", args=[person.public_id]), {"reason": "She calls"})
    assert "b@x.org" in client.get(reverse("profiles:person", args=[person.public_id])).content.decode()


def test_its_author_and_administrators_change_and_remove_it(shop: Any, person: Profile) -> None:
    author, other, admin = (make_actor(shop, role) for role in ("marketer", "marketer", "admin"))
    note = notes.add(author, person, "Called", NOW)
    with pytest.raises(PermissionDenied):
        notes.change(other, note, "Not called", NOW)
    with pytest.raises(PermissionDenied):
        notes.remove(other, note, NOW)
    notes.change(author, note, "Called twice", NOW + timedelta(hours=1))
    note.refresh_from_db()
    assert (note.text, note.edited_at) == ("Called twice", NOW + timedelta(hours=1))
    notes.remove(admin, note, NOW)
    assert not Note.objects.exists()
    told = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(told) == ["person.note_added", "person.note_changed", "person.note_removed"]
    assert "Called" not in str(list(AuditEntry.objects.values_list("detail", "object_label")))


def test_roles_that_only_read_write_none(shop: Any, person: Profile) -> None:
    for role in ("viewer", "analyst"):
        with pytest.raises(PermissionDenied):
            notes.add(make_actor(shop, role), person, "x", NOW)
    assert "add-note" not in page(shop, person, "viewer")


@pytest.mark.parametrize("text", ["", "  \n ", "a\0b", "x" * (notes.LONGEST + 1)])
def test_what_is_no_note_is_refused(shop: Any, person: Profile, text: str) -> None:
    with pytest.raises(notes.Unfit):
        notes.add(make_actor(shop, "admin"), person, text, NOW)
    assert not Note.objects.exists()


def test_notes_follow_a_join_and_its_undo(shop: Any, person: Profile) -> None:
    other = Profile.objects.create(workspace=shop, attributes={})
    actor = make_actor(shop, "admin")
    own, hers = notes.add(actor, person, "own", NOW), notes.add(actor, other, "hers", NOW)
    answers = signals.profiles_joining.send(sender=None, workspace_id=shop.pk, profile_ids=[other.pk])
    moved = {
        name: ids for _receiver, found in answers for name, ids in (found or {}).get(other.pk, {}).items()
    }
    with connection.cursor() as cursor:
        merge.merge(cursor, shop.pk, [(other.pk, person.pk)], NOW)
    assert [note.text for note in notes.of(person)] == ["hers", "own"]
    signals.profiles_split.send(
        sender=None, workspace_id=shop.pk, holder=person.pk, former=other.pk, moved=moved, now=NOW
    )
    assert (notes.of(person), notes.of(other)) == ([own], [hers])


def test_notes_are_handed_out_and_erased(shop: Any, person: Profile) -> None:
    actor = make_actor(shop, "admin")
    notes.add(actor, person, "Called", NOW)
    part = next(part for part in personal_data.parts() if part.key == "notes")
    assert list(part.read(person, [person.pk])) == [
        {"text": "Called", "author": actor.user.name, "at": NOW, "edited_at": None}
    ]
    erase(actor, person, NOW)
    assert not Note.objects.exists()


def test_the_page_writes_changes_and_removes(shop: Any, person: Profile) -> None:
    client = Client()
    client.force_login(make_user(shop, "marketer"))
    client.post(reverse("profiles:notes", args=[person.public_id]), {"text": "Called"})
    note = Note.objects.get()
    client.post(reverse("profiles:note", args=[person.public_id, note.public_id]), {"text": "Called twice"})
    note.refresh_from_db()
    assert note.text == "Called twice"
    client.post(reverse("profiles:note-removal", args=[person.public_id, note.public_id]))
    assert not Note.objects.exists()
    erase(make_actor(shop, "admin"), person, NOW)
    client.post(reverse("profiles:notes", args=[person.public_id]), {"text": "Too late"})
    assert not Note.objects.exists()


def test_the_api_writes_changes_and_removes(shop: Any, person: Profile) -> None:
    client = APIClient()
    client.force_login(make_user(shop, "marketer"))
    path = f"/api/v1/profiles/{person.public_id}/notes/"
    made = client.post(path, {"text": "Write to anna.kim@example.com"}, format="json")
    assert made.status_code == 201
    assert "anna.kim" not in made.json()["text"]
    one = f"{path}{made.json()['id']}/"
    assert client.patch(one, {"text": "x"}, format="json").status_code == 428
    changed = client.patch(one, {"text": "Called"}, format="json", headers={"If-Match": made["ETag"]})
    assert changed.json()["text"] == "Called"
    again = client.patch(one, {"text": "x"}, format="json", headers={"If-Match": made["ETag"]})
    assert again.status_code == 412
    assert [note["text"] for note in client.get(path).json()["results"]] == ["Called"]
    assert client.delete(one).status_code == 204
    assert client.get(path).json() == {"results": []}
    assert client.post(path, {"text": " "}, format="json").status_code == 400
