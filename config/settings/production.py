"""For the world. Refuses to start without the settings that must not be guessed."""

from config.settings.base import *

PRODUCTION = True
SECRET_KEY = env.secret_key("GILMOK_SECRET_KEY")
env.text("GILMOK_DATABASE_URL")
env.text("GILMOK_BROKER_URL")
env.text("GILMOK_BASE_URL")
ALLOWED_HOSTS = env.words("GILMOK_ALLOWED_HOSTS", env.host_of(BASE_URL))
LOG_FORMAT = env.choice("GILMOK_LOG_FORMAT", "json", {"console", "json"})
LOGGING["formatters"]["structured"]["processors"][1:] = LOG_RENDERERS[LOG_FORMAT]

if BASE_URL.startswith("https://"):
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_SSL_REDIRECT = env.flag("GILMOK_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    if PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
