from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "content"

    def ready(self) -> None:
        from channels import rendering
        from content.rendering import ContentRenderer

        rendering.register(ContentRenderer())
