from datetime import UTC, datetime

import pytest

from tests.factories.workspaces import make_actor, make_user, make_workspace, team
from workspaces import audit, members
from workspaces.models import AuditEntry, Membership

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 17, 5, 32, tzinfo=UTC)


def url(user):
    return f"/team/members/{Membership.objects.get(user=user).pk}/"


def fields(user, role, *teams):
    prefix = f"m{Membership.objects.get(user=user).pk}"
    return {f"{prefix}-role": role, f"{prefix}-teams": [entry.pk for entry in teams]}


@pytest.mark.parametrize("people", [1, 3])
def test_page_takes_the_same_queries_for_any_number_of_members(client, django_assert_num_queries, people):
    workspace = make_workspace()
    owner = make_user(workspace, "owner", ("email",))
    for _ in range(people - 1):
        make_user(workspace, "marketer", ("email", "mobile"))
    actor = make_actor(workspace, "admin")
    for _ in range(people):
        audit.record(actor, "journey.published", owner, at=NOW)
    client.force_login(owner)
    client.get("/team/")
    with django_assert_num_queries(7):
        assert client.get("/team/").status_code == 200


def test_owner_changes_a_members_role_and_teams(client):
    workspace = make_workspace()
    owner, user = make_user(workspace, "owner"), make_user(workspace, "viewer", name="Seoyeon Kim")
    client.force_login(owner)
    answer = client.post(url(user), fields(user, "marketer", team(workspace, "email")), follow=True)
    assert "Seoyeon Kim’s place is changed." in answer.content.decode()
    membership = Membership.objects.get(user=user)
    assert (membership.role, [t.slug for t in membership.teams.all()]) == ("marketer", ["email"])
    assert f"w{workspace.pk}/email/marketer" in user.groups.values_list("name", flat=True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.detail) == (
        "member.changed",
        {"role": ["viewer", "marketer"], "teams": [[], ["email"]]},
    )


@pytest.mark.parametrize("role", ["marketer", "editor", "approver", "analyst", "viewer"])
def test_who_may_not_manage_sees_no_button_and_gets_403(client, role):
    workspace = make_workspace()
    me = make_user(workspace, role)
    client.force_login(me)
    assert url(me) not in client.get("/team/").content.decode()
    assert client.get(url(me)).status_code == 403
    assert client.post(url(me), fields(me, "owner")).status_code == 403
    assert Membership.objects.get(user=me).role == role


def test_another_workspaces_member_is_404(client):
    client.force_login(make_user(make_workspace(), "owner"))
    stranger = make_user(make_workspace(), "viewer")
    assert client.get(url(stranger)).status_code == 404


def test_another_workspaces_team_is_no_choice(client):
    workspace, elsewhere = make_workspace(), make_workspace()
    client.force_login(make_user(workspace, "owner"))
    user = make_user(workspace, "viewer")
    answer = client.post(url(user), fields(user, "marketer", team(elsewhere, "email")))
    assert answer.status_code == 422
    assert Membership.objects.get(user=user).role == "viewer"


def test_the_last_owner_stays(client):
    workspace = make_workspace()
    owner = make_user(workspace, "owner")
    client.force_login(owner)
    answer = client.post(url(owner), fields(owner, "viewer"))
    assert answer.status_code == 422
    assert "A workspace needs an owner." in answer.content.decode()
    assert Membership.objects.get(user=owner).role == "owner"


def test_an_administrator_makes_no_owners():
    workspace = make_workspace()
    make_user(workspace, "owner")
    admin = make_actor(workspace, "admin")
    with pytest.raises(members.MemberRefused, match="Only an owner"):
        members.change(admin, admin.membership, "owner", [], at=NOW)


def test_the_same_again_writes_no_entry():
    workspace = make_workspace()
    owner = make_actor(workspace, "owner", ("email",))
    assert not members.change(owner, owner.membership, "owner", [team(workspace, "email")], at=NOW)
    assert AuditEntry.objects.count() == 0


def test_audit_log_is_only_for_who_may_read_it(client):
    workspace = make_workspace()
    audit.record(make_actor(workspace, "admin"), "journey.published", team(workspace, "email"), at=NOW)
    for role, sees in (("owner", True), ("approver", True), ("marketer", False), ("viewer", False)):
        client.force_login(make_user(workspace, role))
        assert ("Audit log" in client.get("/team/").content.decode()) is sees


def test_audit_log_shows_more_on_demand(client):
    workspace = make_workspace()
    actor = make_actor(workspace, "owner")
    for _ in range(30):
        audit.record(actor, "journey.published", team(workspace, "email"), at=NOW)
    client.force_login(actor.user)
    assert client.get("/team/").content.decode().count("published") == 25
    assert "?entries=50" in client.get("/team/").content.decode()
    assert client.get("/team/?entries=50").content.decode().count("published") == 30
    assert client.get("/team/?entries=oops").status_code == 200
