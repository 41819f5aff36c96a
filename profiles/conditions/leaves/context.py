from django.utils.translation import gettext_lazy

from profiles.conditions import comparing
from profiles.conditions.builder import Builder
from profiles.conditions.leaves.attribute import Comparison
from profiles.conditions.registry import register
from profiles.conditions.tree import Json


@register
class Context(Comparison):
    """A value that an earlier step of this enrolment wrote."""

    key, in_audience = "context", False
    label, order = gettext_lazy("whose noted"), 70
    prompt, known_kind = gettext_lazy("value"), ""

    def value(self, leaf: Json, build: Builder) -> str:
        return build.value_of("context", comparing.path_of(leaf["context"]))
