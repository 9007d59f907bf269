"""What this site installs of django-allauth: its tables and building blocks, not its pages."""

from __future__ import annotations

from allauth.account import apps


class AccountConfig(apps.AccountConfig):
    """``allauth.account``, which the second factor and OpenID Connect of allauth import.

    Its own ``ready`` demands a middleware for its pages. None of them has an address here, so no
    request has to pay for it.
    """

    def ready(self) -> None:
        """Nothing to prepare."""
