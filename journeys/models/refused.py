from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from lib.stored_json import StoredJSON


class Refused(models.Model):
    """The last time a way in that asks a condition turned a person away: one row a journey, trigger and person.

    `kind`: "where", its condition did not hold; "reentry", it held, but she may not enter again (yet). `why`: the value
    and the result of each leaf of the version's condition in its order, [[value, true|false], ...]. Read it by
    engine.why_not. Gone after a while (engine.refused.KEPT), or with the person.
    """

    profile_id = models.BigIntegerField()
    journey_id = models.BigIntegerField()
    trigger = models.TextField()
    version_id = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.TextField()
    why = StoredJSON(default=list)
    pk = models.CompositePrimaryKey("profile_id", "journey_id", "trigger")

    class Meta:
        # No other index: the same row is written again and again, in place.
        indexes = [BrinIndex(fields=["at"], name="refused_age", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.profile_id} not by {self.trigger} ({self.kind})"
