"""One's own machine: `manage.py demo` and development. No setting is a must."""

import os
from pathlib import Path

from config.embedded import running

running.adopt(Path(os.environ.get("GILMOK_VAR") or Path(__file__).resolve().parents[2] / "var"))

from config import secret_key  # noqa: E402
from config.settings.base import *  # noqa: E402

SECRET_KEY = env.text("GILMOK_SECRET_KEY", "") or secret_key.kept_in(VAR / "secret_key")
DEBUG = env.flag("GILMOK_DEBUG", False)
INTERNAL_IPS = ["127.0.0.1", "::1"]

# Straight from static/, without collectstatic.
STATIC_ROOT = None
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
