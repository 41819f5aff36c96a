from django.utils.translation import gettext_lazy

from profiles.conditions import comparing
from profiles.conditions.builder import Builder
from profiles.conditions.leaves.attribute import Comparison
from profiles.conditions.registry import register
from profiles.conditions.tree import Json


@register
class Entry(Comparison):
    """A property of what started this enrolment."""

    key, in_audience = "entry", False
    label, order = gettext_lazy("whose entry"), 60
    prompt, known_kind = gettext_lazy("property"), "property"

    def value(self, leaf: Json, build: Builder) -> str:
        return build.value_of("entry", comparing.path_of(leaf["entry"]))
