"""What the libraries' calls have to become: the same story told by each of them."""

from typing import Any

from profiles.models import Event, Identity, Profile
from tests.sdks.conftest import Server, wait

EVENTS = ["Order Completed", "group", "page", "screen"]


def check(server: Server, *, screen: bool = True) -> Profile:
    """identify u-1 (email, plan), track, page, screen, group g-1, alias old -> u-1, and an anonymous call before."""
    events = Event.objects.filter(workspace_id=server.workspace.pk)
    expected = sorted([*(name for name in EVENTS if screen or name != "screen"), "Visited"])
    wait(lambda: len(events.all()) >= len(expected))
    people = Profile.objects.filter(workspace=server.workspace, merged_into=None)
    wait(lambda: people.filter(external_id="u-1", attributes__has_key="group").exists())
    profile = people.get(external_id="u-1")
    known: dict[str, Any] = profile.attributes
    assert (known["email"], known["plan"], known["first_name"]) == ("Yujin@example.com", "pro", "유진")
    assert known["group"] == {"id": "g-1", "name": "길목 상사"}
    assert sorted(events.values_list("name", flat=True)) == expected
    assert set(events.values_list("profile_id", flat=True)) == {profile.pk}  # the anonymous one, too
    order = events.get(name="Order Completed")
    assert (order.properties["total"], order.properties["items"]) == (42.5, ["a", "b"])
    assert order.message_id
    assert "library" in order.context
    names = Identity.objects.filter(workspace=server.workspace)
    assert set(names.values_list("profile_id", flat=True)) == {profile.pk}
    return profile
