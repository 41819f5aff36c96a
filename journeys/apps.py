from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "journeys"

    def ready(self) -> None:
        from channels import origins
        from journeys import receivers  # noqa: F401 - connects them
        from journeys.origins import JourneyOrigins

        origins.register(JourneyOrigins())
