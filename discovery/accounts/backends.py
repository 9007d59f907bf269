"""Django's own sign-in by name and password; the session's user comes with their role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.accounts.roles import with_role
from discovery.accounts.throttle import try_sign_in

if TYPE_CHECKING:
    from django.http import HttpRequest


class RoleBackend(ModelBackend):
    """Every page asks whether its reader may write: the answer arrives with the user's row."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """The user, if the password is theirs; takes as long for a name that nobody has.

        With ``LOCAL_LOGIN`` off no password is anybody's.

        Every page where one signs in, the administration's too, comes by here. Raises
        ``TooManyFailures``, which the pages show as they show a wrong password.
        """
        if not settings.LOCAL_LOGIN:
            return None
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **credentials)
        attempt = try_sign_in(request, name=username, now=timezone.now())
        user = super().authenticate(request, username, password, **credentials)
        if user is not None:
            attempt.take_back()
        return user

    def get_user(self, user_id: Any) -> User | None:
        """The session's user with ``is_viewer``, in one statement; ``None`` when deactivated."""
        user = with_role(User.objects.all()).filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
