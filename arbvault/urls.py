"""Every address of the site, by owner."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from arbvault import health, lazily
from arbvault.admin import admin_sign_in
from arbvault.metrics import metrics
from discovery.pages.accounts import sign_in

_moved_to_runs = RedirectView.as_view(url="/admin/discovery/run/%(rest)s", query_string=True)
_lines_moved = RedirectView.as_view(url="/admin/discovery/runline/", query_string=True)

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("logout/", sign_in.SignOut.as_view(), name="logout"),
    # Addresses of the tables that runs have replaced.
    path("admin/discovery/searchrun/<path:rest>", _moved_to_runs),
    path("admin/discovery/searchrun/", _moved_to_runs, {"rest": ""}),
    path("admin/discovery/productlist/<path:rest>", _moved_to_runs),
    path("admin/discovery/productlist/", _moved_to_runs, {"rest": ""}),
    path("admin/discovery/listline/", _lines_moved),
    # One's password is changed in one place, where wrong present ones are counted.
    path("admin/password_change/", RedirectView.as_view(pattern_name="discovery:account")),
    path("admin/login/", admin_sign_in, name="admin_login"),
    path("admin/", admin.site.urls),
    lazily.api_addresses("api/v1/"),
    path("mcp", lazily.mcp, name="mcp"),
    path("mcp/", lazily.mcp),
    path("", include("analytics.urls")),
    path("", include("discovery.urls")),
]

handler400 = "arbvault.errors.bad_request"
handler403 = "arbvault.errors.forbidden"
handler404 = "arbvault.errors.not_found"
handler500 = "arbvault.errors.server_error"
