"""The tests: real PostgreSQL, real broker (tests/plugin.py starts them), everything else as in production."""

import os
import tempfile
from pathlib import Path

from config.settings.base import *

SECRET_KEY = "only-for-tests-" + "x" * 50
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["OPTIONS"].pop("pool", None)  # a pool would hold the test database open at its drop
DATABASES["default"]["CONN_MAX_AGE"] = 0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
AXES_ENABLED = False
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"user": None, "anon": None}
HTTP_ALLOWED_HOSTS = ["127.0.0.1", "localhost"]  # the tests' own servers
LIVE_SECONDS = 2  # a stream must not outlive its test
if "GILMOK_UPLOADS" not in os.environ:
    UPLOADS = Path(tempfile.gettempdir()) / "gilmok-test-uploads"
SOURCE_NOTES_SECONDS = 0  # no thread that writes behind a test: those that want the figures call flush
CATALOGUE_SECONDS = 0
