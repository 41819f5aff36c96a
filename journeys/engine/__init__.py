"""The engine moves people through journeys in sets, never one by one (design: docs/architecture.md).

An enrolment is a person on her way. It stands at a step (a row of Enrolment) or has ended (a row of Finished):

    entered -> [at a step: due, or waiting for an event] -> ... -> ended: completed, goal, exit_rule, stopped, ...
                      |  pause: status 2, `due_at` kept in `frozen_due`
                      |  errors: retried later, then status 1 with a Failure, until somebody resumes it

One *pass* takes her from one durable stop to the next and is one transaction: her new place, the log row (Pass), the
messages, the counts (CountDelta) and the waits are committed together or not at all. What moves her:

    advance     her due time                        on_events   an event, or a change of her profile
    enrol       a start by an event, API or hand    let_in      one by the clock (schedules, crossings, dates)
    answered    the answer of a webhook (calls)     leave       an end from outside
    move        another version (resettle, undo_move), a statement for all who stand at a step

All but the last build a `Batch` (`run`), which runs each group of people at one step at once, and write it (`record`);
what a committed batch brings about beyond itself is `aftermath`. Nobody is moved for good by `simulate` and `replay`,
which run the same code in a `sandbox`. `explain` and `why_not` read.

Rules: claims are row locks, so a dead worker's return by themselves; whoever finds the row at its step may move it, so
event and timeout exclude each other; the clock is an argument; nothing here is one query a person.
"""
