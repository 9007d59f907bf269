"""Policies that hold for every page, those to come too, and are relaxed where one says so."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.core.exceptions import RequestDataTooBig
from django.utils.deprecation import MiddlewareMixin

from arbvault import errors
from discovery.accounts.addresses import believe_proxies
from discovery.accounts.devices import remember_device
from discovery.accounts.roles import SAFE_METHODS, is_viewer
from discovery.accounts.throttle import TooManyFailures

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

API_PREFIX = "/api/"
MCP = ("/mcp", "/mcp/")
HEALTH = frozenset({"/healthz", "/readyz"})
# Bytes of a request. A list has 5 MB at most; somewhat larger a file is refused beside its field.
LARGEST_BODY = 32 * 1024 * 1024
# All that a viewer may post: what concerns their own session and password, and a free estimate.
OPEN_TO_VIEWERS = frozenset(
    {
        "login",
        "logout",
        "set_language",
        "discovery:account",
        "discovery:choose_password",
        "discovery:forgotten_password",
        "discovery:quote",
        "discovery:security",
        "discovery:second_factor",
        "discovery:passkey",
        "discovery:emergency",
    }
)
# Where a browser may be asked for a passkey, on sites that have them.
PASSKEY_PAGES = frozenset({"login", "discovery:second_factor", "discovery:security"})


class ProxyMiddleware(MiddlewareMixin):
    """First of all: whoever asks next for ``REMOTE_ADDR`` or the scheme gets the client's."""

    def process_request(self, request: HttpRequest) -> None:
        """Believe what ``TRUSTED_PROXIES`` say of the client, and nobody else."""
        believe_proxies(request.META, trusted=settings.TRUSTED_PROXIES)


class HealthMiddleware(MiddlewareMixin):
    """Probes reach a process by its number or by a name of the platform's, not by the site's name.

    What lives at these addresses says nothing that depends on the name it is asked under.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Have the host of a probe be one of ``ALLOWED_HOSTS``."""
        if request.path_info in HEALTH:
            names = (name.lstrip(".") for name in settings.ALLOWED_HOSTS)
            request.META["HTTP_HOST"] = next((n for n in names if n != "*"), "localhost")


class BodySizeMiddleware(MiddlewareMixin):
    """Nobody fills the disk: Django writes files down, however large, before it asks who sent them.

    A request that does not tell its size has no body for Django.
    """

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        """Answer 413 to more than ``LARGEST_BODY``, unread; ``None`` lets the view answer."""
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length[:20]) > LARGEST_BODY:
            return errors.bad_request(request, RequestDataTooBig())
        return None


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """One strict policy, and what the paths of CONTENT_SECURITY_POLICY_BY_PREFIX need on top."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The site's policy, and the directives of the first prefix the path begins with."""
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        if parts.replace is None:
            for prefix, directives in settings.CONTENT_SECURITY_POLICY_BY_PREFIX.items():
                if request.path_info.startswith(prefix):
                    parts.replace = directives
        return parts


class PermissionsPolicyMiddleware(MiddlewareMixin):
    """No page may use the camera, the place, or any other feature that none of ours needs."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the header of ``settings.PERMISSIONS_POLICY``; passkeys where one shows them."""
        policy = settings.PERMISSIONS_POLICY
        if settings.MFA != "off":
            match = request.resolver_match
            if match is not None and match.view_name in PASSKEY_PAGES:
                policy = settings.PERMISSIONS_POLICY_WITH_PASSKEYS
        response.headers["Permissions-Policy"] = policy
        return response


class MessageMiddleware(messages.MessageMiddleware):
    """Messages are for people: the API neither reads nor leaves any."""

    def process_request(self, request: HttpRequest) -> None:
        """Open the messages of a page."""
        if not request.path_info.startswith(API_PREFIX):
            super().process_request(request)


class LoginRequiredMiddleware(auth.LoginRequiredMiddleware):
    """Deny by default; the API denies by itself, with a 401 a program understands."""

    def process_view(self, request: HttpRequest, view: Any, *given: Any) -> HttpResponseBase | None:
        """Redirect to the sign-in page whoever is not signed in; ``None`` lets the view answer."""
        if request.path_info.startswith(API_PREFIX):
            return None
        # Asked before who it is: a probe must not need the sessions' table.
        if not getattr(view, "login_required", True):
            return None
        return super().process_view(request, view, *given)


class ReadOnlyMiddleware(MiddlewareMixin):
    """Viewers change nothing and spend nothing, whatever the page.

    The API and the tools of agents refuse by themselves.
    """

    def process_view(
        self, request: HttpRequest, *view: Any, **named: Any
    ) -> HttpResponseBase | None:
        """Answer 403 to what a viewer may not do; ``None`` lets the view answer."""
        is_program = request.path_info.startswith(API_PREFIX) or request.path_info in MCP
        if request.method in SAFE_METHODS or is_program:
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in OPEN_TO_VIEWERS or not is_viewer(request.user):
            return None
        return errors.read_only(request)


class SignInMiddleware(MiddlewareMixin):
    """Makes a 429 of the page that tells of too many failures; a sign-in makes a device known."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """A page of its own, where the view has none to say it on."""
        return errors.too_many(request, error) if isinstance(error, TooManyFailures) else None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The view's answer, with the right status, ``Retry-After``, and the device's cookie."""
        refusal: TooManyFailures | None = getattr(request, "refusal", None)
        if refusal is not None:
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response["Retry-After"] = str(refusal.retry_after)
        if name := getattr(request, "signed_in_as", None):
            remember_device(request, response, name=name)
        return response
