from journeys.models.call import Call, Secret
from journeys.models.counts import CountDelta, StepCount
from journeys.models.enrolment import Enrolment, EventWait, Failure, Finished
from journeys.models.journey import Journey
from journeys.models.move import Move, MovedPerson
from journeys.models.passes import Pass
from journeys.models.places import Line, Place
from journeys.models.reached import Reached
from journeys.models.refused import Refused
from journeys.models.replay import Replay
from journeys.models.schedule import Occurrence, Schedule
from journeys.models.stored_test import StoredTest
from journeys.models.version import Version
from journeys.models.watch import DateWatch, LateCrossing, PersonalDate, SegmentWatch

__all__ = [
    "Call",
    "CountDelta",
    "DateWatch",
    "Enrolment",
    "EventWait",
    "Failure",
    "Finished",
    "Journey",
    "LateCrossing",
    "Line",
    "Move",
    "MovedPerson",
    "Occurrence",
    "Pass",
    "PersonalDate",
    "Place",
    "Reached",
    "Refused",
    "Replay",
    "Schedule",
    "Secret",
    "SegmentWatch",
    "StepCount",
    "StoredTest",
    "Version",
]
