from content.media.base import ContentMedium
from lib.registry import Registry

media: Registry[ContentMedium] = Registry("content.media")
