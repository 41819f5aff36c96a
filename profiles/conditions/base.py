"""What a leaf is: faults of its JSON, the SQL of its value and of its result, its sentence."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from profiles.conditions.blanks import Blanks, Known, fields_of
from profiles.conditions.builder import Builder, in_place
from profiles.conditions.tree import Json

Fields = dict[str, Any]


class LeafKind:
    """`value` gives SQL of any type that JSON knows; `result` SQL that is true or false, never null, reading it as `v`.

    One file a kind under `leaves`; `key` is what tells its leaves. The second half is how a row of the form edits it.
    """

    key: ClassVar[str]
    in_audience: ClassVar[bool] = True  # False: only means something inside an enrolment
    of_profile: ClassVar[bool] = False  # a change of the profile or its consents may change the answer

    def needs_enrolment(self, leaf: Json) -> bool:
        """Whether the SQL reads b.enrolment_id or b.entered_at."""
        return False

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        """(pointer within the leaf, sentence)"""
        return ()

    def value(self, leaf: Json, build: Builder) -> str:
        raise NotImplementedError

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        raise NotImplementedError

    def answer(self, leaf: Json, build: Builder) -> str:
        """SQL of the result where nobody asks for the value."""
        return self.result(leaf, build, in_place(self.value(leaf, build)))

    def shown(self, v: str) -> str:
        """SQL of what "why" gets to see of the value: it is written to the log with every pass."""
        return v

    def events(self, leaf: Json, workspace_id: int) -> Iterable[str]:
        """Names of events whose arrival may change the answer."""
        return ()

    # Keeping segments fresh (profiles.membership).

    untold: ClassVar[bool] = False  # what it reads may change without any news: looked at again now and then

    def reads(self, leaf: Json, workspace_id: int) -> Iterable[tuple[str, str]]:
        """The news that may change the answer: ("event", name), ("attribute", name of the outermost level),
        ("profile", "consents"), or ("profile", "*") for any change of the profile."""
        yield from (("event", name) for name in self.events(leaf, workspace_id))
        if self.of_profile:
            yield "profile", "*"

    def moment(self, leaf: Json, build: Builder, v: str) -> str:
        """SQL of the first moment after `build.now` at which time alone may change the answer (null: none); "" where it
        never does. Too early does no harm. `v` is the SQL of the value."""
        return ""

    # What several segments ask about one thing is looked up once (profiles.membership.look).

    def shared(self, leaf: Json) -> str | None:
        """The same for leaves of this kind that one look answers; None: it is looked up by itself."""
        return None

    def shared_value(self, leaves: Sequence[Json], build: Builder) -> str:
        raise NotImplementedError

    def shared_result(self, leaf: Json, build: Builder, v: str) -> str:
        raise NotImplementedError

    def shared_moment(self, leaf: Json, build: Builder, v: str) -> str:
        raise NotImplementedError

    def guesses(self, leaf: Json) -> bool:
        """Whether time may change the answer at a moment that `moment` does not know."""
        return False

    def of_nobody(self, leaf: Json) -> bool | None:
        """The answer for somebody of whom nothing is known; None: it is not said."""
        return None

    def sentence(self, leaf: Json, workspace: Any) -> str:
        raise NotImplementedError

    def why(self, leaf: Json, value: Any, result: bool, workspace: Any) -> str:
        """What was found, in words."""
        said = self.sentence(leaf, workspace)
        return said if result else _("not: %(what)s") % {"what": said}

    # Editing. A kind without a label is not offered, and its leaves are edited as JSON.

    label: ClassVar[Any] = ""
    order: ClassVar[int] = 100
    keys: ClassVar[tuple[str, ...]] = ()  # the fields of a row

    def empty(self) -> Json:
        """A new leaf, its blanks still to be filled."""
        raise NotImplementedError

    def fields(self, leaf: Json) -> Fields:
        """The texts of the blanks. A leaf that `read` does not give back unchanged is edited as JSON."""
        raise NotImplementedError

    def read(self, found: Fields, known: Known) -> Json:
        raise NotImplementedError

    def posted(self, data: Mapping[str, Any], name: str) -> Fields:
        return dict(fields_of(data, name, self.keys))

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        """The sentence with its blanks."""
        raise NotImplementedError
