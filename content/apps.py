from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "content"

    def ready(self) -> None:
        from channels import rendering
        from content.rendering import ContentRenderer
        from content.uses import provider
        from profiles.catalogue import uses

        rendering.register(ContentRenderer())
        uses.register(provider)
