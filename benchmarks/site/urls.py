"""The site's own addresses, and an empty view behind the same middleware to compare with."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


@login_not_required
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}", content_type="application/json")


urlpatterns = [
    path("benchmark/empty", empty),
    path("", include("arbvault.urls")),
]
