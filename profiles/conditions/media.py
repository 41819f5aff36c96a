"""The names of the ways to reach somebody, as conditions say them."""

from django.utils.translation import pgettext


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
