"""The catalogue as data comes: volume, types, sources, examples, and its limits."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles import known_names, record_event, source_notes
from profiles.call import Call
from profiles.catalogue import editing, tally
from profiles.models import Event, KnownName, NameDay, NameSource, Profile, Source
from tests.factories.workspaces import make_actor

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _empty():
    tally.forget()
    yield
    tally.forget()


@pytest.fixture
def sends(workspace, source, django_capture_on_commit_callbacks):
    def record(*calls, by=source, now=NOW, flush=True):
        with django_capture_on_commit_callbacks(execute=True):
            result = record_event.record(workspace.pk, by.pk, list(calls), now)
        if flush:
            tally.flush()
        return result

    return record


def bought(n=1, user="ana", **properties):
    return [
        Call(kind="track", ts=NOW, user_id=user, event="bought", properties=properties) for _n in range(n)
    ]


def named(name, kind="property"):
    return KnownName.objects.get(kind=kind, name=name)


def test_volume_is_counted_by_name_source_and_day(sends, workspace, source):
    other = Source.objects.create(workspace=workspace, name="Till")
    sends(*bought(3, total=5))
    sends(*bought(2, total=6), by=other, now=NOW + timedelta(days=1))
    for name in (named("bought", "event"), named("total")):
        assert (name.total, name.last_seen) == (5, NOW + timedelta(days=1))
        days = NameDay.objects.filter(known_name=name).order_by("day").values_list("total", flat=True)
        assert list(days) == [3, 2]
        told = NameSource.objects.filter(known_name=name).order_by("total")
        assert [(row.source_id, row.total) for row in told] == [(other.pk, 2), (source.pk, 3)]


def test_the_hot_path_has_no_statement_more_for_names_it_knows(sends):
    sends(*bought(total=5), flush=False)
    sends(*bought(total=5), flush=False)
    with CaptureQueriesContext(connection) as queries:
        sends(*bought(50, total=5), flush=False)
    assert not [q for q in queries if "knownname" in q["sql"] or "nameday" in q["sql"]]


def test_a_type_that_changes_is_flagged_with_when_and_by_whom(sends, workspace, source):
    till = Source.objects.create(workspace=workspace, name="Till")
    sends(*bought(total=5))
    assert named("total").changed_at is None
    sends(*bought(total="5 EUR"), by=till, now=NOW + timedelta(hours=1))
    total = named("total")
    assert (total.type, total.changed_at, set(total.types)) == (
        "number",
        NOW + timedelta(hours=1),
        {"number", "text"},
    )
    assert total.types["text"]["source"] == till.pk
    editing.change(make_actor(workspace, "owner"), total, {"accept_type": True}, NOW)
    sends(*bought(total="6 EUR"), now=NOW + timedelta(hours=2))
    assert named("total").changed_at is None
    sends(*bought(total=True), now=NOW + timedelta(hours=3))
    assert named("total").changed_at == NOW + timedelta(hours=3)


def test_a_date_that_becomes_a_text_is_noticed(sends):
    sends(*bought(day="2026-01-01"))
    sends(*bought(day="soon"), now=NOW + timedelta(hours=1))
    assert set(named("day").types) == {"date", "text"}


def test_examples_say_nothing_of_anybody(sends):
    properties = {
        "shop": "web",
        "email": "a@b.c",
        "note": "call me: 010 1234 5678",
        "religion": "x",
        "amount": 3,
    }
    sends(*bought(**properties))
    sends(*bought(**(properties | {"shop": "till"})))
    assert named("shop").examples == ["till", "web"]
    found = dict(KnownName.objects.filter(kind="property").values_list("name", "examples"))
    assert found == {"shop": ["till", "web"], "email": [], "note": [], "religion": [], "amount": [3]}
    sends(Call(kind="identify", ts=NOW, user_id="ana", traits={"first_name": "Ana", "plan": "pro"}))
    assert (named("first_name", "attribute").examples, named("plan", "attribute").examples) == ([], ["pro"])


def test_an_attribute_that_becomes_personal_loses_its_examples(sends, workspace):
    sends(Call(kind="identify", ts=NOW, user_id="ana", traits={"plan": "pro"}))
    plan = named("plan", "attribute")
    editing.change(make_actor(workspace, "owner"), plan, {"data_class": "sensitive"}, NOW)
    sends(Call(kind="identify", ts=NOW, user_id="ana", traits={"plan": "free"}))
    assert named("plan", "attribute").examples == []


def test_a_broken_source_is_capped_and_told(sends, workspace, source, monkeypatch):
    monkeypatch.setitem(known_names.LIMITS, "attribute", 3)
    monkeypatch.setitem(known_names.LIMITS, "event", 2)
    told = []
    monkeypatch.setattr(source_notes, "refused", lambda *given: told.append(given))
    traits = {f"t{n}": n for n in range(10_000)}
    sends(Call(kind="identify", ts=NOW, user_id="ana", traits=traits | {"plan": "pro"}))
    ana = Profile.objects.get(external_id="ana")
    assert len(ana.attributes) == 3
    sends(*(Call(kind="track", ts=NOW, user_id="ana", event=f"e{n}", properties={"a": n}) for n in range(4)))
    assert Event.objects.filter(profile_id=ana.pk).count() == 4  # nothing is lost
    assert KnownName.objects.filter(kind="event").count() == 2
    assert KnownName.objects.filter(kind="attribute").count() == 3
    reasons = [given[2] for given in told]
    assert len(reasons) == 2 and "attributes" in reasons[0] and "events" in reasons[1]
    # What is known goes on, and another source has room of its own.
    known = next(iter(ana.attributes))
    sends(Call(kind="identify", ts=NOW, user_id="ana", traits={known: "new", "one_more": 1}))
    ana.refresh_from_db()
    assert ana.attributes[known] == "new" and "one_more" not in ana.attributes
    other = Source.objects.create(workspace=workspace, name="Till")
    sends(Call(kind="identify", ts=NOW, user_id="ana", traits={"one_more": 1}), by=other)
    ana.refresh_from_db()
    assert ana.attributes["one_more"] == 1


def test_what_was_counted_outlives_a_database_that_is_away(sends, monkeypatch):
    from django.db import OperationalError

    sends(*bought(2), flush=False)
    with monkeypatch.context() as away:
        away.setattr(tally, "_rows", lambda _taken: (_ for _ in ()).throw(OperationalError("away")))
        tally.flush()
    tally.flush()
    assert named("bought", "event").total == 2


def test_an_erased_person_is_no_example(sends, workspace):
    from profiles.erase import erase

    sends(Call(kind="identify", ts=NOW, user_id="ana", traits={"nick": "the one and only", "plan": "pro"}))
    sends(Call(kind="identify", ts=NOW, user_id="bo", traits={"nick": "bo", "plan": "free"}))
    erase(make_actor(workspace, "owner"), Profile.objects.get(external_id="ana"), NOW)
    assert (named("nick", "attribute").examples, named("plan", "attribute").examples) == (["bo"], ["free"])
