"""Every setting of the site, read from the environment (docs/configuration.md lists them).

Importing this file starts nothing and needs no server: mypy and the supervisor do it too.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from arbvault import policies, unfold
from arbvault.cache_config import cache_config
from arbvault.database.config import database_config
from arbvault.disk import spoken_as
from arbvault.env import Environment
from arbvault.log_config import logging_config
from arbvault.ports import sandbox_port
from arbvault.postgres import Cluster
from arbvault.secret_key import kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR / ".env")

# --- where things are -----------------------------------------------------------------------------

ARBVAULT_VAR = Path(env.text("ARBVAULT_VAR", str(BASE_DIR / "var"))).expanduser().resolve()
DEBUG = env.flag("DEBUG", default=False)
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, low=1, high=65535)
WEB_WORKERS = env.integer("WEB_WORKERS", min(4, os.cpu_count() or 1), low=1, high=64)
WEB_THREADS = env.integer("WEB_THREADS", 8, low=1, high=64)
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOG_FORMAT = env.choice("LOG_FORMAT", "text", ("text", "json"))
LOG_REQUESTS = env.flag("LOG_REQUESTS", default=LOG_FORMAT == "json")


with spoken_as(ImproperlyConfigured, every=True):
    SECRET_KEY = env.secret("SECRET_KEY") or kept_secret(ARBVAULT_VAR / "secret-key")
# Former keys: what they have signed or sealed is still understood.
SECRET_KEY_FALLBACKS = list(env.values("SECRET_KEY_FALLBACKS"))


def _reachable_names() -> tuple[str, ...]:
    """The names this machine answers to; without ALLOWED_HOSTS only these are served."""
    names = ["localhost", "127.0.0.1", "[::1]", HOST]
    if HOST in {"0.0.0.0", "::"}:  # noqa: S104 # nosec B104 # a comparison
        names.append(socket.gethostname())
        with suppress(OSError):
            names += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)]
    return tuple(dict.fromkeys(names))


ALLOWED_HOSTS = env.values("ALLOWED_HOSTS", _reachable_names())
CSRF_TRUSTED_ORIGINS = env.values("CSRF_TRUSTED_ORIGINS")
HTTPS = env.flag("HTTPS", default=any(o.startswith("https://") for o in CSRF_TRUSTED_ORIGINS))

# --- Django ---------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates it replaces
    "django.contrib.admin",
    "arbvault",  # before auth and django-q, whose `createsuperuser` and `qcluster` it replaces
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_q",
    "csp",
    "django_htmx",
    "lucide",
    "ninja",  # its documentation page, from our own static files
    # Their tables and building blocks; none of their pages, and nothing at all until configured
    # (docs/sign-in.md). Always here, so that switching them on changes no table.
    "arbvault.sign_in.AccountConfig",
    "allauth.socialaccount",
    "allauth.mfa",
    "discovery",
    "analytics",
]

MIDDLEWARE = [
    "arbvault.request_ids.request_ids",  # first: whatever the others log carries the id
    "arbvault.middleware.ProxyMiddleware",  # the others see the client's address and scheme
    "arbvault.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A page of results repeats itself: compressed, a tenth travels. Tokens are masked and the
    # length is padded, so that it betrays no secret (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "arbvault.middleware.ContentSecurityPolicyMiddleware",
    "arbvault.texts.StorableTextMiddleware",  # before all that reads what was sent
    "arbvault.middleware.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "arbvault.middleware.BodySizeMiddleware",  # before all that reads a body
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "arbvault.sessions.AuthenticationMiddleware",
    "arbvault.middleware.LoginRequiredMiddleware",
    "arbvault.middleware.ReadOnlyMiddleware",
    "arbvault.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "arbvault.middleware.SignInMiddleware",  # last: it turns a refusal into the answer
]

ROOT_URLCONF = "arbvault.urls"
WSGI_APPLICATION = "arbvault.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    }
]

STATIC_URL = "static/"
# Named, it is a folder that somebody else fills, as the image's is.
STATIC_IS_OURS = not env.has("STATIC_ROOT")
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(ARBVAULT_VAR / "static")))
STATICFILES_DIRS = [path for path in (BASE_DIR / "static",) if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "arbvault.storage.HashedStaticFilesStorage"
        )
    },
}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
MEDIA_ROOT = ARBVAULT_VAR / "media"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "Europe/Paris")  # for display; all that is stored is UTC
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE

# --- data -----------------------------------------------------------------------------------------

# None when DATABASE_URL says where the database is. Processes that use it must call
# `arbvault.postgres.attach` first: manage.py and wsgi.py do.
EMBEDDED_POSTGRES = None if env.has("DATABASE_URL") else Cluster(ARBVAULT_VAR / "postgres")
DATABASE_URL = EMBEDDED_POSTGRES.url if EMBEDDED_POSTGRES else env.text("DATABASE_URL")
# 0: one connection a thread. The pool suits the web server alone (wsgi.py asks for it): it must
# not be inherited by the processes the queue forks.
DATABASE_POOL_SIZE = env.integer("DATABASE_POOL_SIZE", 0, high=200)
# A pooler in between is seen, and then nothing is prepared (arbvault/database): off is for one that
# hides.
DATABASE_PREPARE = env.flag("DATABASE_PREPARE", default=True)


DATABASES = {
    "default": database_config(DATABASE_URL, prepare=DATABASE_PREPARE, pool_size=DATABASE_POOL_SIZE)
}

# Made at night by the task queue; the address is for a DATABASE_URL that leads to a pooler.
BACKUPS = env.flag("BACKUPS", default=True)
BACKUP_DIR = Path(env.text("BACKUP_DIR", str(ARBVAULT_VAR / "backups"))).expanduser().resolve()
BACKUP_DAYS = env.integer("BACKUP_DAYS", 7, low=1, high=366)
BACKUP_WEEKS = env.integer("BACKUP_WEEKS", 4, high=520)
BACKUP_DATABASE_URL = env.text("BACKUP_DATABASE_URL")

# Wakes the task queue, and is the cache unless CACHE_URL says otherwise; the tasks themselves are
# rows of the database all the same (arbvault/queue_broker.py).
REDIS_URL = env.redis_address("REDIS_URL")

# Shared by all processes: links sent, limits. Nothing in it is missed for long.
CACHES = {
    "default": cache_config(
        cache_url=env.text("CACHE_URL"), redis_url=REDIS_URL, folder=ARBVAULT_VAR / "cache"
    )
}

Q_CLUSTER: dict[str, Any] = {
    "name": "arbitragevault",
    "label": _("Task queue"),
    "orm": "default",
    "broker_class": "arbvault.queue_broker.QueueBroker",
    "workers": env.integer("QUEUE_WORKERS", 2, low=1, high=32),
    "poll": 0.5,
    "timeout": 900,
    "retry": 1200,  # above timeout: a task that still runs is never started a second time
    "max_attempts": 1,  # a second attempt would spend tokens nobody asked for
    "ack_failures": True,
    "catch_up": False,
    "save_limit": 500,
    "recycle": 100,
    "time_zone": "UTC",
}

# --- who may come in ------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["discovery.accounts.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "discovery.accounts.passwords.NotTheNameValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "discovery.accounts.passwords.NotCommonValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
# Failures within the window after which the next attempt is not looked at. Low where one person
# mistypes; higher where strangers could lock others out; docs/configuration.md argues each.
SIGN_IN_WINDOW = env.duration("SIGN_IN_WINDOW", timedelta(minutes=15))
SIGN_IN_FAILURES_NAME_ADDRESS = env.integer("SIGN_IN_FAILURES_NAME_ADDRESS", 5, low=1)
SIGN_IN_FAILURES_DEVICE = env.integer("SIGN_IN_FAILURES_DEVICE", 10, low=1)
SIGN_IN_FAILURES_ADDRESS = env.integer("SIGN_IN_FAILURES_ADDRESS", 20, low=1)
SIGN_IN_FAILURES_NAME = env.integer("SIGN_IN_FAILURES_NAME", 50, low=1)
SESSION_IDLE = env.duration("SESSION_IDLE", timedelta(days=3))  # a weekend
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "arbvault.errors.csrf_failure"
# Whose X-Forwarded-For and X-Forwarded-Proto are believed. By default a proxy on this machine, as
# docs/deployment.md sets one up; nobody else can speak from there.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", ("127.0.0.0/8", "::1"))
# ProxyMiddleware lets it through from them alone.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = int(timedelta(days=30).total_seconds()) if HTTPS else 0
# What `check --deploy` would have and is not ours to decide: HSTS for the other names below this
# one (W005), being on browsers' lists for good (W021), and redirecting to https, which the proxy
# does: a redirect of ours would never end behind one that does not tell the scheme (W008).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = policies.CONTENT_SECURITY_POLICY
CONTENT_SECURITY_POLICY_BY_PREFIX = policies.CONTENT_SECURITY_POLICY_BY_PREFIX
PERMISSIONS_POLICY = policies.PERMISSIONS_POLICY
PERMISSIONS_POLICY_WITH_PASSKEYS = policies.PERMISSIONS_POLICY_WITH_PASSKEYS

# Sign-in elsewhere (OpenID Connect) and a second factor: docs/sign-in.md.
OIDC_DISCOVERY_URL = env.web_address("OIDC_DISCOVERY_URL", "")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("OIDC_NAME", "SSO")
OIDC_LOGOUT_URL = env.web_address("OIDC_LOGOUT_URL", "")
OIDC_CREATE_USERS = env.flag("OIDC_CREATE_USERS", default=False)
OIDC_DEFAULT_ROLE = env.choice("OIDC_DEFAULT_ROLE", "viewer", ("viewer", "member", "administrator"))
OIDC_EMAIL_DOMAINS = env.values("OIDC_EMAIL_DOMAINS")
LOCAL_LOGIN = env.flag("LOCAL_LOGIN", default=True)
MFA = env.choice("MFA", "off", ("off", "optional", "required"))
MFA_ADAPTER = "discovery.accounts.factor_adapter.Adapter"
MFA_TOTP_ISSUER = "ArbitrageVault"
MFA_TOTP_TOLERANCE = 1  # steps of 30 s that a telephone's clock may differ
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10  # seconds a provider has for each answer

# How many requests the API answers in a window, counted in the database for all processes and
# hosts; 0 is without a limit.
API_RATE_WINDOW = env.duration("API_RATE_WINDOW", timedelta(minutes=1))
API_RATE_PER_TOKEN = env.integer("API_RATE_PER_TOKEN", 600)
API_RATE_PER_ADDRESS = env.integer("API_RATE_PER_ADDRESS", 1200)
# Seconds for which the web server believes what it has read of a token; wsgi.py sets it.
API_TOKEN_MEMO = env.number("API_TOKEN_MEMO", 0.0, low=0, high=0.9)
API_RATE_REFUSED = env.integer("API_RATE_REFUSED", 60)  # without credentials, or with wrong ones

# --- Keepa ----------------------------------------------------------------------------------------

KEEPA_API_KEY = env.text("KEEPA_API_KEY")
KEEPA_SANDBOX = not KEEPA_API_KEY  # demonstration data, labelled as such on every page


SANDBOX_PORT = env.integer("SANDBOX_PORT", sandbox_port(ARBVAULT_VAR), low=1, high=65535)
KEEPA_BASE_URL = env.web_address(
    "KEEPA_BASE_URL",
    f"http://127.0.0.1:{SANDBOX_PORT}" if KEEPA_SANDBOX else "https://api.keepa.com",
)
SANDBOX_IS_OURS = KEEPA_SANDBOX and not env.has("KEEPA_BASE_URL")  # the supervisor's to start
KEEPA_TIMEOUT = env.number("KEEPA_TIMEOUT", 30.0, low=0.1, high=600)  # seconds

# --- the cache and its accounts -------------------------------------------------------------------

DISCOVERY_TTL = env.duration("DISCOVERY_TTL", timedelta(hours=24))
SCORING_TTL = env.duration("SCORING_TTL", timedelta(hours=6))
STALE_GRACE = env.duration("STALE_GRACE", timedelta(hours=72))
DISCOVERY_PAGE_SIZE = env.integer("DISCOVERY_PAGE_SIZE", 1000, low=50, high=10000)
LEASE_SECONDS = env.integer("LEASE_SECONDS", 60, low=1, high=3600)
TOKEN_BACKGROUND_FLOOR_PERCENT = env.integer("TOKEN_BACKGROUND_FLOOR_PERCENT", 20, high=100)
# Keepa's smallest plan: 49 EUR a month for 20 tokens a minute, 864 000 tokens in 30 days.
TOKEN_PRICE_PER_1000 = env.decimal("TOKEN_PRICE_PER_1000", Decimal("0.06"))  # EUR
CACHE_ALERT_RATIO = env.number("CACHE_ALERT_RATIO", 0.5, low=0, high=1)
# Seconds for which the web server gathers searches that cost nothing; wsgi.py sets it.
HISTORY_GATHERED = env.number("HISTORY_GATHERED", 0.0, low=0, high=5)
CACHE_ALERT_MIN_SEARCHES = env.integer("CACHE_ALERT_MIN_SEARCHES", 50)

# --- mail and logs --------------------------------------------------------------------------------

ALERT_EMAILS = env.values("ALERT_EMAILS")
# Whether channels of alerts may lie in this machine's own networks: a ntfy server at home.
ALERTS_ALLOW_PRIVATE_ADDRESSES = env.flag("ALERTS_ALLOW_PRIVATE_ADDRESSES", default=False)
# What links in messages begin with; nobody's request is at hand when they are written.
_listened_at = "localhost" if HOST in {"0.0.0.0", "::"} else HOST  # noqa: S104 # nosec B104
SITE_ADDRESS = env.web_address(
    "SITE_ADDRESS",
    next((o for o in CSRF_TRUSTED_ORIGINS if "*" not in o), f"http://{_listened_at}:{PORT}"),
)
# What the address leaves out is Django's default: localhost, port 25, no user.
_mail = environ.Env.email_url_config(env.text("EMAIL_URL", "consolemail://"))
vars().update({name: value for name, value in _mail.items() if value})
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "ArbitrageVault <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOGGING = logging_config(
    LOG_LEVEL,
    style=LOG_FORMAT,
    secrets=(
        SECRET_KEY,
        *SECRET_KEY_FALLBACKS,
        KEEPA_API_KEY,
        OIDC_CLIENT_SECRET,
        DATABASES["default"]["PASSWORD"] or "",
        _mail.get("EMAIL_HOST_PASSWORD") or "",
    ),
)

# --- what monitoring reads ------------------------------------------------------------------------

METRICS = env.flag("METRICS", default=True)
# Whose /metrics needs no token; by default nobody's.
METRICS_ALLOW = env.networks("METRICS_ALLOW", ())
if METRICS:
    MIDDLEWARE.insert(1, "arbvault.metrics.counting")
PROMETHEUS_METRIC_NAMESPACE = "arbitragevault"
# Seconds: an answer from the cache takes two milliseconds.
PROMETHEUS_LATENCY_BUCKETS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    float("inf"),
)  # fmt: skip

UNFOLD = unfold.UNFOLD
