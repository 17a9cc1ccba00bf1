# SPDX-License-Identifier: EUPL-1.2
"""Django's settings, made from Stadtkern's own; nothing here reads the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from psycopg import conninfo

from stadtkern.city import languages
from stadtkern.core import folders
from stadtkern.core import settings as core_settings
from stadtkern.web import accounts

_settings = core_settings.load()
_here = Path(__file__).parent
_public = urlsplit(_settings.base_url)

PUBLIC_URL = _settings.base_url
# Where MQTT is spoken, for publishers and for subscribers, and what its topics begin with; None without it.
MQTT_ENDPOINTS, MQTT_PREFIX = _settings.mqtt_endpoints, _settings.mqtt_prefix
PUSH = _settings.push
PUSH_ALLOWED = BASEMAP_ALLOWED = _settings.fetch_allowed
BASEMAP, BASEMAP_BY = _settings.basemap, _settings.basemap_by
BASEMAP_FOLDER = _settings.data / "cache" / "basemap"
PAGES_DATABASE_URL = _settings.database_url or ""
ASSETS_FOLDER = _here / "assets"

SECRET_KEY = _settings.signing_key()
DEBUG = False
# Links are made from PUBLIC_URL and redirects are relative: the Host header decides nothing.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "stadtkern.web.urls"
ASGI_APPLICATION = "stadtkern.web.asgi.application"
INSTALLED_APPS = [
    "stadtkern.identity",  # before allauth, whose templates it replaces
    "django.contrib.contenttypes",
    "django.contrib.auth",
    *accounts.apps(_settings),
    "stadtkern.ui",
    "stadtkern.catalogue",
    "stadtkern.governance",
    "stadtkern.insights",
    "stadtkern.web",
]
MIDDLEWARE = [
    "stadtkern.web.headers.headers",
    "stadtkern.web.headers.compressed",
    "csp.middleware.CSPMiddleware",
    "stadtkern.web.language.from_path",
    "stadtkern.identity.middleware.sessions",
    "stadtkern.identity.middleware.csrf",
    "stadtkern.web.people.recognised",
    "allauth.account.middleware.AccountMiddleware",
    "stadtkern.web.errors.problems_as_pages",
]
APPEND_SLASH = False
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "stadtkern.ui.context.page",
                "stadtkern.identity.context.ways_in",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "stadtkern.ui.templatetags.ui",
                "stadtkern.ui.templatetags.parts",
                "stadtkern.identity.templatetags.people",
                "stadtkern.insights.templatetags.atlas",
                "stadtkern.insights.templatetags.series",
                "stadtkern.catalogue.templatetags.inventory",
                "stadtkern.catalogue.templatetags.listing",
            ],
        },
    }
]


def _database(url: str) -> dict[str, Any]:
    """Django's own tables live in the schema `web`."""
    parts = conninfo.conninfo_to_dict(url) if url else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", "postgres"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": str(parts.pop("port", "")),
        "OPTIONS": {**parts, "options": "-c search_path=web -c timezone=UTC"},
    }


DATABASES = {"default": _database(PAGES_DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits of rate are counted here; more entries than anybody can make within their minutes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# Large uploads wait beside the data: there is room for them, and nobody else can read there.
FILE_UPLOAD_TEMP_DIR = folders.arriving(_settings.data)
FILE_UPLOAD_PERMISSIONS = 0o600

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English"), (languages.EASY, "Leichte Sprache")]
LOCALE_PATHS = [_here / "locale"]
STATIC_URL = "/assets/"

SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_AGE = _settings.session_hours * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
CSRF_FAILURE_VIEW = "stadtkern.web.errors.forged"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
LOGGING_CONFIG = None

globals().update(accounts.settings(_settings))

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
