from profiles.models.announcement import Announcement
from profiles.models.consent import Consent, Topic
from profiles.models.device import Device
from profiles.models.event import Event, MessageId
from profiles.models.identity import Identity
from profiles.models.known_name import KnownName
from profiles.models.membership import SegmentChange, SegmentMember, TrackedSegment
from profiles.models.profile import Profile
from profiles.models.segment import Segment
from profiles.models.source import Source

__all__ = [
    "Announcement",
    "Consent",
    "Device",
    "Event",
    "Identity",
    "KnownName",
    "MessageId",
    "Profile",
    "Segment",
    "SegmentChange",
    "SegmentMember",
    "Source",
    "Topic",
    "TrackedSegment",
]
