"""The web process: granian --interface wsgi config.wsgi:application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
os.environ.setdefault(
    "GILMOK_DATABASE_POOL", "16"
)  # before the settings are read: many threads, few connections

from django.core.wsgi import get_wsgi_application

from lib import memory

application = get_wsgi_application()
memory.settle()
