"""Sign-in with OpenID Connect: the authorization code flow with PKCE, state and nonce.

What talks to the provider is django-allauth's client. Which answers are believed is decided here:
an identity token counts with a valid signature of the provider, for this site, for this attempt.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from discovery.keepa.balance import CLOCK_SKEW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

ASKED = "oidc-asked"  # in the session: the attempts under way, by their state
SIGNED_IN = "oidc"  # in the session: how to end it at the provider too
LASTS = timedelta(minutes=10)
AT_MOST = 5  # attempts of one browser under way
SCOPE = "openid profile email"
# Public keys only: with a symmetric one the site could not tell a provider from itself.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"})
LEEWAY = 60  # seconds that the provider's clock may differ
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST = 190  # characters of an issuer and of a subject, as the table has them


class SignInFailed(Exception):
    """Nobody was signed in; each kind has a page and a status of its own."""


class ProviderUnavailable(SignInFailed):
    """The provider does not answer, or answers that it is out of order."""


class ProviderMistaken(SignInFailed):
    """The provider answers what cannot be believed or used; ``args`` say what, for the log."""


class Denied(SignInFailed):
    """The person, or the provider's policy, said no."""


class StateMismatch(SignInFailed):
    """The answer belongs to no attempt of this browser, or to one that is too old or was used."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says has signed in; ``email`` is empty unless it is verified there."""

    issuer: str
    subject: str
    email: str
    token: str
    end_session: str


class _Adapter(OpenIDConnectOAuth2Adapter):
    """allauth's, for the one provider of the settings: no table is asked which there are."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, "oidc")

    def get_provider(self) -> OpenIDConnectProvider:
        app = SocialApp(
            provider="openid_connect",
            provider_id=self.provider_id,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_DISCOVERY_URL},
        )
        return OpenIDConnectProvider(self.request, app=app)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("discovery:oidc_callback"))


def is_on() -> bool:
    """Whether a provider is configured."""
    return bool(settings.OIDC_DISCOVERY_URL)


def begin(request: HttpRequest, *, next: str, again: bool, now: datetime) -> str:
    """Note an attempt in the session; returns the provider's address to send the browser to.

    ``again``: the provider shall ask who it is though it knows. Raises ``ProviderUnavailable`` or
    ``ProviderMistaken``.
    """
    adapter = _Adapter(request)
    configuration = _configuration(adapter)
    challenge = generate_code_challenge()
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    under_way = dict(list(_under_way(request, now).items())[1 - AT_MOST :])
    under_way[state] = {
        "nonce": nonce,
        "verifier": challenge["code_verifier"],
        "next": next,
        "at": now.timestamp(),
    }
    request.session[ASKED] = under_way
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": adapter.get_callback_url(request, None),
        "scope": SCOPE,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge["code_challenge"].decode(),
        "code_challenge_method": challenge["code_challenge_method"],
    }
    if again:
        asked["prompt"] = "login"
    address: str = configuration["authorization_endpoint"]
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def finish(request: HttpRequest, *, now: datetime) -> tuple[Identity, str]:
    """Who has come back from the provider, and where they wanted to go.

    An attempt is used up by its first answer. Raises a ``SignInFailed``.
    """
    answer = request.GET
    under_way = _under_way(request, now)
    attempt = under_way.pop(answer.get("state", ""), None)
    if attempt is None:
        raise StateMismatch
    request.session[ASKED] = under_way
    if error := answer.get("error"):
        if error in {"access_denied", "login_required", "consent_required"}:
            raise Denied
        if error in {"temporarily_unavailable", "server_error"}:
            raise ProviderUnavailable(error)
        raise ProviderMistaken(error)
    adapter = _Adapter(request)
    configuration = _configuration(adapter)
    given = _exchange(adapter, configuration, attempt["verifier"])
    token = given.get("id_token")
    if not isinstance(token, str):
        raise ProviderMistaken("no identity token")
    claims = _verified(token, configuration, attempt["nonce"])
    issuer, subject = configuration["issuer"], str(claims["sub"])
    if not 0 < len(subject) <= LONGEST:
        raise ProviderMistaken("a subject of no use")
    email = _verified_email(claims)
    identity = Identity(
        issuer=issuer,
        subject=subject,
        email=email or _verified_email(_userinfo(configuration, given, subject)),
        token=token,
        end_session=str(configuration.get("end_session_endpoint") or ""),
    )
    return identity, attempt["next"]


def remember_provider(request: HttpRequest, identity: Identity) -> None:
    """Note in the session how it is ended at the provider too."""
    request.session[SIGNED_IN] = {"end_session": identity.end_session, "token": identity.token}


def where_logout_leads(request: HttpRequest, noted: Mapping[str, str] | None) -> str:
    """The address at which a session that was ``noted`` ends at the provider; empty without one."""
    if noted is None or not is_on():
        return ""
    if not noted["end_session"]:
        return str(settings.OIDC_LOGOUT_URL)
    back = settings.OIDC_LOGOUT_URL or request.build_absolute_uri(reverse("login"))
    told = {
        "client_id": settings.OIDC_CLIENT_ID,
        "id_token_hint": noted["token"],
        "post_logout_redirect_uri": back,
    }
    address = noted["end_session"]
    return f"{address}{'&' if '?' in address else '?'}{urlencode(told)}"


def is_safe_address(address: object) -> bool:
    """Whether secrets may travel there: https, or this very machine."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _under_way(request: HttpRequest, now: datetime) -> dict[str, dict[str, Any]]:
    noted: dict[str, dict[str, Any]] = request.session.get(ASKED, {})
    return {
        state: attempt
        for state, attempt in noted.items()
        if -CLOCK_SKEW <= now - datetime.fromtimestamp(attempt["at"], tz=UTC) <= LASTS
    }


