"""A small OpenID Connect provider on a real socket, which can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLIENT, SECRET = "vault", "the client's secret"


@cache
def key_number(number: int) -> RSAPrivateKey:
    """The provider's key, and others that only look like it."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Provider:
    """``person`` has signed in there; ``claims`` replace what its token says."""

    person: dict[str, Any] = field(
        default_factory=lambda: {"sub": "42", "email": "anne@example.org", "email_verified": True}
    )
    claims: dict[str, Any] = field(default_factory=dict)
    in_token: bool = True  # else the address is among the user information only
    key: int = 0  # which signs
    denies: str = ""
    status: int = 200  # of every answer but the authorization's
    description: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __enter__(self) -> Provider:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self._answer(provider.get(parts.path, query, dict(self.headers)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(provider.token({k: v[0] for k, v in parse_qs(body).items()}))

            def _answer(self, answer: tuple[int, dict[str, Any]]) -> None:
                status, told = answer
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", told["location"])
                body = json.dumps(told).encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def get(
        self, path: str, query: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        if path == "/authorize":
            return 302, {"location": self._sent_back(query)}
        if self.status != 200:
            return self.status, {"error": "out of order"}
        if path == "/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(key_number(0).public_key(), as_dict=True)
            return 200, {"keys": [public | {"kid": "first", "use": "sig", "alg": "RS256"}]}
        if path == "/me":
            known = headers.get("Authorization") == "Bearer access"
            return (200, self.person) if known else (401, {})
        return 200, {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/me",
            "end_session_endpoint": f"{self.url}/end",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        } | self.description

    def token(self, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(body["code"], None)
        digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or (body["client_id"], body["client_secret"]) != (CLIENT, SECRET)
            or body["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        told = self.person if self.in_token else {"sub": self.person["sub"]}
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
        } | told | self.claims  # fmt: skip
        signed = jwt.encode(
            claims, key_number(self.key), algorithm="RS256", headers={"kid": "first"}
        )
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": signed}

    def _sent_back(self, query: dict[str, str]) -> str:
        told = {"state": query["state"]}
        if self.denies:
            told["error"] = self.denies
        else:
            told["code"] = f"code{len(self._codes)}"
            self._codes[told["code"]] = query
        return f"{query['redirect_uri']}?{urlencode(told)}"
