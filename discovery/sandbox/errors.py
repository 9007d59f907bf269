"""Requests the sandbox refuses, with the status and the error object Keepa would answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class Refused(Exception):
    """`status` is the HTTP status; `kind`, `message` and `details` fill the error object.

    `told` replaces fields of the envelope.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        details: str = "",
        *,
        told: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.details = details
        self.told = dict(told)

    def as_json(self) -> dict[str, str]:
        """The error object of the answer."""
        return {"type": self.kind, "message": self.message, "details": self.details}


def bad_parameter(message: str, details: str = "") -> Refused:
    """400: a parameter that cannot be read."""
    return Refused(400, "invalidParameter", message, details)


def out_of_range(message: str, details: str = "") -> Refused:
    """405: a parameter outside what Keepa takes."""
    return Refused(405, "parameterOutOfRange", message, details)