def _configuration(adapter: _Adapter) -> dict[str, Any]:
    configuration = _asked(lambda: adapter.openid_config)
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(is_safe_address(configuration.get(name)) for name in needed):
        raise ProviderMistaken("its description lacks an address, or has one without https")
    issuer = configuration.get("issuer")
    if not isinstance(issuer, str) or not 0 < len(issuer) <= LONGEST:
        raise ProviderMistaken("its description has no issuer")
    for name in ("end_session_endpoint", "userinfo_endpoint"):
        if not is_safe_address(configuration.get(name)):
            configuration.pop(name, None)
    return configuration


def _exchange(adapter: _Adapter, configuration: dict[str, Any], verifier: str) -> dict[str, Any]:
    """The tokens for the code in the request."""
    app = adapter.get_provider().app
    client = adapter.get_client(adapter.request, app)
    code = adapter.request.GET.get("code", "")
    return _asked(lambda: client.get_access_token(code, pkce_code_verifier=verifier))


def _userinfo(configuration: dict[str, Any], given: dict[str, Any], subject: str) -> dict[str, Any]:
    """What the provider tells of the same person where the token vouches for no address."""
    address = configuration.get("userinfo_endpoint")
    if not address:
        return {}
    told = _get(address, {"Authorization": f"Bearer {given['access_token']}"})
    if told.get("sub") != subject:
        raise ProviderMistaken("its user information is about somebody else")
    return told


def _verified(token: str, configuration: dict[str, Any], nonce: str) -> dict[str, Any]:
    """The claims of a token that this provider has signed for this site and this attempt."""
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise ProviderMistaken("a token signed in a way that proves nothing")
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key(configuration["jwks_uri"], header.get("kid")),
            algorithms=[header["alg"]],
            audience=settings.OIDC_CLIENT_ID,
            issuer=configuration["issuer"],
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise ProviderMistaken(repr(error)) from None
    if not constant_time_compare(str(claims.get("nonce", "")), nonce):
        raise ProviderMistaken("a token of another attempt")
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (is_for_several or "azp" in claims) and claims.get("azp") != settings.OIDC_CLIENT_ID:
        raise ProviderMistaken("a token for another site")
    return claims


def _key(address: str, kid: str | None) -> jwt.PyJWK:
    keys = jwt.PyJWKSet.from_dict(_get(address)).keys
    usable = [key for key in keys if key.public_key_use in {None, "sig"}]
    fitting = [key for key in usable if kid is None or key.key_id == kid]
    if not fitting or (kid is None and len(fitting) > 1):
        raise ProviderMistaken("a token signed with an unknown key")
    return fitting[0]


def _get(address: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    def ask() -> Any:
        timeout = settings.SOCIALACCOUNT_REQUESTS_TIMEOUT
        answer = requests.get(address, headers=headers, timeout=timeout)
        answer.raise_for_status()
        return answer.json()

    return _asked(ask)


def _asked(ask: Any) -> dict[str, Any]:
    """What the provider answers; its faults as exceptions of ours. Never shows a secret."""
    try:
        answer = ask()
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status >= 500 or status == 429:
            raise ProviderUnavailable(f"status {status}") from None
        raise ProviderMistaken(f"status {status}") from None
    except (requests.JSONDecodeError, OAuth2Error, KeyError, ValueError) as error:
        raise ProviderMistaken(type(error).__name__) from None
    except requests.RequestException as error:
        raise ProviderUnavailable(type(error).__name__) from None
    if not isinstance(answer, dict):
        raise ProviderMistaken("no object of JSON")
    return answer


def _verified_email(about: Mapping[str, Any]) -> str:
    """The address the provider vouches for. Entra says so by ``xms_edov``."""
    verified = any(
        about.get(name) in (True, "true", 1, "1") for name in ("email_verified", "xms_edov")
    )
    email = about.get("email")
    return email.strip() if verified and isinstance(email, str) else ""
