"""A Keepa-compatible server with made-up data: what users without a key see, and what tests use.

It shares no code with the client and decoder it serves to test. `create_app` makes a WSGI
application of its own; `serve.py` puts one on real sockets.
"""

from __future__ import annotations

from discovery.sandbox.faults import Fault, Faults
from discovery.sandbox.server import Call, SandboxApp, create_app

__all__ = ["Call", "Fault", "Faults", "SandboxApp", "create_app"]
