"""A segment belongs to a team or to nobody: its members change it, everybody reads it."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from profiles.models import Segment
from profiles.segments import editing
from tests.factories.journeys import signed_in
from tests.factories.workspaces import make_workspace, team
from tests.profiles.test_segment_pages import FORM, NOW, VIP
from workspaces.actor import actor_of
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def mail(workspace):
    """A marketer of the e-mail team."""
    return signed_in(workspace, "marketer", ("email",))


@pytest.fixture
def mobile(workspace):
    return signed_in(workspace, "marketer", ("mobile",))


@pytest.fixture
def segment(mail):
    return editing.create(actor_of(mail[1]), name="VIPs", condition=VIP, team="email", now=NOW)


def page(segment):
    return reverse("segments:segment", args=[segment.public_id])


def test_her_team_is_offered_and_kept(mail, workspace):
    client = mail[0]
    new = client.get("/segments/new/").content.decode()
    assert '<option value="email" selected>' in new and 'value="mobile"' not in new
    client.post("/segments/new/", FORM | {"save": "1", "team": "email"})
    segment = Segment.objects.get()
    assert segment.team == team(workspace, "email")
    assert 'data-team="email"' in client.get(page(segment)).content.decode()
    refused = client.post("/segments/new/", FORM | {"save": "1", "team": "mobile"})
    assert refused.status_code == 200 and Segment.objects.count() == 1


def test_others_read_and_copy_but_don_t_change(mobile, segment):
    client = mobile[0]
    shown = client.get(page(segment)).content.decode()
    assert "plan is vip" in shown and "condition-cards" not in shown and 'name="save"' not in shown
    for path in (page(segment), reverse("segments:archive", args=[segment.public_id])):
        assert client.post(path, FORM | {"save": "1", "version": "1"}).status_code == 403
    client.post(reverse("segments:copy", args=[segment.public_id]))
    twin = Segment.objects.exclude(pk=segment.pk).get()
    assert twin.team and twin.team.slug == "mobile"
    assert client.post(page(twin), FORM | {"save": "1", "version": "1", "team": "mobile"}).status_code == 302


def test_nobody_s_segment_is_everyone_s_own(mail, mobile):
    segment = editing.create(actor_of(mail[1]), name="All", condition=VIP, now=NOW)
    answer = mobile[0].post(page(segment), FORM | {"save": "1", "version": "1", "team": "mobile"})
    assert answer.status_code == 302
    assert mail[0].post(page(segment), FORM | {"save": "1", "version": "2"}).status_code == 403
    (changed,) = AuditEntry.objects.filter(action="segment.changed")
    assert changed.detail["team"] == "mobile" and "team" in changed.detail["changed"]


def test_the_owner_gives_it_to_any_team(workspace, segment):
    owner = actor_of(signed_in(workspace, "owner", ())[1])
    editing.change(owner, segment, 1, NOW, team="mobile")
    assert segment.team == team(workspace, "mobile")
    editing.change(owner, segment, 2, NOW, team="")
    segment.refresh_from_db()
    assert segment.team is None
    with pytest.raises(ValidationError):
        editing.change(owner, segment, 3, NOW, team="no-such-team")


def test_the_list_shows_and_narrows_to_a_team(mail, segment):
    editing.create(actor_of(mail[1]), name="Everyone's", condition=VIP, now=NOW)
    client = mail[0]
    answer = client.get("/segments/?team=email")
    assert [row["segment"].name for row in answer.context["rows"]] == ["VIPs"]
    shown = client.get("/segments/").content.decode()
    assert 'data-team="email"' in shown and "Everyone&#x27;s" in shown
    assert "No segment" in client.get("/segments/?team=mobile").content.decode()


def test_a_list_of_people_has_a_team_too(mail, mobile, workspace):
    mail[0].post("/segments/lists/", {"name": "Staff", "team": "email"})
    staff = Segment.objects.get()
    assert staff.team == team(workspace, "email")
    members = reverse("segments:members", args=[staff.public_id])
    assert mobile[0].post(members, {"names": "x"}).status_code == 403
    mail[0].post(page(staff), {"name": "Staff", "description": "", "team": "", "version": "1"})
    assert mobile[0].post(members, {"names": "x"}).status_code == 302


def send(client, path, body, method="post", **headers):
    return getattr(client, method)(
        f"/api/v1/segments/{path}", json.dumps(body), content_type="application/json", headers=headers
    )


def test_the_api_tells_and_takes_the_team(mail, mobile):
    client = mail[0]
    assert send(client, "", {"name": "Old way", "condition": VIP}).json()["team"] is None
    made = send(client, "", {"name": "New way", "condition": VIP, "team": "email"}).json()
    assert made["team"] == "email"
    assert [one["name"] for one in client.get("/api/v1/segments/?team=email").json()["results"]] == [
        "New way"
    ]
    path, match = f"{made['id']}/", {"If-Match": '"1"'}
    assert send(mobile[0], path, {"name": "x"}, "patch", **match).status_code == 403
    assert mobile[0].delete(f"/api/v1/segments/{path}").status_code == 403
    other = send(client, path, {"team": "mobile"}, "patch", **match)
    assert other.status_code == 400 and "team" in json.dumps(other.json())
    freed = send(client, path, {"team": None}, "patch", **match).json()
    assert (freed["team"], freed["revision"]) == (None, 2)
    kept = send(client, path, {"name": "Named"}, "patch", **{"If-Match": '"2"'}).json()
    assert (kept["name"], kept["team"]) == ("Named", None)
