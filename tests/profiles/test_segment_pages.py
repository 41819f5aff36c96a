"""The pages of segments: the list, the sentences, what comes of them, lists kept by hand."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.urls import reverse

from journeys.document.shape import blank
from journeys.models import Journey
from profiles import membership
from profiles.models import Event, Segment, SegmentMember, SegmentSize
from profiles.segments import editing, lists
from tests.factories.channels import make_person, make_smtp_account
from tests.factories.journeys import signed_in
from tests.factories.workspaces import make_workspace
from workspaces.actor import actor_of
from workspaces.models import AuditEntry
from workspaces.roles import grant

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
VIP = {"all": [{"attribute": "plan", "op": "is", "value": "vip"}]}
FORM = {
    "name": "VIPs",
    "description": "",
    "team": "",
    "condition-cards": "1",
    "condition-was_join": "all",
    "condition-wrapped": "1",
    "condition-0-loose": "1",
    "condition-0-match": "all",
    "condition-0-rows": "2",
    "condition-0-0-was_kind": "attribute",
    "condition-0-0-kind": "attribute",
    "condition-0-0-lead": "",
    "condition-0-0-name": "plan",
    "condition-0-0-op": "is",
    "condition-0-0-value": "vip",
    "condition-0-1-was_kind": "attribute",
    "condition-0-1-kind": "attribute",
    "condition-0-1-lead": "not",
    "condition-0-1-name": "city",
    "condition-0-1-op": "is",
    "condition-0-1-value": "Busan",
}
TREE = {
    "all": [
        {"attribute": "plan", "op": "is", "value": "vip"},
        {"not": {"attribute": "city", "op": "is", "value": "Busan"}},
    ]
}


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def client(workspace):
    return signed_in(workspace, "marketer")[0]


@pytest.fixture
def actor(workspace):
    return actor_of(signed_in(workspace, "marketer")[1])


def made(workspace, name="VIPs", condition=VIP, **more):
    segment = Segment.objects.create(
        workspace=workspace, slug=name.lower().replace(" ", "-"), name=name, condition=condition, **more
    )
    grant(segment)
    return segment


def page(segment):
    return reverse("segments:segment", args=[segment.public_id])


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_no_more_for_three_than_for_one(client, workspace, count, django_assert_num_queries):
    for n in range(count):
        made(workspace, f"S{n}")
    client.get("/segments/")
    with django_assert_num_queries(14):
        answer = client.get("/segments/")
    assert answer.status_code == 200 and len(answer.context["rows"]) == count


def test_the_list_finds_and_says_where_each_is_used(client, workspace):
    made(workspace, "Gold", {"segment": "vips", "op": "in"})
    made(workspace)
    Journey.objects.create(
        workspace=workspace,
        name="Welcome VIPs",
        draft={**blank("Welcome VIPs"), "triggers": {"t": {"kind": "segment", "segment": "vips"}}},
    )
    (row,) = client.get("/segments/?q=vip").context["rows"]
    assert [(use.kind, use.title, use.how) for use in row["uses"]] == [
        ("segment", "Gold", "is part of this segment"),
        ("journey", "A journey of another team", "starts the journey"),
    ]
    assert b"Nobody" not in client.get("/segments/?q=zzz").content


def test_an_empty_workspace_gets_the_first_action(client):
    answer = client.get("/segments/").content.decode()
    assert "No segments yet" in answer and reverse("segments:new") in answer


def test_written_and_saved_it_says_its_sentence_again(client, workspace):
    answer = client.post("/segments/new/", FORM | {"save": "1"})
    segment = Segment.objects.get()
    assert answer.status_code == 302 and answer["Location"] == page(segment)
    assert (segment.name, segment.slug, segment.condition) == ("VIPs", "vips", TREE)
    assert segment.is_counting and AuditEntry.objects.get().action == "segment.created"
    shown = client.get(page(segment)).content.decode()
    assert 'value="Busan"' in shown and "but not" in shown and 'id="id_condition-count-0-1"' in shown


def test_an_edit_without_save_stores_nothing(client, workspace):
    segment = made(workspace)
    answer = client.post(page(segment), FORM | {"condition-do": "add:0"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and b"<html" not in answer.content
    assert b'name="condition-0-2-name"' in answer.content
    segment.refresh_from_db()
    assert segment.condition == VIP


def test_what_is_missing_stands_at_its_place(client, workspace):
    answer = client.post("/segments/new/", FORM | {"save": "1", "condition-0-0-name": "", "name": ""})
    assert answer.status_code == 200 and not Segment.objects.exists()
    assert "Choose what to look at." in answer.content.decode()


def test_whoever_saves_second_is_told_and_may_overwrite(client, workspace):
    segment = made(workspace, stale_since=None)
    Segment.objects.filter(pk=segment.pk).update(version=2, name="Theirs")
    answer = client.post(page(segment), FORM | {"save": "1", "version": "1"})
    assert "Somebody else saved this segment meanwhile" in answer.content.decode()
    segment.refresh_from_db()
    assert segment.name == "Theirs"
    client.post(page(segment), FORM | {"overwrite": "2", "version": "1"})
    segment.refresh_from_db()
    assert (segment.name, segment.version, segment.condition) == ("VIPs", 3, TREE)
    assert segment.is_counting and not segment.quiet


def test_the_live_result_counts_lines_and_says_why(client, workspace):
    make_smtp_account(workspace, 25)
    make_person(workspace, plan="vip", first_name="Ana", city="Seoul")
    make_person(workspace, plan="vip", first_name="Bo", city="Busan")
    make_person(workspace, plan="free", first_name="Cy")
    answer = client.post("/segments/live/", FORM)
    context = answer.context
    assert (context["total"].value, context["everyone"]) == (1, 3)
    assert [(id_, one.value) for id_, one in context["lines"]] == [
        ("id_condition-count-0-0", 2),
        ("id_condition-count-0-1", 1),  # those in Busan: what is left out is counted as such
    ]
    (person,) = context["people"]
    assert (person.name, person.why[0]) == ("Ana", "plan is vip")
    assert {one.medium: one.count.value for one in context["reach"]} == {"email": 1}  # no other account
    unfinished = client.post("/segments/live/", FORM | {"condition-0-0-name": ""})
    assert "Choose what to look at." in unfinished.content.decode()


def test_whoever_may_not_see_addresses_sees_none_in_the_reasons(client, workspace):
    segment = made(
        workspace, "Mails", {"attribute": "email", "op": "contains", "value": "@"}, stale_since=None
    )
    make_person(workspace, email="secret@example.com", first_name="Ana")
    viewer = signed_in(workspace, "viewer")[0]
    answer = viewer.post("/segments/live/", {"segment": str(segment.public_id)})
    assert answer.context["total"].value == 1 and b"secret@example.com" not in answer.content


def test_a_reader_gets_sentences_and_no_form(client, workspace):
    segment = made(workspace)
    viewer = signed_in(workspace, "viewer")[0]
    shown = viewer.get(page(segment)).content.decode()
    assert "plan is vip" in shown and "condition-cards" not in shown and "New segment" not in shown
    assert viewer.post(page(segment), FORM | {"save": "1"}).status_code == 403


def test_it_is_not_archived_while_something_uses_it(client, workspace):
    segment = made(workspace)
    other = made(workspace, "Gold", {"segment": "vips", "op": "in"})
    archive = reverse("segments:archive", args=[segment.public_id])
    said = client.post(archive, follow=True).content.decode()
    assert "It is still used in: Gold" in said
    other.delete()
    client.post(archive)
    segment.refresh_from_db()
    assert segment.archived_at and not client.get("/segments/").context["rows"]
    client.post(archive, {"back": "1"})
    segment.refresh_from_db()
    assert segment.archived_at is None and segment.is_counting


def test_a_copy_is_a_segment_of_its_own(client, workspace):
    segment = made(workspace)
    client.post(reverse("segments:copy", args=[segment.public_id]))
    twin = Segment.objects.exclude(pk=segment.pk).get()
    assert (twin.name, twin.slug, twin.condition) == ("VIPs (copy)", "vips-copy", VIP)


def test_a_segment_can_not_be_a_part_of_itself(client, workspace):
    inner = made(workspace, "Inner")
    made(workspace, "Middle", {"segment": "inner", "op": "in"})
    one = FORM | {
        "condition-0-rows": "1",
        "condition-0-0-was_kind": "segment",
        "condition-0-0-kind": "segment",
        "condition-0-0-segment": "middle",
        "condition-0-0-op": "in",
    }
    answer = client.post(page(inner), one | {"save": "1", "version": "1"})
    assert "“Middle” is made of “Inner”, so it can&#x27;t be a part of it." in answer.content.decode()
    inner.refresh_from_db()
    assert inner.condition == VIP


def test_a_list_is_kept_by_hand_and_what_is_made_of_it_follows(client, workspace, actor):
    client.post("/segments/lists/", {"name": "Staff"})
    staff = Segment.objects.get()
    both = made(workspace, "Known staff", {"all": [{"segment": "staff"}, *VIP["all"]]})
    membership.fill(both.pk, NOW)
    ana = make_person(workspace, plan="vip", first_name="Ana", email="ana@example.com")
    bo = make_person(workspace, first_name="Bo")
    bo.external_id = "77"
    bo.save()
    url = reverse("segments:members", args=[staff.public_id])
    said = client.post(url, {"names": "Ana@Example.com, 77\nnobody@example.com"}, follow=True)
    text = said.content.decode()
    assert "2 people added." in text and "1 name fits nobody: nobody@example.com" in text
    assert {one.name for one in said.context["members"]} == {"Ana", "Bo"}
    assert list(both.members.values_list("profile_id", flat=True)) == [ana.pk]
    client.post(url, {"out": str(ana.public_id)})
    assert list(staff.members.values_list("profile_id", flat=True)) == [bo.pk]
    assert not both.members.exists()
    assert membership.sizes_now([staff.pk]) == {staff.pk: 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
def test_a_file_of_names_is_matched_whatever_its_encoding(client, workspace, encoding):
    segment = made(workspace, "Listed", {}, kind="list", stale_since=None)
    people = [make_person(workspace, email=f"p{n}@example.com") for n in range(3)]
    rows = ["이름,이메일", *(f"가나,{one.email}" for one in people), "나,nobody@example.com", ""]
    file = BytesIO("\r\n".join(rows).encode(encoding))
    file.name = "names.csv"
    client.post(reverse("segments:upload", args=[segment.public_id]), {"file": file})
    (upload,) = segment.uploads.all()
    assert (upload.lines, upload.matched, upload.added) == (4, 3, 3)
    assert segment.members.count() == 3


def test_the_same_file_again_adds_nobody(workspace, actor):
    segment = made(workspace, "Listed", {}, kind="list", stale_since=None)
    person = make_person(workspace, email="a@example.com")
    reports = [
        lists.upload(actor, segment, BytesIO(b"a@example.com\na@example.com\nzz"), "f.txt", NOW)
        for _n in range(2)
    ]
    assert [(one.lines, one.matched, one.added, one.unknown) for one in reports] == [
        (3, 2, 1, ["zz"]),
        (3, 2, 0, ["zz"]),
    ]
    assert SegmentMember.objects.get().profile_id == person.pk


def test_sizes_are_kept_by_day_and_drawn(client, workspace):
    segment = made(workspace)
    membership.fill(segment.pk, NOW)
    for day in range(9):
        SegmentSize.objects.create(segment=segment, day=date.today() - timedelta(days=20 - day), size=day)
    person = make_person(workspace, plan="vip")
    membership.notice(workspace.pk, [], [person.pk], NOW)
    membership.fold(datetime.now(UTC))
    segment.refresh_from_db()
    assert segment.size == 1 and segment.sizes.latest("day").size == 1
    answer = client.get(page(segment)).content.decode()
    assert "Size by day, from 0 to 1" in answer


def test_editing_the_inner_one_counts_the_outer_anew(workspace, actor):
    inner = editing.create(actor, name="Inner", condition=VIP, now=NOW)
    outer = editing.create(actor, name="Outer", condition={"segment": "inner", "op": "in"}, now=NOW)
    for one in (inner, outer):
        membership.fill(one.pk, NOW)
    pro = make_person(workspace, plan="pro")
    changed = {"attribute": "plan", "op": "is", "value": "pro"}
    editing.change(actor, inner, 1, NOW + timedelta(minutes=1), condition=changed)
    assert membership.fill_due(NOW + timedelta(minutes=2)) == 2
    assert list(outer.members.values_list("profile_id", flat=True)) == [pro.pk]


def test_counting_that_takes_too_long_becomes_an_estimate(workspace, monkeypatch):
    from django.db import connection

    from profiles.conditions import compile_condition
    from profiles.segments import trying

    for n in range(200):
        make_person(workspace, plan="vip" if n % 4 == 0 else "free")
    asked = []
    original = trying._count

    def slow(workspace, nodes, now, every):
        asked.append(every)
        if every is None:
            with connection.cursor() as cursor:
                cursor.execute("select pg_sleep(2)")
        return original(workspace, nodes, now, every)

    monkeypatch.setattr(trying, "_count", slow)
    monkeypatch.setattr(trying, "PATIENCE", 200)
    monkeypatch.setattr(trying, "SAMPLE", 50)
    compiled = compile_condition(VIP["all"][0], workspace.pk)
    (one,) = trying.count(workspace, [compiled.root], NOW)
    assert asked == [None, 7] and not one.exact
    assert one.low < one.high and one.low <= 50 <= one.high
    # Where even how many people there are is not known in time it is told from the sample.
    monkeypatch.setattr(
        trying, "people_of", lambda _workspace: connection.cursor().execute("select pg_sleep(2)")
    )
    (one,) = trying.count(workspace, [compiled.root], NOW)
    assert not one.exact and one.low < one.high and one.low <= 50 <= one.high
    assert Event.objects.count() == 0


def test_names_that_are_not_there_are_doubted_beside_their_line(client, workspace):
    segment = made(
        workspace, condition={"all": [{"segment": "gone", "op": "in"}, {"near": "hannam", "within_km": 2}]}
    )
    shown = client.get(page(segment)).content.decode()
    assert "There is no segment “gone”." in shown
    assert "There is no store “hannam” (any more)." in shown
