"""A way in for an administrator when the single sign-on is out of order."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from discovery.accounts.password_links import EMERGENCY_LASTS, emergency_link


class Command(BaseCommand):
    """Print a link that signs an administrator in."""

    help = (
        "Print a link that signs an administrator in once, within ten minutes: for sites with "
        "LOCAL_LOGIN off whose provider does not answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The administrator's user name."""
        parser.add_argument("name", help="the administrator's user name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses where one signs in with a password."""
        if settings.LOCAL_LOGIN:
            raise CommandError("LOCAL_LOGIN is on: sign in with the password.")
        user = User.objects.filter(
            username=options["name"], is_superuser=True, is_active=True
        ).first()
        if user is None:
            raise CommandError(f"No administrator is called {options['name']}.")
        link = emergency_link(user=user, now=timezone.now())
        minutes = EMERGENCY_LASTS.seconds // 60
        self.stdout.write(f"{settings.SITE_ADDRESS}{link.path}")
        self.stdout.write(f"It works once, for {minutes} minutes.")
