from django.apps import AppConfig


class Assembly(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import request_log  # noqa: F401 - listens to requests
