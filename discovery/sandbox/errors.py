"""Requests the sandbox refuses, with the status and the error object Keepa would answer."""

from __future__ import annotations


class Refused(Exception):
    """`status` is the HTTP status; `kind`, `message` and `details` fill the error object."""

    def __init__(self, status: int, kind: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.details = details

    def as_json(self) -> dict[str, str]:
        return {"type": self.kind, "message": self.message, "details": self.details}


def bad_parameter(message: str, details: str = "") -> Refused:
    return Refused(400, "invalidParameter", message, details)


def out_of_range(message: str, details: str = "") -> Refused:
    return Refused(405, "parameterOutOfRange", message, details)
