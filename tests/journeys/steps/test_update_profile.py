"""The step that changes profiles, beside others who change them at the same moment."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from journeys.engine.world import World
from profiles.models import Profile
from tests.journeys.engine.story import END, T0, Story, document

STEP = {
    "kind": "update_profile",
    "settings": {"set": {"plan": "vip"}, "unset": ["trial"], "increment": {"visits": 1}},
    "next": {"next": "x"},
}


@pytest.fixture
def meanwhile(monkeypatch):
    """What others write after the step has read and before it writes."""

    def change(**fields):
        real = World.write_profiles

        def write(self, attributes, now):
            Profile.objects.filter(pk__in=attributes).update(**fields)
            real(self, attributes, now)

        monkeypatch.setattr(World, "write_profiles", write)

    return change


def after(story):
    ana = story.person(plan="free", trial=True, visits=2, city="Seoul")
    story.publish(document({"u": STEP, "x": END}))
    story.happen("go", T0, ana)
    return Profile.objects.get(pk=ana.pk).attributes


def test_sets_clears_and_counts(story):
    assert after(story) == {"email": "ana@example.com", "plan": "vip", "visits": 3, "city": "Seoul"}


def test_what_others_wrote_meanwhile_stays(story, meanwhile):
    meanwhile(attributes={"plan": "free", "trial": True, "visits": 2, "city": "Busan", "name": "Ana"})
    assert after(story) == {"plan": "vip", "visits": 3, "city": "Busan", "name": "Ana"}


def test_who_is_erased_meanwhile_stays_so(story, meanwhile):
    meanwhile(attributes={}, erased_at=T0)
    assert after(story) == {}


@pytest.mark.django_db(transaction=True)
def test_two_who_count_at_once_count_twice(monkeypatch):
    story = Story()
    ana = story.person(visits=2, tags=["a"])
    for name in ("go", "come"):
        changes = {"increment": {"visits": 1}, "add": {"tags": name}}
        step = {"kind": "update_profile", "settings": changes, "next": {"next": "x"}}
        trigger = {"kind": "event", "event": name, "next": "u"}
        story.publish(document({"u": step, "x": END}, triggers={"t": trigger}))
    real = World.write_profiles

    def slowly(self, attributes, now):
        time.sleep(0.3)
        real(self, attributes, now)

    monkeypatch.setattr(World, "write_profiles", slowly)

    def happen(name):
        try:
            story.happen(name, T0, ana)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        list(both.map(happen, ("go", "come")))
    found = Profile.objects.get(pk=ana.pk).attributes
    assert (found["visits"], sorted(found["tags"])) == (4, ["a", "come", "go"])
