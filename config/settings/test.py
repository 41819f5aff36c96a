"""The tests: real PostgreSQL, real broker (tests/plugin.py starts them), everything else as in production."""

from config.settings.base import *

SECRET_KEY = "only-for-tests-" + "x" * 50
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # noqa: S303 - speed
DATABASES["default"].pop("OPTIONS", None)  # a pool would hold the test database open at its drop
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
AXES_ENABLED = False
LIVE_SECONDS = 2  # a stream must not outlive its test
THROTTLING = False
