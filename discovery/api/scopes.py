"""Which scope an operation needs: unless it says so, ``read`` for GET, else ``search``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from discovery.models import Scope

Operation = TypeVar("Operation", bound=Callable[..., Any])


def needs(scope: Scope) -> Callable[[Operation], Operation]:
    """Mark an operation: it is refused to a token without this scope."""

    def marked(operation: Operation) -> Operation:
        operation.scope = scope  # type: ignore[attr-defined]
        return operation

    return marked
