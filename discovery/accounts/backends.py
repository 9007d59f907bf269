"""Django's own sign-in by name and password; the session's user comes with their role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User

from discovery.accounts.roles import with_role


class RoleBackend(ModelBackend):
    """Every page asks whether its reader may write: the answer arrives with the user's row."""

    def get_user(self, user_id: Any) -> User | None:
        """The session's user with ``is_viewer``, in one statement; ``None`` when deactivated."""
        user = with_role(User.objects.all()).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
