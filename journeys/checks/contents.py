"""What the messages of a journey say: languages that are missing, tokens that leave a gap for some people."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from content import pinning
from content.check import tokens_without_fallback
from content.media.registry import media
from content.models import Item
from content.variants import choose
from journeys.checks.draft import Draft
from journeys.checks.entering import Brought
from journeys.document import fixes
from journeys.document.problem import Problem
from journeys.document.roads import Stop
from journeys.document.shape import escape
from workspaces.models import Workspace

SAMPLE = 1000  # so many of the newest people say whether an attribute is always there
ALWAYS = {"email": "person.email", "sms": "person.phone"}  # who has none gets no such message
Tokens = dict[str, None]  # "person.first_name", in order


def problems(draft: Draft, workspace: Workspace, brought: Brought) -> Iterator[Problem]:
    items = _items(draft, workspace)
    shown = {slug: _tokens(item) for slug, item in items.items()}
    written = {key: list(_texts(stop)) for key, stop in draft.roads.stops.items()}
    asked = {token for tokens in shown.values() for token in tokens}
    asked |= {token for texts in written.values() for _place, tokens in texts for token in tokens}
    gaps = Gaps(draft, workspace, brought, asked)
    languages = _languages(items.values(), workspace)
    for key, stop in draft.roads.stops.items():
        item = items.get(_slug(stop))
        if item is not None:
            yield from _missing(key, item, languages)
            tokens = [t for t in shown[item.slug] if t != ALWAYS.get(item.medium) and gaps.at(key, t)]
            if tokens:
                text = _("“%(content)s” shows %(tokens)s without a fallback, and some people don't have it.")
                words = {"content": item.name, "tokens": ", ".join(tokens[:5])}
                yield Problem("warning", "no_fallback", text % words, key, "content", _open(item))
        for place, found in written[key]:
            if tokens := [token for token in found if gaps.at(key, token)]:
                text = _("%(tokens)s has no fallback here, and some people don't have it.")
                words = {"tokens": ", ".join(tokens[:5])}
                yield Problem("warning", "no_fallback", text % words, key, place)


class Gaps:
    """Whether somebody who comes to a step may have no value for a token."""

    def __init__(self, draft: Draft, workspace: Workspace, brought: Brought, tokens: set[str]) -> None:
        self.draft, self.brought = draft, brought
        names = sorted({token.split(".")[1] for token in tokens if token.startswith("person.")})
        self.full = _always_there(workspace, names) if names else set()
        self._before: dict[str, set[str]] = {}

    def at(self, key: str, token: str) -> bool:
        root, name = token.split(".")[:2]
        if root == "person":
            return name not in self.full
        if root == "entry":
            lack, _never = self.brought.lacking(name, self.draft.roads.triggers_of.get(key, frozenset()))
            return bool(lack)
        roads = self.draft.roads
        if key not in self._before:
            self._before[key] = roads.behind([key])
        writers = {step for step in self._before[key] if roads.stops[step].writes(name)}
        return not roads.tired and (not writers or roads.enters_around(key, writers))


def _items(draft: Draft, workspace: Workspace) -> dict[str, Item]:
    slugs = {slug for stop in draft.roads.stops.values() if (slug := _slug(stop))}
    if not slugs:
        return {}
    rows = Item.objects.filter(workspace=workspace, slug__in=slugs, archived_at=None)
    return {item.slug: item for item in rows.prefetch_related("variants")}


def _slug(stop: Stop) -> str:
    found = getattr(stop.settings, "content", "") if stop.known and stop.sends else ""
    return found if isinstance(found, str) else ""


def _tokens(item: Item) -> Tokens:
    kind = media.get(item.medium)
    fields = [field.name for field in kind.fields if field.template] if kind else []
    return {
        token: None
        for data in pinning.words(item).values()
        for name in fields
        for token in tokens_without_fallback(str(data.get(name, "")))
        if token.count(".") >= 1
    }


def _texts(stop: Stop) -> Iterator[tuple[str, Tokens]]:
    """(field, tokens) of the templates in a step's own settings."""
    if not stop.known:
        return
    open_: list[tuple[str, Any]] = [(escape(name), value) for name, value in stop.step.settings.items()]
    while open_:
        place, value = open_.pop()
        if isinstance(value, str):
            if tokens := {token: None for token in tokens_without_fallback(value) if "." in token}:
                yield place, tokens
        elif isinstance(value, Mapping):
            open_ += [(f"{place}/{escape(name)}", inner) for name, inner in value.items()]
        elif isinstance(value, list):
            open_ += [(f"{place}/{i}", inner) for i, inner in enumerate(value)]


_ALWAYS_THERE = """
with few as (
    select attributes from profiles_profile
    where workspace_id = %s and erased_at is null and merged_into_id is null order by id desc limit %s
)
select n.name from unnest(%s::text[]) n(name)
where exists (select from few) and not exists (select from few where coalesce(attributes ->> n.name, '') = '')
"""


def _always_there(workspace: Workspace, names: list[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_ALWAYS_THERE, [workspace.pk, SAMPLE, names])
        return {row[0] for row in cursor.fetchall()}


def _languages(items: Any, workspace: Workspace) -> dict[str, set[str]]:
    """By language the contents that have it; the workspace's own is wanted of all."""
    found: dict[str, set[str]] = defaultdict(set)
    found[_base(workspace.default_locale)] = set()
    for item in items:
        for locale in pinning.words(item):
            found[_base(locale)].add(item.slug)
    return found


def _missing(key: str, item: Item, languages: Mapping[str, set[str]]) -> Iterator[Problem]:
    words = pinning.words(item)
    for language in sorted(languages):
        chosen = choose(words, language, item.default_locale)
        if chosen is not None and _base(chosen) != language:
            text = _("“%(content)s” has no words in %(language)s: people get %(other)s.")
            names = {"content": item.name, "language": _called(language), "other": _called(_base(chosen))}
            yield Problem("warning", "missing_language", text % names, key, "content", _open(item))


def _open(item: Item) -> fixes.Fix:
    return {"label": _("Open the content"), "url": reverse("content:editor", args=[item.public_id])}


def _base(locale: str) -> str:
    return locale.replace("_", "-").split("-")[0].lower()


def _called(language: str) -> str:
    try:
        return str(get_language_info(language)["name_translated"])
    except KeyError:
        return language
