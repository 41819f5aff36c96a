"""What the health page shows, and to whom."""

from datetime import timedelta

import pytest

from channels.models import Message
from config.celery import QUEUES
from config.models import Heartbeat
from config.operations import doctor, jobs
from journeys.models import Enrolment, Failure, Journey, LateCrossing
from lib.clock import now
from profiles.models import Announcement
from tests.factories.channels import make_person, make_smtp_account
from tests.factories.workspaces import make_user, make_workspace, team
from workspaces.models import AuditEntry
from workspaces.roles import grant

pytestmark = pytest.mark.django_db
URL = "/settings/health/"
STEP = {"kind": "wait", "name": "Give it an hour", "settings": {"for": "PT1H"}, "next": {}}


def make_journey(workspace, team_of="email"):
    draft = {"format": "gilmok.journey/1", "name": "Cart", "triggers": {}, "steps": {"w1": STEP}}
    journey = Journey.objects.create(
        workspace=workspace, team=team(workspace, team_of), name="Cart", state="live", draft=draft
    )
    grant(journey)
    return journey


def stand(journey, person, **fields):
    return Enrolment.objects.create(
        workspace_id=journey.workspace_id,
        journey_id=journey.pk,
        version_id=0,
        profile_id=person.pk,
        trigger="t",
        step="w1",
        arrived_at=now(),
        entered_at=now(),
        **fields,
    )


def fail(journey, person, error="ValueError: broken"):
    enrolment = stand(journey, person, status=1, attempts=4)
    Failure.objects.create(
        enrolment_id=enrolment.pk, journey_id=journey.pk, step="w1", error=error, attempts=4, at=now()
    )
    return enrolment


def all_alive():
    for name in ("clock", *(f"queue:{queue}" for queue in QUEUES)):
        Heartbeat.objects.create(name=name, at=now())
    for entry in jobs.calendar().values():
        jobs.record(entry["task"], 0.1, None, None, now())


def look(client, user):
    client.force_login(user)
    answer = client.get(URL)
    assert answer.status_code == 200
    return answer


def test_it_counts_what_is_due_and_what_waits_of_this_workspace_alone(client):
    here, there = make_workspace(), make_workspace()
    for workspace, late in ((here, 3), (there, 9)):
        person = make_person(workspace)
        stand(make_journey(workspace), person, due_at=now() - timedelta(minutes=late))
        account = make_smtp_account(workspace, 25)
        for _number in range(2):
            Message.objects.create(
                workspace_id=workspace.pk,
                profile_id=person.pk,
                medium="email",
                account_id=account.pk,
                created_at=now(),
                due_at=now() - timedelta(minutes=late),
            )
    context = look(client, make_user(here, "admin")).context
    assert (context["due"].count, context["unsent"], context["whole"]) == (1, 2, None)
    assert now() - context["due"].oldest < timedelta(minutes=4)
    assert [(account.name, account.waiting.count) for account, _medium in context["outbox"]] == [("Mail", 2)]
    assert dict(context["recent"]) == {"Waiting to be sent": 2}


def test_the_whole_installation_is_for_superusers_and_the_only_workspace(client):
    only = make_workspace()
    stand(make_journey(only), make_person(only), due_at=now())
    admin = make_user(only, "admin")
    assert look(client, admin).context["whole"]["due"].count == 1
    make_workspace()
    assert look(client, admin).context["whole"] is None
    admin.is_superuser = True
    admin.save(update_fields=["is_superuser"])
    whole = look(client, admin).context["whole"]
    assert (whole["due"].count, whole["failed"], whole["batches"]) == (1, 0, 0)
    assert 0 < whole["connections"].used <= whole["connections"].limit


def test_people_who_failed_stand_there_by_step_and_others_are_not_told(client):
    here, there = make_workspace(), make_workspace()
    journey = make_journey(here)
    for _number in range(2):
        fail(journey, make_person(here))
    fail(make_journey(there), make_person(there), "ValueError: of another workspace")
    page = look(client, make_user(here, "approver", ("email",)))
    (row,) = page.context["failed"]
    assert (row.title, row.people, row.error, row.may_resume) == (
        "Give it an hour",
        2,
        "ValueError: broken",
        True,
    )
    assert "Resume all 2" in page.content.decode()
    assert "of another workspace" not in page.content.decode()


def test_an_approver_of_another_team_sees_and_may_not_resume(client):
    here = make_workspace()
    journey = make_journey(here, "email")
    fail(journey, make_person(here))
    user = make_user(here, "approver", ("mobile",))
    page = look(client, user)
    assert page.context["failed"][0].may_resume is False
    assert client.post(f"/journeys/{journey.public_id}/steps/w1/resumption/").status_code == 403


