from profiles.models.announcement import Announcement
from profiles.models.computed import ComputedAttribute, ComputedState, ComputedTally
from profiles.models.consent import Consent, ConsentChange, Pause, PendingConsent, Topic
from profiles.models.device import Device
from profiles.models.event import Event, MessageId
from profiles.models.identity import Identity, IdentityRules
from profiles.models.join import Join
from profiles.models.known_name import KnownName, NameDay, NameSource
from profiles.models.membership import (
    SegmentChange,
    SegmentDelta,
    SegmentLook,
    SegmentMember,
    SegmentMoment,
    TrackedSegment,
)
from profiles.models.note import Note
from profiles.models.privacy import ErasedName, PrivacySettings, Retention
from profiles.models.profile import Profile
from profiles.models.pull import Pull
from profiles.models.segment import Segment, SegmentSize, SegmentStamp, SegmentUpload
from profiles.models.source import Source
from profiles.models.source_figures import LiveCall, RefusedSample, SourceDelta, SourceHour, Watch
from profiles.models.store import Store
from profiles.models.upload import Upload

__all__ = [
    "Announcement",
    "ComputedAttribute",
    "ComputedState",
    "ComputedTally",
    "Consent",
    "ConsentChange",
    "Device",
    "ErasedName",
    "Event",
    "Identity",
    "IdentityRules",
    "Join",
    "KnownName",
    "LiveCall",
    "MessageId",
    "NameDay",
    "NameSource",
    "Note",
    "Pause",
    "PendingConsent",
    "PrivacySettings",
    "Profile",
    "Pull",
    "RefusedSample",
    "Retention",
    "Segment",
    "SegmentChange",
    "SegmentDelta",
    "SegmentLook",
    "SegmentMember",
    "SegmentMoment",
    "SegmentSize",
    "SegmentStamp",
    "SegmentUpload",
    "Source",
    "SourceDelta",
    "SourceHour",
    "Store",
    "Topic",
    "TrackedSegment",
    "Upload",
    "Watch",
]
