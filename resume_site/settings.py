"""Settings by environment. Defaults are the embedded world; the README's table names every variable.

Nonsense is refused at start with the variable's name, never repaired silently.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from aws.prices import price_list
from workers.quota.policy import Counts, Policy

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
RUN_DIR = Path(env.str("RUN_DIR", default=str(BASE_DIR / ".run")))
"""Everything that a running service writes in the embedded world: database, media, weights, logs."""


def _choice(name: str, choices: tuple[str, ...], default: str) -> str:
    value: str = env.str(name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: one of {', '.join(choices)}")
    return value


def _at_least(name: str, default: int, least: int) -> int:
    try:
        value: int = env.int(name, default=default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: a whole number is needed") from error
    if value < least:
        raise ImproperlyConfigured(f"{name}={value}: at least {least}")
    return value


def _rate(name: str, default: str) -> str | None:
    value: str = env.str(name, default=default)
    if value == "none":
        return None
    if not re.fullmatch(r"\d{1,9}/(s|sec|second|m|min|minute|h|hour|d|day)", value):
        raise ImproperlyConfigured(f"{name}={value!r}: a rate such as 60/min, or none")
    return value


DEBUG = env.bool("DJANGO_DEBUG", default=False)
# Sessions and tokens of the embedded world live on one machine; `./run` writes a key of its own there.
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="embedded-world-only")
if not SECRET_KEY:
    raise ImproperlyConfigured("DJANGO_SECRET_KEY is empty")
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
WEB_PORT = _at_least("WEB_PORT", 8000, 1)
FLOWER_PORT = _at_least("FLOWER_PORT", 5555, 1)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "aws",
    "workers",
    "accounts",
    "companies",
    "photos",
    "letters",
    "resumes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "resume_site.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "resume_site.urls"
ASGI_APPLICATION = "resume_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{RUN_DIR / 'database.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Several processes write: a write lock taken at BEGIN waits its turn, one taken later fails at once.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        # Less than a lease: a heartbeat that waits for the lock must not lose what it keeps.
        "timeout": 10,
        # What is deleted is overwritten: pictures wait in a table for the file store.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000; "
        "PRAGMA secure_delete=ON;",
    }
    # A file like the real one: the one in memory locks whole tables against other threads at once.
    DATABASES["default"]["TEST"] = {"NAME": str(RUN_DIR / "test.sqlite3")}
elif DATABASES["default"]["ENGINE"] == "django.db.backends.mysql":
    DATABASES["default"]["OPTIONS"] = {
        "charset": "utf8mb4",
        # Seconds. A server that is silent must not hold a heartbeat for longer than a lease lasts. A migration that
        # takes longer wants its own: DATABASE_URL=mysql://…?read_timeout=3600.
        "connect_timeout": 5,
        "read_timeout": 15,
        "write_timeout": 15,
        # Rows are locked, the gaps between them are not: many workers claim, few meet in a deadlock.
        "isolation_level": "read committed",
        # An update by key and state must lock by the key alone: through two indexes at once, two of them lock each
        # other out (index merge intersection, a known cause of deadlocks).
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES', optimizer_switch='index_merge_intersection=off'",
        # The address's own, such as ?unix_socket=/run/mysqld/mysqld.sock.
        **DATABASES["default"].get("OPTIONS", {}),
    }
    # Tables take the database's collation. Two texts must be equal only if they are the same, as in SQLite, and sort
    # by the Unicode Collation Algorithm: utf8mb4_0900_as_cs (MySQL 8), utf8mb4_uca1400_nopad_as_cs (MariaDB 10.10).
    # The price: the admin's search there tells A from a, and MariaDB tells composed Hangul from decomposed.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A connection for each request: under ASGI each has a thread of its own, and idle ones would add up.
DATABASES["default"]["CONN_MAX_AGE"] = 0
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Korean is the source language of every sentence a person reads; `en` is a catalogue.
LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", "한국어"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = RUN_DIR / "static"

# --- account pages: where sign-in leads, where mail goes ------------------------------------------
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "index"
# Without a mail server the embedded world writes its letters to the console.
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="webmaster@localhost")

# --- which world ---------------------------------------------------------------------------------
AI_BACKEND = _choice("AI_BACKEND", ("local", "aws"), "local")
MASK_SCOPE = _choice("MASK_SCOPE", ("face", "head", "person"), "head")

WORLDS = ("local", "aws")
FACE_BACKEND = _choice("FACE_BACKEND", WORLDS, AI_BACKEND)
MASK_BACKEND = _choice("MASK_BACKEND", WORLDS, AI_BACKEND)
OUTPAINT_BACKEND = _choice("OUTPAINT_BACKEND", WORLDS, AI_BACKEND)
LETTER_BACKEND = _choice("LETTER_BACKEND", WORLDS, AI_BACKEND)
# Provider modules by step and world; adding one is a module beside its siblings and a word here.
PROVIDERS = {
    "face": {
        "local": "photos.detection.local.LocalDetector",
        "aws": "photos.detection.rekognition.RekognitionDetector",
    }[FACE_BACKEND],
    "mask": {
        "local": "photos.masking.local.LocalMasker",
        "aws": "photos.masking.sagemaker.SageMakerMasker",
    }[MASK_BACKEND],
    "outpaint": {
        "local": "photos.outpainting.studio.StudioCompositor",
        "aws": "photos.outpainting.bedrock.BedrockOutpainter",
    }[OUTPAINT_BACKEND],
    "letter": {
        "local": "letters.writers.offline.OfflineWriter",
        "aws": "letters.writers.bedrock.BedrockWriter",
    }[LETTER_BACKEND],
}
WEIGHTS_DIR = Path(env.str("WEIGHTS_DIR", default=str(RUN_DIR / "weights")))
OFFLINE_WRITER_CHARACTERS_PER_SECOND = _at_least("OFFLINE_WRITER_CHARACTERS_PER_SECOND", 300, 30)

# --- search over the companies: OpenSearch where it has an address, else an index in memory --------
OPENSEARCH_URL = env.str("OPENSEARCH_URL", default="")
if OPENSEARCH_URL and not re.match(r"https?://[^/]", OPENSEARCH_URL):
    raise ImproperlyConfigured("OPENSEARCH_URL: http(s)://user:password@host:port")
OPENSEARCH_VERIFY_TLS = env.bool("OPENSEARCH_VERIFY_TLS", default=True)
OPENSEARCH_INDEX_PREFIX = env.str("OPENSEARCH_INDEX_PREFIX", default="ai-resume")
COMPANY_SEARCH = (
    "companies.search.opensearch.OpenSearchSearch" if OPENSEARCH_URL else "companies.search.embedded.EmbeddedSearch"
)

# --- files ---------------------------------------------------------------------------------------
MEDIA_ROOT = RUN_DIR / "media"
# Empty: files. Endpoint, region and credentials of the bucket come from boto3's own environment.
AWS_STORAGE_BUCKET_NAME = env.str("AWS_STORAGE_BUCKET_NAME", default="")
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "aws.storage.PrivateBucket"}
    if AWS_STORAGE_BUCKET_NAME
    else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"allow_overwrite": True}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# --- Redis, Celery -------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}


# --- the providers' quotas -----------------------------------------------------------------------
LETTER_TOKENS = 12_000
"""Reserved per letter: up to 1,850 for the prompt without facts, 7,200 for the longest answer, the rest for facts.
Settled when the letter ends."""


def _quota(variable: str, name: str, default: str = "", counts: Counts = Counts.CALLS) -> tuple[Policy, ...]:
    """One policy per minute, or of what runs at once; empty = no limit."""
    value: str = env.str(variable, default=default)
    if not value:
        return ()
    try:
        amount = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable}={value!r}: a number, or empty") from error
    if amount <= 0:
        raise ImproperlyConfigured(f"{variable}={value!r}: more than 0, or empty")
    return (Policy(name, amount, counts=counts),)


QUOTAS = (
    *_quota("QUOTA_BEDROCK_IMAGE_RPM", "bedrock-image", "60"),
    *_quota("QUOTA_BEDROCK_TEXT_RPM", "bedrock-text"),
    *_quota("QUOTA_BEDROCK_TEXT_TPM", "bedrock-text-tokens", counts=Counts.TOKENS),
    *_quota("QUOTA_REKOGNITION_RPM", "rekognition"),
    *_quota("QUOTA_SAM_CONCURRENCY", "sam", counts=Counts.AT_ONCE),
)
# What one call of a step takes of which policy. Nothing in the embedded world: nobody counts there.
STEP_QUOTAS: dict[str, dict[str, float]] = {
    "photos.detect_face": {"rekognition": 1} if FACE_BACKEND == "aws" else {},
    "photos.mask_head": {"sam": 1} if MASK_BACKEND == "aws" else {},
    "photos.outpaint": {"bedrock-image": 1} if OUTPAINT_BACKEND == "aws" else {},
    "letters.write": {"bedrock-text": 1, "bedrock-text-tokens": LETTER_TOKENS} if LETTER_BACKEND == "aws" else {},
}

# --- limits --------------------------------------------------------------------------------------
_daily = env.str("DAILY_RESUMES_PER_PERSON", default="50")
DAILY_RESUMES_PER_PERSON = _rate("DAILY_RESUMES_PER_PERSON", "50/day") if not _daily.isdecimal() else f"{_daily}/day"
"""A number of résumés a day, or a rate, or none."""
API_THROTTLE_ANON = _rate("API_THROTTLE_ANON", "60/min")
API_THROTTLE_USER = _rate("API_THROTTLE_USER", "600/min")
PHOTO_RETENTION_DAYS = _at_least("PHOTO_RETENTION_DAYS", 30, 1)
PHOTO_LARGEST_BYTES = 20 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- what one client may hold of a web process: docs/decisions/0012 says why ----------------------
REQUEST_HEAD_BYTES = 32 * 1024
"""Of the request line and the headers together."""
REQUEST_HEAD_SECONDS = 10.0
"""From the connection, or the answer before, to the last header."""
BODY_BYTES = int(1.1 * 1024 * 1024)
UPLOAD_BODY_BYTES = PHOTO_LARGEST_BYTES + 1024 * 1024
"""Of a request that brings a photo: the photo and its form."""
BODY_PIECE_BYTES = 128 * 1024
BODY_PIECE_SECONDS = 15.0
"""So long may each piece of a body take, and its last bytes too: 9 KB a second, a very slow phone."""
BODY_SECONDS = 300.0
"""So long may a whole body take."""
BODIES_AT_ONCE = 500
"""Requests of one process whose body is still coming; the next one is answered with 503."""
BODY_UNRESERVED_BYTES = 128 * 1024
"""The beginning of each body, which is always taken: small requests are served while photos wait for room."""
BODIES_RESERVED_BYTES = 96 * 1024 * 1024
"""What the bodies of one process that are longer may come to, until each has its answer. Parsing and decoding a photo
holds it about four times over."""
BODY_ROOM_SECONDS = 30.0
"""So long may a body wait for room among the others before it is answered with 503."""
REFUSED_BODY_SECONDS = 2.0
"""So long is a refused body read and thrown away: a connection that is closed with unread bytes loses its answer."""
RESPONSE_STALL_SECONDS = 60.0
"""So long may a client take none of its answer, or of its event stream, before it is cut off."""
CONNECTIONS_AT_ONCE = 4096
"""Of one process, event streams among them; fewer where the system allows fewer open files."""

# Uploads lie in memory alone: a file would stay behind, with the place where the photo was taken, when the process is
# killed. `resume_site.bodies` bounds them before Django reads them.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_BODY_BYTES

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.NeverRefused",
    # Of every view that does not say otherwise, the public ones above all.
    "DEFAULT_THROTTLE_CLASSES": ["api.throttles.AnonymousThrottle", "api.throttles.UserThrottle"],
    "DEFAULT_PARSER_CLASSES": [
        "api.parsers.BoundedJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    # A made-up X-Forwarded-For must not escape the throttles; the server in front sets the client's address.
    "NUM_PROXIES": 0,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.exceptions.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AI Resume",
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}
UNFOLD = {"SITE_TITLE": "AI Resume", "SITE_HEADER": "AI Resume"}

# Who may read /metrics from elsewhere; empty: nobody but this machine and signed-in staff.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# What all workers together do at once, by queue; `./run` and docker-compose.yml start as many threads.
WORKERS = {
    "at_once": {
        # On-device models compute, one picture at a time; providers are waited for.
        "photos": _at_least(
            "PHOTO_WORKERS_AT_ONCE", 1 if "local" in (FACE_BACKEND, MASK_BACKEND, OUTPAINT_BACKEND) else 32, 1
        ),
        "letters": _at_least("LETTER_WORKERS_AT_ONCE", 16, 1),
        "default": 4,
    },
    "worker_silence": timedelta(seconds=_at_least("WORKER_SILENCE_SECONDS", 20, 2)),
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A message that cannot be sent now is sent by admission later; a request must not wait for the broker.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 10,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
# Early acknowledgement on purpose: leases bring lost work back, the broker's visibility timeout never does.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"photos.*": {"queue": "photos"}, "letters.*": {"queue": "letters"}}
CELERY_TIMEZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(processName)s %(name)s %(message)s"}},
    "filters": {"without_frequent_tasks": {"()": "resume_site.log_filters.WithoutFrequentTasks"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "celery.worker.strategy": {"filters": ["without_frequent_tasks"]},
        "celery.app.trace": {"filters": ["without_frequent_tasks"]},
    },
}

# --- AWS world -----------------------------------------------------------------------------------
# Credentials, endpoints and the region come from boto3's own environment; only what it has no word for is here.
BEDROCK_REGION = env.str("BEDROCK_REGION", default="")
SAM_ENDPOINT_NAME = env.str("SAM_ENDPOINT_NAME", default="ai-resume-sam")
# The picture's name in the endpoint's request; deploy/sagemaker_sam knows "encode_image" alone.
SAM_IMAGE_FIELD = env.str("SAM_IMAGE_FIELD", default="encode_image")
BEDROCK_IMAGE_MODEL_ID = env.str("BEDROCK_IMAGE_MODEL_ID", default="us.stability.stable-image-inpaint-v1:0")
# Empty: by the model's id. To be set only for an id that does not tell, such as a provisioned model's.
BEDROCK_IMAGE_DIALECT = _choice("BEDROCK_IMAGE_DIALECT", ("", "stability", "titan", "nova"), "")
BEDROCK_TEXT_MODEL_ID = env.str("BEDROCK_TEXT_MODEL_ID", default="global.anthropic.claude-sonnet-5")
BEDROCK_TEXT_READ_SECONDS = _at_least("BEDROCK_TEXT_READ_SECONDS", 45, 1)
"""Of a writer's silence, before the first text or between two pieces: more than a busy model thinks, less than people
wait."""
# Whose end of life `manage.py check_models` asks for, by the variable that names each.
BEDROCK_MODELS: dict[str, str] = {
    **({"BEDROCK_IMAGE_MODEL_ID": BEDROCK_IMAGE_MODEL_ID} if OUTPAINT_BACKEND == "aws" else {}),
    **({"BEDROCK_TEXT_MODEL_ID": BEDROCK_TEXT_MODEL_ID} if LETTER_BACKEND == "aws" else {}),
}
try:
    PRICES = price_list(env.str("PRICES", default=""))
except ValueError as error:
    raise ImproperlyConfigured(f"PRICES: {error}") from error
