"""Walks over every address there is: who walks is looked up once, and not at every step.

The session and the user's row are two thirds of what most answers cost; tests of their own
(test_sessions.py, the roles that count from the next request on) ask for them each time.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import TYPE_CHECKING, Any

from discovery.accounts.backends import RoleBackend

if TYPE_CHECKING:
    import pytest
    from django.contrib.auth.models import User


def look_up_once(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Keep sessions in memory and each user's row, role included, for the rest of this test."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    stored = cache(RoleBackend().get_user)

    def get_user(_backend: RoleBackend, user_id: Any) -> User | None:
        return copy.deepcopy(stored(int(user_id)))

    monkeypatch.setattr(RoleBackend, "get_user", get_user)
