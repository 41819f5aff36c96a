"""The inspector's form of the trigger "schedule"."""

from django.http import QueryDict

from journeys.triggers.schedule import ScheduleTrigger


def form(text):
    return ScheduleTrigger.form_class(settings={}, workspace=None, data=QueryDict(text))


def test_again_and_again_shows_the_hour_it_is_saved_with():
    chosen = form("s-when=again")
    assert chosen.is_valid()
    assert chosen["time"].value() == "09:00"
    assert chosen.settings() == {"rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"}


def test_an_hour_that_was_chosen_stays():
    chosen = form("s-when=again&s-every=MONTHLY&s-time=18:30")
    assert chosen.is_valid()
    assert chosen["time"].value() == "18:30"
    assert chosen.settings() == {"rrule": "FREQ=MONTHLY;BYHOUR=18;BYMINUTE=30"}
