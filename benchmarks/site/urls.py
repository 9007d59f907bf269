"""The site's own addresses, and empty views behind the same middleware to compare with."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from arbvault.urls import handler400, handler403, handler404, handler500  # noqa: F401


@login_not_required
def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"{}", content_type="application/json")


def signed_in(request: HttpRequest) -> HttpResponse:
    """What every page does before its own work: a session, and the user it belongs to."""
    return HttpResponse(request.user.get_username())


urlpatterns = [
    path("benchmark/empty", empty),
    path("benchmark/signed-in", signed_in),
    path("", include("arbvault.urls")),
]
