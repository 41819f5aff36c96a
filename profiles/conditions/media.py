"""The names of the ways to reach somebody, as conditions say them."""

from typing import Any

from django.utils.translation import pgettext

from profiles.models import Topic


def choices() -> list[tuple[str, str]]:
    return [
        ("email", pgettext("medium", "email")),
        ("sms", pgettext("medium", "text message")),
        ("push", pgettext("medium", "push")),
        ("in_app", pgettext("medium", "in-app message")),
        ("social", pgettext("medium", "social media")),
    ]


def name(medium: str) -> str:
    return dict(choices()).get(medium, medium)


def topic(slug: str, workspace: Any) -> str:
    if workspace is None:
        return slug
    found = Topic.objects.filter(workspace=workspace, slug=slug).first()
    return found.shown_name if found else slug