def test_resuming_lets_one_or_all_go_on_and_is_audited(client):
    here = make_workspace()
    journey = make_journey(here)
    enrolments = [fail(journey, make_person(here)) for _number in range(3)]
    client.force_login(make_user(here, "admin"))
    url = f"/journeys/{journey.public_id}/steps/w1/resumption/"
    assert client.post(url, {"enrolment": enrolments[1].pk, "from": "step"})["Location"].endswith(
        "/failures/"
    )
    assert list(Failure.objects.order_by("pk").values_list("pk", flat=True)) == [
        enrolments[0].pk,
        enrolments[2].pk,
    ]
    assert client.post(url)["Location"] == URL
    rows = Enrolment.objects.order_by("pk").values_list("status", "attempts")
    assert (list(rows), Failure.objects.count()) == ([(0, 0)] * 3, 0)
    assert Enrolment.objects.filter(due_at__lte=now()).count() == 3
    entries = AuditEntry.objects.order_by("id").values_list("action", "detail")
    assert list(entries) == [
        ("journey.retried", {"step": "w1", "people": 1}),
        ("journey.retried", {"step": "w1", "people": 2}),
    ]


@pytest.mark.parametrize("enrolment", ["x", "²", "9" * 30, "-1"])
def test_a_made_up_enrolment_is_not_found(client, enrolment):
    here = make_workspace()
    journey = make_journey(here)
    client.force_login(make_user(here, "admin"))
    answer = client.post(f"/journeys/{journey.public_id}/steps/w1/resumption/", {"enrolment": enrolment})
    assert answer.status_code == 404


def test_the_list_of_those_who_failed_has_pages(client, monkeypatch):
    monkeypatch.setattr("journeys.failures.PAGE", 2)
    here = make_workspace()
    journey = make_journey(here)
    failed = [fail(journey, make_person(here)).pk for _number in range(3)]
    client.force_login(make_user(here, "admin"))
    first = client.get(f"/journeys/{journey.public_id}/steps/w1/failures/")
    assert [person.enrolment_id for person in first.context["people"]] == failed[:0:-1]
    second = client.get(first.context["next_url"])
    assert [person.enrolment_id for person in second.context["people"]] == failed[:1]
    assert second.context["next_url"] == ""


def test_all_is_well_where_everything_answers(client):
    all_alive()
    here = make_workspace()
    page = look(client, make_user(here, "admin"))
    assert {job.state for job in page.context["jobs"]} == {"ok"}
    assert page.context["troubles"] == []
    assert "Everything runs" in page.content.decode()


def test_people_whose_crossing_failed_are_told_to_their_workspace(client):
    here, there = make_workspace(), make_workspace()
    all_alive()
    for workspace, error in ((here, "KeyError: x"), (there, "KeyError: y")):
        changes = [[1, make_person(workspace).pk, True, "2026-01-05T10:00:00+00:00"]] * 2
        LateCrossing.objects.create(
            journey=make_journey(workspace),
            trigger="t",
            changes=changes,
            error=error,
            at=now(),
            next_at=now(),
        )
    troubles = look(client, make_user(here, "admin")).context["troubles"]
    assert troubles == ["2 people crossed a segment and could not be let in yet; it is tried again."]
    (found,) = [one for _area, one in doctor.examine(now(), ["workers"]) if "crossed" in one.name]
    assert (found.state, found.text) == ("warn", "4 could not be let in yet: KeyError: y")


def test_news_that_was_given_up_is_told_again_for_the_own_workspace_alone(client):
    here, there = make_workspace(), make_workspace()
    for workspace in (here, there):
        Announcement.objects.create(
            workspace_id=workspace.pk, created_at=now(), due_at=None, error="KeyError: x"
        )
    admin = make_user(here, "admin")
    page = look(client, admin)
    assert page.context["news"].given_up == 1 and "Tell them again" in page.content.decode()
    assert "Some news could not be told to the engine; see below." in page.context["troubles"]
    client.post(f"{URL}news/")
    assert list(Announcement.objects.filter(due_at=None).values_list("workspace_id", flat=True)) == [there.pk]
    admin.is_superuser = True
    admin.save(update_fields=["is_superuser"])
    client.post(f"{URL}news/")
    assert not Announcement.objects.filter(due_at=None).exists()


def test_silence_is_told(client, settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    all_alive()
    Heartbeat.objects.filter(name="queue:bulk").update(at=now() - timedelta(minutes=5))
    troubles = look(client, make_user(make_workspace(), "admin")).context["troubles"]
    assert troubles == [
        "The broker does not answer: work waits in the database until it does.",
        "No worker answers for: bulk.",
    ]


@pytest.mark.parametrize("steps", [1, 3])
def test_it_takes_the_same_queries_for_any_number_of_steps(client, django_assert_num_queries, steps):
    here = make_workspace()
    make_workspace()
    for _number in range(steps):
        fail(make_journey(here), make_person(here))
        make_smtp_account(here, 25, default=False)
    client.force_login(make_user(here, "admin"))
    with django_assert_num_queries(31):
        assert client.get(URL).status_code == 200
