"""API tokens that this process has looked up within the last instant (``API_TOKEN_MEMO`` seconds).

Only what was found good is remembered, and no longer than that, counted from before the look-up: a
token that another process has revoked is refused everywhere within the second. What this process
itself revokes or changes (``forget_tokens``) it refuses at once, whatever look-ups are under way.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

MOST = 10_000  # tokens remembered; beyond, all are forgotten


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A usable token: the columns of its user's row, their role, and what the token opens."""

    token_id: int
    last_used_at: datetime | None
    expires_at: datetime | None
    scopes: frozenset[str]
    user: tuple[Any, ...]
    is_viewer: bool


class TokenMemo:
    """What one process remembers, by the digest of the token, for all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[KnownToken, float]] = {}
        self._generation = 0

    def get(self, digest: str) -> tuple[KnownToken, float] | None:
        """The token and when (``time.monotonic``) it was looked up, however long ago."""
        return self._known.get(digest)

    @property
    def generation(self) -> int:
        """Another one after each ``forget``: noted before a look-up, and given to ``keep``."""
        return self._generation

    def keep(self, digest: str, known: KnownToken, *, at: float, generation: int) -> None:
        """Remember what was looked up at ``at``, unless something was forgotten meanwhile."""
        with self._lock:
            if generation != self._generation:
                return
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[digest] = known, at

    def note_use(self, digest: str, *, at: datetime) -> None:
        """Its use has been written down at ``at``."""
        with self._lock:
            if found := self._known.get(digest):
                self._known[digest] = replace(found[0], last_used_at=at), found[1]

    def forget(self) -> None:
        """Look up every token anew."""
        with self._lock:
            self._generation += 1
            self._known.clear()


memo = TokenMemo()


def forget_tokens(**_signal: Any) -> None:
    """Look up every token anew: now, and again once the transaction under way is visible to all."""
    memo.forget()
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(memo.forget)
