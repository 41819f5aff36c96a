"""A content as one person would get it: what the editor, the list and the API show. Nothing is sent or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.template.loader import render_to_string

from content.media.registry import media
from content.personalise import Draft, RenderError, render_message
from content.variants import choose
from profiles import masking
from profiles.models import Profile
from workspaces.actor import Actor
from workspaces.models import Workspace

# Shown by the browser with nothing but its own styles and pictures.
POLICY = (
    "default-src 'none'; img-src https: http: data:; style-src 'unsafe-inline'; font-src https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)


@dataclass(frozen=True)
class Preview:
    """`data` is empty where there is an `error`."""

    data: Mapping[str, str]
    locale: str
    error: RenderError | None = None


def render(draft: Draft, locale: str, variables: Mapping[str, Any]) -> Preview:
    try:
        found = render_message(draft, locale, variables)
    except RenderError as error:
        return Preview({}, choose(draft.variants, locale, draft.default_locale) or locale, error)
    return Preview(found.data, found.locale)


def variables_for(
    workspace: Workspace,
    person: Mapping[str, Any] | None = None,
    *,
    entry: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "person": dict(person or {}),
        "entry": dict(entry or {}),
        "context": dict(context or {}),
        "workspace": {"name": workspace.name, "time_zone": workspace.time_zone},
        "unsubscribe_url": f"{settings.BASE_URL}/u/preview",
        "view_url": f"{settings.BASE_URL}/w/preview",
    }


def person_of(actor: Actor, profile: Profile) -> dict[str, Any]:
    """Her attributes as a template has them, without what the reader may not see: a preview says who is chosen, and
    what is sensitive is nobody's affair. Contact details stand in it for those who may see them."""
    return masking.person(profile, masking.masker(actor, contacts=True))


def page(medium: str, preview: Preview, workspace: Model, *, dark: bool = False) -> str:
    """The document of the frame."""
    kind = media.get(medium)
    if kind is None:
        return ""
    return render_to_string(kind.preview_template, {"preview": preview, "workspace": workspace, "dark": dark})
