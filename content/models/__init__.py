from content.models.item import Item
from content.models.variant import Variant
from content.models.version import ItemVersion

__all__ = ["Item", "ItemVersion", "Variant"]
