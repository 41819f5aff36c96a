"""The language of pages that customers see: the one their message was in, as far as the product speaks it."""

from django.conf import settings

from channels.models import Message


def language_of(message: Message) -> str:
    language = message.locale.lower().replace("_", "-").partition("-")[0]
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
