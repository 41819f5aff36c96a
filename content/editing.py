"""Making and changing contents: the actions behind the pages and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext as _

from content.media.base import ContentMedium
from content.media.registry import media
from content.models import Item, Variant
from content.variants import clean, clean_locale
from workspaces import audit
from workspaces.access import own_teams
from workspaces.actor import Actor
from workspaces.models import Team
from workspaces.roles import grant

MOST_VARIANTS = 30
MOST_NAME = 120
MOST_SLUG = 80


class Conflict(Exception):
    """Somebody else saved meanwhile; `revision` is the one that stands."""

    def __init__(self, revision: int) -> None:
        super().__init__(revision)
        self.revision = revision


@dataclass(frozen=True)
class Changes:
    """What to change; None leaves it. `variants` replaces all of them; `team` is ("",) for none, else (slug,)."""

    name: str | None = None
    slug: str | None = None
    team: tuple[str] | None = None
    default_locale: str | None = None
    variants: Mapping[str, Mapping[str, Any]] | None = None


def create(
    actor: Actor,
    *,
    name: str,
    medium: str,
    team: str,
    now: datetime,
    slug: str = "",
    default_locale: str = "",
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    starter: str = "",
) -> Item:
    """ValidationError by field. Without variants: the starter's, or one that is empty in the default language."""
    kind = medium_of(medium)
    locale = clean_locale(default_locale or actor.workspace.default_locale or "en")
    if not variants:
        begun = kind.starter(starter) if starter else None
        variants = dict(begun.variants) if begun else {locale: {}}
        if locale not in variants:
            locale = next(iter(variants))
    words = clean_variants(kind, variants)
    if locale not in words:
        raise ValidationError({"default_locale": _("There are no words in this language.")})
    item = Item(
        workspace=actor.workspace,
        team=_team(actor, team, None),
        name=clean_name(name),
        medium=kind.kind,
        default_locale=locale,
        created_at=now,
        updated_at=now,
        updated_by=actor.user,
    )
    with transaction.atomic():
        _save_with_slug(item, slug)
        Variant.objects.bulk_create(Variant(item=item, locale=key, data=data) for key, data in words.items())
        grant(item)
        audit.record(actor, "content.created", item, {"medium": item.medium}, at=now)
    return item


def change(actor: Actor, item: Item, revision: int, changes: Changes, now: datetime) -> Item:
    """Conflict when `revision` is no longer the one that stands; then nothing is changed."""
    kind = medium_of(item.medium)
    fields: dict[str, Any] = {}
    if changes.name is not None:
        fields["name"] = clean_name(changes.name)
    if changes.slug is not None:
        fields["slug"] = clean_slug(changes.slug)
        if (
            Item.objects.filter(workspace_id=item.workspace_id, slug=fields["slug"])
            .exclude(pk=item.pk)
            .exists()
        ):
            raise ValidationError({"slug": _("Another content has this short name.")})
    if changes.team is not None:
        fields["team"] = _team(actor, changes.team[0], item)
    words = None if changes.variants is None else clean_variants(kind, changes.variants)
    default = item.default_locale if changes.default_locale is None else clean_locale(changes.default_locale)
    held = words if words is not None else {variant.locale for variant in item.variants.all()}
    if default not in held:
        raise ValidationError({"default_locale": _("There are no words in this language.")})
    fields["default_locale"] = default
    with transaction.atomic():
        done = Item.objects.filter(pk=item.pk, revision=revision, archived_at=None).update(
            revision=F("revision") + 1, updated_at=now, updated_by=actor.user, **fields
        )
        if not done:
            raise Conflict(Item.objects.values_list("revision", flat=True).get(pk=item.pk))
        if words is not None:
            _write_variants(item, words)
        team_before = item.team_id
        item = Item.objects.select_related("team", "updated_by", "workspace").get(pk=item.pk)
        if item.team_id != team_before:
            grant(item)
            audit.record(
                actor, "content.changed", item, {"team": item.team.slug if item.team else ""}, at=now
            )
    return item


def archive(actor: Actor, item: Item, now: datetime) -> None:
    """Out of every list; its short name is free again. What is pinned still goes out; a journey that names it says that
    it is gone."""
    with transaction.atomic():
        if Item.objects.filter(pk=item.pk, archived_at=None).update(
            archived_at=now, slug=_slug_of_the_gone(item)
        ):
            audit.record(actor, "content.archived", item, at=now)


