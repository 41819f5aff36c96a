"""Logs name what happened and to which row, never a person's name or address."""

from typing import Any

import structlog

from config import env
from lib.log_privacy import hide_addresses

LOG_LEVEL = env.choice("GILMOK_LOG_LEVEL", "info", {"debug", "info", "warning", "error"}).upper()
LOG_FORMAT = env.choice("GILMOK_LOG_FORMAT", "console", {"console", "json"})
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
DJANGO_STRUCTLOG_CELERY_ENABLED = True  # a request's id goes along with the tasks it sends
_before: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso"),
]
_last: list[Any] = [structlog.processors.format_exc_info, hide_addresses]
LOG_RENDERERS: dict[str, list[Any]] = {
    "console": [
        *_last,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
    "json": [*_last, structlog.processors.JSONRenderer(ensure_ascii=False)],
}
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _before,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *LOG_RENDERERS[LOG_FORMAT],
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "axes": {"level": "ERROR"},  # its messages name the address that failed to sign in
        "celery.app.trace": {"level": "WARNING"},  # two lines a tick and task
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},  # a tick that came too late
        "celery.beat": {"level": "WARNING"},
        "django_structlog.celery": {"level": "ERROR"},  # the same tick, once more
        "django_structlog": {"level": "WARNING"},  # "request started": the server's access log has it
        "django.server": {"handlers": [], "propagate": True},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_before[:3],
        *_before[4:],
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
