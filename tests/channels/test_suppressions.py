"""Addresses that are not written to: by hand, from a list, and off it again."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from channels import suppressing
from channels.media import Medium
from channels.models import Suppression
from tests.factories.channels import NOW
from tests.factories.journeys import signed_in
from tests.factories.workspaces import make_actor, make_workspace
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def client(workspace):
    return signed_in(workspace)[0]


def listed():
    return sorted(Suppression.objects.values_list("medium", "address", "reason"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_a_list_with_a_head_in_any_coding(workspace, encoding):
    actor = make_actor(workspace, "admin")
    lines = (
        "이름,이메일,사유",
        "유진,Yujin@Example.com,신고",
        ",not an address,",
        "민수,minsu@example.com,",
        "",
    )
    data = "\r\n".join(lines).encode(encoding)

    result = suppressing.import_csv(actor, Medium.EMAIL, data, NOW)

    assert listed() == [("email", "minsu@example.com", "by_hand"), ("email", "yujin@example.com", "신고")]
    assert (result.added, result.refused) == (2, 1)
    assert result.rejects == [(3, "not an address", "This is no address of that channel.")]


def test_a_list_without_a_head_twice_over_the_page(client):
    url = reverse("suppressions:import")
    data = b"a@example.com,bounced\nb@example.com\na@example.com\nnonsense\n"
    for added in (2, 0):
        answer = client.post(url, {"medium": "email", "file": SimpleUploadedFile("list.csv", data)})
        assert f"{added} addresses added" in answer.content.decode()
    assert "nonsense" in answer.content.decode()
    assert [row[1] for row in listed()] == ["a@example.com", "b@example.com"]


def test_numbers_are_kept_as_they_are_compared(client):
    client.post(reverse("suppressions:add"), {"medium": "sms", "address": "010-1234-5678"})

    assert [row[0] for row in listed()] == ["sms"]
    assert client.post(reverse("suppressions:add"), {"medium": "sms", "address": "nobody"}).status_code == 422


def test_search_needs_the_whole_address_and_shows_it_masked(client, workspace):
    for name in ("yujin.jung", "minsu"):
        Suppression.objects.create(
            workspace=workspace, medium="email", address=f"{name}@example.com", reason="hard_bounce", at=NOW
        )
    url = reverse("suppressions:list")
    html = client.get(url, {"q": "Yujin.Jung@example.com"}).content.decode()
    assert html.count("Remove</button>") == 1
    assert "yujin.jung@example.com" not in html.replace('value="Yujin.Jung@example.com"', "").lower().replace(
        'value="yujin.jung@example.com"', ""
    )
    assert "Bounced" in html
    assert client.get(url, {"q": "yujin"}).content.decode().count("Remove</button>") == 0


def test_off_the_list_leaves_an_entry_without_the_address(client, workspace):
    row = Suppression.objects.create(
        workspace=workspace, medium="email", address="yujin@example.com", reason="by_hand", at=NOW
    )
    stranger, _user = signed_in(make_workspace())
    url = reverse("suppressions:removal", args=[row.pk])

    assert stranger.post(url).status_code == 404
    assert signed_in(workspace, "marketer")[0].post(url).status_code == 403
    assert client.post(url).status_code == 302
    assert not Suppression.objects.exists()
    entry = AuditEntry.objects.get(action="suppression.deleted")
    assert "yujin" not in str(entry.detail) + entry.object_label