def medium_of(name: str) -> ContentMedium:
    kind = media.get(name)
    if kind is None:
        raise ValidationError(
            {"medium": _("Choose one of: %(choices)s.") % {"choices": ", ".join(k.kind for k in media)}}
        )
    return kind


def clean_variants(kind: ContentMedium, variants: Any) -> dict[str, dict[str, str]]:
    """{"en": {...}}: every field of the medium as text. ValidationError with the place as `variants.en.subject`."""
    if not isinstance(variants, Mapping) or not variants:
        raise ValidationError({"variants": _("At least one language is needed.")})
    if len(variants) > MOST_VARIANTS:
        raise ValidationError({"variants": _("At most %(most)d languages.") % {"most": MOST_VARIANTS}})
    found: dict[str, dict[str, str]] = {}
    errors: dict[str, Any] = {}
    for locale, data in variants.items():
        try:
            tag = clean_locale(locale)
        except ValidationError as error:
            errors[f"variants.{str(locale)[:40]}"] = error.messages
            continue
        if not isinstance(data, Mapping):
            errors[f"variants.{tag}"] = [_("This must be an object of texts.")]
            continue
        try:
            found[tag] = clean(kind.fields, data)
        except ValidationError as error:
            errors |= {f"variants.{tag}.{name}": messages for name, messages in error.message_dict.items()}
    if errors:
        raise ValidationError(errors)
    return found


def clean_name(name: Any) -> str:
    text = " ".join(str(name or "").replace("\x00", "").split())
    if not text:
        raise ValidationError({"name": _("Give it a name.")})
    if len(text) > MOST_NAME:
        raise ValidationError(
            {"name": _("This is too long: %(most)d characters at most.") % {"most": MOST_NAME}}
        )
    return text


def clean_slug(slug: str) -> str:
    text = slugify(slug, allow_unicode=True)
    if not text or text != slug or len(text) > MOST_SLUG:
        raise ValidationError(
            {
                "slug": _("A short name has small letters, digits and hyphens, %(most)d at most.")
                % {"most": MOST_SLUG}
            }
        )
    return text


def _team(actor: Actor, slug: str, item: Item | None) -> Team | None:
    """Only to a team of hers, or to none if she belongs to none or may manage teams; a team it has already stays."""
    if item is not None and (item.team.slug if item.team else "") == slug:
        return item.team
    teams = own_teams(actor)
    if not slug:
        if teams and not actor.can("team.manage"):
            raise ValidationError({"team": _("Choose one of your teams.")})
        return None
    found = next((team for team in teams if team.slug == slug), None)
    if found is None:
        if not Team.objects.filter(workspace=actor.workspace, slug=slug).exists():
            raise ValidationError({"team": _("There is no such team.")})
        raise PermissionDenied(_("You are not in this team."))
    return found


def _save_with_slug(item: Item, wanted: str) -> None:
    """A given slug must be free; one made from the name takes a number where it isn't."""
    if wanted:
        item.slug = clean_slug(wanted)
        if Item.objects.filter(workspace_id=item.workspace_id, slug=item.slug).exists():
            raise ValidationError({"slug": _("Another content has this short name.")})
        item.save()
        return
    base = slugify(item.name, allow_unicode=True)[: MOST_SLUG - 6].strip("-") or "content"
    taken = set(
        Item.objects.filter(workspace_id=item.workspace_id, slug__startswith=base).values_list(
            "slug", flat=True
        )
    )
    for number in range(1, 1000):
        item.slug = base if number == 1 else f"{base}-{number}"
        if item.slug in taken:
            continue
        try:
            with transaction.atomic():
                item.save()
            return
        except IntegrityError:  # somebody was faster with this one
            continue
    raise ValidationError({"name": _("Too many contents have this name.")})


def _slug_of_the_gone(item: Item) -> str:
    return f"{item.slug[:60]}-{item.public_id.hex[:12]}"


def _write_variants(item: Item, words: Mapping[str, Mapping[str, str]]) -> None:
    """Only what differs is written; the order of the languages is that of their making."""
    existing = {variant.locale: variant for variant in item.variants.all()}
    Variant.objects.filter(item=item).exclude(locale__in=words).delete()
    for locale, data in words.items():
        variant = existing.get(locale)
        if variant is None:
            Variant.objects.create(item=item, locale=locale, data=data)
        elif variant.data != data:
            Variant.objects.filter(pk=variant.pk).update(data=data)
