"""`/sandbox/...`: the sandbox's own switches, which are no part of Keepa and cost nothing.

- `GET /sandbox/stats`: what was charged and called since the start;
- `GET|POST|DELETE /sandbox/faults`: list, queue (`{"kind", "times", "endpoint", "seconds"}`) or
  clear the faults;
- `POST /sandbox/tokens`: `{"tokens": N}` puts the balance to N;
- `GET|POST /sandbox/plan`: `{"without": {"deal": 402}}` takes endpoints out of the plan: they then
  answer 404 or 402; `{"without": {}}` brings all of them back.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from discovery.sandbox.server import SandboxApp


def control(app: SandboxApp, method: str, name: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the answer to one request for `/sandbox/<name>`."""
    name = name.strip("/")
    if (method, name) == ("GET", "stats"):
        return 200, _stats(app)
    if name == "faults":
        return _faults(app, method, body)
    if (method, name) == ("POST", "tokens"):
        wanted = _object(body).get("tokens")
        if not isinstance(wanted, int):
            return 400, {"error": "tokens must be a whole number."}
        app.bucket.set(wanted)
        return 200, _stats(app)
    if name == "plan":
        return _plan(app, method, body)
    return 404, {"error": "There is stats, faults, tokens and plan."}


def _plan(app: SandboxApp, method: str, body: bytes) -> tuple[int, dict[str, Any]]:
    if method == "POST":
        wanted = _object(body).get("without")
        if not isinstance(wanted, dict) or not {*wanted.values()} <= {402, 404}:
            return 400, {"error": "without must tell 404 or 402 by endpoint."}
        app.without = {str(name): int(status) for name, status in wanted.items()}
    return 200, {"without": app.without}


def _stats(app: SandboxApp) -> dict[str, Any]:
    balance = app.bucket.look()
    return {
        "charged_total": app.charged_total,
        "tokens_left": balance.tokens_left,
        "refill_in": balance.refill_in,
        "refill_rate": balance.refill_rate,
        "calls": dict(app.tally),
        "faults_pending": len(app.faults),
    }


def _faults(app: SandboxApp, method: str, body: bytes) -> tuple[int, dict[str, Any]]:
    if method == "DELETE":
        app.faults.clear()
    elif method == "POST":
        wanted = _object(body)
        try:
            app.faults.push(
                str(wanted.get("kind")),
                times=int(wanted.get("times", 1)),
                endpoint=wanted.get("endpoint"),
                seconds=float(wanted.get("seconds", 1.0)),
            )
        except (TypeError, ValueError) as error:
            return 400, {"error": str(error)}
    return 200, {"pending": [asdict(fault) for fault in app.faults.pending()]}


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
