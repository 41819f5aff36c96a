"""The media of contents: `media.get("email")`."""

from content.media.base import MediumKind
from lib.registry import Registry

media: Registry[MediumKind] = Registry("content.media")
