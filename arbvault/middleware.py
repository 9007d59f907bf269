"""Two policies Django and django-csp apply to every page, relaxed where a path says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth import middleware as auth

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

API_PREFIX = "/api/"


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """One strict policy, and what the paths of CONTENT_SECURITY_POLICY_BY_PREFIX need on top."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        if parts.replace is None:
            for prefix, directives in settings.CONTENT_SECURITY_POLICY_BY_PREFIX.items():
                if request.path_info.startswith(prefix):
                    parts.replace = directives
        return parts


class LoginRequiredMiddleware(auth.LoginRequiredMiddleware):
    """Deny by default; the API denies by itself, with a 401 a program understands."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.path_info.startswith(API_PREFIX):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)
