"""What Prometheus reads at ``/metrics``: requests as counted on this machine, and the site itself.

Requests are counted by django-prometheus, in files that the web servers of a machine share
(``PROMETHEUS_MULTIPROC_DIR``, set by wsgi.py). The rest is read from the database, so it is the
same whichever machine is asked.
"""

from __future__ import annotations

import os
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.middleware import Metrics
from django_prometheus.utils import Time, TimeSince
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from analytics.metrics import site_metrics
from discovery.accounts.addresses import client_address, counted_address
from discovery.accounts.api_rate import RateLimited, Tally
from discovery.accounts.api_tokens import TokenExpired, user_for_bearer
from discovery.models import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpResponseBase
    from prometheus_client.metrics_core import Metric

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def counting(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: counts answers by view, method and status, and how long they took.

    All that django-prometheus's own knows to count would take longer than an answer from the cache;
    and strangers may send any method, while every label keeps a row in memory for ever.
    """
    told = Metrics.get_instance()

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = Time()
        response = get_response(request)
        match = request.resolver_match
        view = (match and match.view_name) or "none"
        method = request.method if request.method in METHODS else "other"
        told.responses_by_status_view_method.labels(
            status=str(response.status_code), view=view, method=method
        ).inc()
        told.requests_latency_by_view_method.labels(view=view, method=method).observe(
            TimeSince(began)
        )
        return response

    return answer


class _Site:
    """What prometheus_client asks for the figures of the site."""

    def collect(self) -> Iterator[Metric]:
        """All of them, as of now."""
        yield from site_metrics(now=timezone.now())


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All metrics, to addresses of ``METRICS_ALLOW`` or an administrator's token with ``admin``.

    Without a database only the requests are told, with status 503.
    """
    if not settings.METRICS:
        return _refused("Metrics are off (METRICS).", status=404)
    try:
        if refusal := _refusal(request):
            return refusal
        registry = CollectorRegistry()
        registry.register(_Site())
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return HttpResponse(_requests(encode) + encode(registry), content_type=content_type)
    except (OperationalError, InterfaceError, ProgrammingError):
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return HttpResponse(_requests(encode), content_type=content_type, status=503)


def _requests(encode: Any) -> bytes:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return bytes(encode(REGISTRY))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return bytes(encode(registry))


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """``None`` for who may read; asked without a token, no statement is made."""
    with suppress(ValueError):
        address = ip_address(client_address(request))
        if any(address in network for network in settings.METRICS_ALLOW):
            return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        tally = Tally(address=counted_address(request))
        try:
            user = user_for_bearer(token, now=timezone.now(), tally=tally)
        except RateLimited as error:
            response = _refused("Too many requests.", status=429)
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        except TokenExpired:
            user = None
        if user is not None:
            scopes: frozenset[str] = user.token_scopes  # type: ignore[attr-defined]
            if user.is_superuser and Scope.ADMIN in scopes:
                return None
            return _refused("An administrator's token with the scope admin is needed.", status=403)
    response = _refused("A token is needed.", status=401)
    response.headers["WWW-Authenticate"] = 'Bearer realm="ArbitrageVault"'
    return response


def _refused(why: str, *, status: int) -> HttpResponse:
    return HttpResponse(f"{why}\n", content_type="text/plain", status=status)
