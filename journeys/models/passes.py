from django.db import models

from lib.stored_json import StoredJSON


class Pass(models.Model):
    """The log: one row a pass, from one durable stop to the next, for ever. Partitioned by month of `at`.

    The table is made by SQL in the first migration: index (enrolment_id, seq), index (journey_id, id); no
    primary key, whose index nobody would read. `seq` is the number of the first visit in `route`.
    `route`: the visits of the pass in order, compact:
    [{"s": step key, "o": outlet or null while she still stands there,
      "w": [[place of the leaf, value, true|false], ...]?, "m": {"state","reason"}?,
      "n": what the step noted?, "z": what she has as her zone and is none?, "x": reason of the end?}, ...]
    The first visit of the row that starts an enrolment is {"t": trigger key, "w": [...]?}.
    A leaf's place is that among the step's own conditions in the version (engine.plan.Plan.leaves); other leaves (of
    triggers, exits, goals) stand in full: {"c": leaf, "v": value, "r": true|false}. Read it by engine.explain.
    Somebody who is moved to another version has {"s", "o": null, "v": its number}, and behind it the step to which she
    is sent on, if hers is gone.
    Somebody who reaches the journey's goal and goes on has {"s", "o": null, "g": true} first: a part of that visit.
    The visit at which a pass stops stands in that row with "o": null and again, first, in the row in which it is left.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    journey_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    enrolment_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    seq = models.IntegerField()
    at = models.DateTimeField()
    route = StoredJSON()

    class Meta:
        db_table = "journeys_pass"

    def __str__(self) -> str:
        return f"{self.enrolment_id}#{self.seq}"
