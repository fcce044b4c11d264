"""Settings by environment. Defaults are the embedded world; the README's table names every variable.

Nonsense is refused at start with the variable's name, never repaired silently.
"""

from __future__ import annotations

import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
RUN_DIR = BASE_DIR / ".run"
"""Everything that a running service writes in the embedded world: database, media, weights, logs."""

env = environ.Env()


def _choice(name: str, choices: tuple[str, ...], default: str) -> str:
    value = env.str(name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: one of {', '.join(choices)}")
    return value


def _at_least(name: str, default: int, least: int) -> int:
    try:
        value = env.int(name, default=default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: a whole number is needed") from error
    if value < least:
        raise ImproperlyConfigured(f"{name}={value}: at least {least}")
    return value


def _rate(name: str, default: str) -> str | None:
    value = env.str(name, default=default)
    if value == "none":
        return None
    if not re.fullmatch(r"\d+/(s|sec|second|m|min|minute|h|hour|d|day)", value):
        raise ImproperlyConfigured(f"{name}={value!r}: a rate such as 60/min, or none")
    return value


DEBUG = env.bool("DJANGO_DEBUG", default=False)
# Sessions and tokens of the embedded world live on one machine; `./run` writes a key of its own there.
SECRET_KEY = env.str("DJANGO_SECRET_KEY", default="embedded-world-only" if "DJANGO_SECRET_KEY" not in env.ENVIRON else "")
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
    "django.middleware.common.CommonMiddleware",
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
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.mysql":
    DATABASES["default"]["OPTIONS"] = {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        "init_command": "SET sql_mode='STRICT_TRANS_TABLES'",
    }
DATABASES["default"]["CONN_MAX_AGE"] = 60
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

# --- which world ---------------------------------------------------------------------------------
AI_BACKEND = _choice("AI_BACKEND", ("local", "aws"), "local")
FACE_BACKEND = _choice("FACE_BACKEND", ("local", "aws"), AI_BACKEND)
MASK_BACKEND = _choice("MASK_BACKEND", ("local", "aws"), AI_BACKEND)
OUTPAINT_BACKEND = _choice("OUTPAINT_BACKEND", ("local", "aws"), AI_BACKEND)
LETTER_BACKEND = _choice("LETTER_BACKEND", ("local", "aws"), AI_BACKEND)
MASK_SCOPE = _choice("MASK_SCOPE", ("face", "head", "person"), "head")

# Provider modules by step and world; adding one is a module beside its siblings and a line here.
PROVIDERS = {
    "face": {"local": "photos.detection.local.LocalDetector"}[FACE_BACKEND] if FACE_BACKEND == "local" else "",
    "mask": {"local": "photos.masking.local.LocalMasker"}[MASK_BACKEND] if MASK_BACKEND == "local" else "",
    "outpaint": {"local": "photos.outpainting.studio.StudioCompositor"}[OUTPAINT_BACKEND]
    if OUTPAINT_BACKEND == "local"
    else "",
    "letter": {"local": "letters.writers.offline.OfflineWriter"}[LETTER_BACKEND] if LETTER_BACKEND == "local" else "",
}
WEIGHTS_DIR = Path(env.str("WEIGHTS_DIR", default=str(RUN_DIR / "weights")))
OFFLINE_WRITER_CHARACTERS_PER_SECOND = _at_least("OFFLINE_WRITER_CHARACTERS_PER_SECOND", 300, 1)
COMPANY_SEARCH = "companies.search.embedded.EmbeddedSearch"

# --- files ---------------------------------------------------------------------------------------
MEDIA_ROOT = RUN_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- Redis, Celery -------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")

# --- limits --------------------------------------------------------------------------------------
DAILY_RESUMES_PER_PERSON = _at_least("DAILY_RESUMES_PER_PERSON", 50, 1)
API_THROTTLE_ANON = _rate("API_THROTTLE_ANON", "60/min")
API_THROTTLE_USER = _rate("API_THROTTLE_USER", "600/min")
PHOTO_RETENTION_DAYS = _at_least("PHOTO_RETENTION_DAYS", 30, 1)
PHOTO_LARGEST_BYTES = 20 * 1024 * 1024
PHOTO_LARGEST_PIXELS = 50_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "resume_site.problems.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AI Resume",
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
}
UNFOLD = {"SITE_TITLE": "AI Resume", "SITE_HEADER": "AI Resume"}
