from journeys.models.counts import CountDelta, StepCount
from journeys.models.enrolment import Enrolment, EventWait, Failure, Finished
from journeys.models.journey import Journey
from journeys.models.passes import Pass
from journeys.models.schedule import Occurrence, Schedule
from journeys.models.version import Version

__all__ = [
    "CountDelta",
    "Enrolment",
    "EventWait",
    "Failure",
    "Finished",
    "Journey",
    "Occurrence",
    "Pass",
    "Schedule",
    "StepCount",
    "Version",
]
