"""What every installation shares. Values that differ come from the environment, through config.env.

docs/settings.md lists every GILMOK_ variable.
"""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE

from config import env
from config.settings.logs import *

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(env.text("GILMOK_VAR", str(ROOT / "var"))).resolve()
VERSION = "0.1.0"

SECRET_KEY = ""  # dev.py and production.py say where it comes from
DEBUG = False
PRODUCTION = False  # `manage.py doctor` asks more of an installation for the world
BASE_URL = env.web_address(
    "GILMOK_BASE_URL", "http://127.0.0.1:8000"
)  # as the world, mails included, sees it
ALLOWED_HOSTS = env.words("GILMOK_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "guardian",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_vite",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "template_partials",
    "config",
    "workspaces",
    "profiles",
    "channels",
    "content",
    "journeys",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "workspaces.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets may have templates of ours
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workspaces.context.shell",
            ]
        },
    }
]

# Rows

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("GILMOK_DATABASE_URL", "postgresql://gilmok:gilmok@127.0.0.1:5432/gilmok")
}
# A transaction that waits for nothing holds back vacuum, and a host that died holds its locks. Batches are short:
# compiling a statement takes longer than running it, and so does planning it for a single person: the engine's
# (lib.fast_sql) are planned once a connection for any number of people. A connection lives for a minute, so that no
# plan outlives by much the sizes of tables it was made for.
PLANS_LIVE = 60
DATABASES["default"]["OPTIONS"] = {
    "options": "-c idle_in_transaction_session_timeout=120s -c jit=off -c plan_cache_mode=force_generic_plan"
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
    "prepare_threshold": 2 if env.flag("GILMOK_DATABASE_PREPARE", True) else None,
}
# config.wsgi asks for a pool: many threads, few connections. Workers and commands keep one connection each.
if pool := env.integer("GILMOK_DATABASE_POOL", 0, high=1000):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": pool,
        "timeout": 10,
        "max_lifetime": PLANS_LIVE,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = PLANS_LIVE
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Each process counts and remembers for itself: nothing that must be right may live here.
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Who may come in

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ANONYMOUS_USER_NAME = None  # guardian: nobody who is not signed in has rights
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

PROXIES = env.integer(
    "GILMOK_PROXIES", 0, high=10
)  # reverse proxies in front, each adding to X-Forwarded-For
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "workspaces.refusals.locked_out"
AXES_USERNAME_FORM_FIELD = "username"  # what the sign-in form calls it; axes would look for "email"
AXES_IPWARE_PROXY_COUNT = PROXIES or None
AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"] if PROXIES else ["REMOTE_ADDR"]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "gilmok_session", "gilmok_csrf"
SESSION_COOKIE_AGE = 14 * 24 * 3600

# What a page may do. Scripts come from files of our own and from nowhere else. Styles and pictures are laxer
# because a mail's preview, in its sandboxed frame, inherits this policy.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:", "https:", "http:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Words

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
LOCALE_PATHS = [ROOT / "locale"]
LANGUAGE_COOKIE_NAME = "gilmok_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # the process's zone, log lines too; people's zones are data

# Files. Vite has already put a hash into the names under dist/assets.

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = VAR / "static"
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_ROOT = VAR / "media"
# Files on their way in. Web processes and workers share the folder.
UPLOADS = Path(env.text("GILMOK_UPLOADS", str(VAR / "uploads"))).resolve()
UPLOAD_LIMIT = env.integer("GILMOK_UPLOAD_LIMIT_MB", 20_480, low=1, high=1_000_000) * 2**20
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/dist/assets/"
DJANGO_VITE = {
    "default": {"manifest_path": ROOT / "static" / "dist" / "manifest.json", "static_url_prefix": "dist"}
}

# The API

API_RATE = env.rate("GILMOK_API_RATE", "1200/min")
ANONYMOUS_RATE = env.rate("GILMOK_ANONYMOUS_RATE", "300/min")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "workspaces.api_auth.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "workspaces.scopes.WithinScopes",
    ],
    "DEFAULT_PARSER_CLASSES": ["lib.api_json.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "lib.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "workspaces.throttling.UserThrottle",
        "workspaces.throttling.AnonymousThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"user": API_RATE, "anon": ANONYMOUS_RATE},
    "NUM_PROXIES": PROXIES,
    "EXCEPTION_HANDLER": "lib.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gilmok",
    "DESCRIPTION": "Customer journeys: people, contents, journeys and messages.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/(api/)?v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
}

# Outgoing HTTP (lib.http) refuses addresses inside the network but for these `host` or `host:port`.
HTTP_ALLOWED_HOSTS = env.words("GILMOK_HTTP_ALLOWED_HOSTS")

LATENESS_DAYS = env.integer("GILMOK_LATENESS_DAYS", 30, low=1, high=3650)  # older events start nothing

CATALOGUE_SECONDS = 5.0  # how often a process writes down how often names came (profiles/catalogue/tally.py)
SOURCE_NOTES_SECONDS = (
    0.8  # how often a process that takes calls in writes down how many (profiles/source_notes.py)
)

METRICS_TOKEN = env.token("GILMOK_METRICS_TOKEN")  # without one, /metrics is not there

LIVE_SECONDS = 55  # how long one server-sent-events answer lasts; the browser comes back by itself

# Celery: config/celery.py has the clock; tasks carry nudges only, so nothing is lost with the broker.

CELERY_BROKER_URL = env.broker("GILMOK_BROKER_URL", "redis://127.0.0.1:6379/0")
# What web processes count together (rate limits). RabbitMQ is no cache: there each counts for itself.
CACHE_URL = env.cache("GILMOK_CACHE_URL", CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else "")
CACHES["shared"] = (
    {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "gilmok",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shared"}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
if CELERY_BROKER_URL.startswith("redis"):
    # kombu's own defaults bring the messages of a killed worker back after 91 s; these after some 10 s.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 600,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 3,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = CELERY_EVENT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
