"""The engine's version: raised whenever the same facts and profile may score differently."""

from __future__ import annotations

ENGINE_VERSION = "1.2"
