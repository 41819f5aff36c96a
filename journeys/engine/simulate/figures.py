"""Computed attributes in a simulation: figures over the last days go down as its time passes, as the clock of the
product would have it (profiles.computed.filling)."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection

from profiles import computed

if TYPE_CHECKING:
    from journeys.engine.simulate.playing import Run

LOOKS = 40  # at the very moment; of somebody with more to look at, so many again over the rest of the time


class Figures:
    def __init__(self, run: "Run", start: datetime, until: datetime) -> None:
        self.run, self.step, self.looks, self.looked = run, (until - start) / LOOKS, 0, start
        with connection.cursor() as cursor:  # what ran out before is history
            computed.pass_time(cursor, run.workspace.pk, run.profile.pk, start)

    def next_moment(self) -> datetime | None:
        with connection.cursor() as cursor:
            due = computed.next_look(cursor, self.run.workspace.pk, self.run.profile.pk)
        if due is None or self.looks < LOOKS:
            return due
        return max(due, self.looked + self.step)

    def look(self, moment: datetime) -> bool:
        """Whether one of them is other than before."""
        self.looks, self.looked = self.looks + 1, moment
        with connection.cursor() as cursor:
            return computed.pass_time(cursor, self.run.workspace.pk, self.run.profile.pk, moment)
