"""Where a topic is used: asked before it is archived. Packages above answer.

topic_uses.register(provider)     # (workspace_id, slug) -> [(title, url), ...]
"""

from collections.abc import Callable

Use = tuple[str, str]
Provider = Callable[[int, str], list[Use]]
_providers: list[Provider] = []


def register(provider: Provider) -> None:
    if provider not in _providers:
        _providers.append(provider)


def of(workspace_id: int, slug: str) -> list[Use]:
    return [use for provider in _providers for use in provider(workspace_id, slug)]
