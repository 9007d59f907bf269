"""For somebody who has lost their second factor, or whose identity at the provider has changed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from discovery.accounts.oidc_members import unlink
from discovery.accounts.second_factor import reset_factors


class Command(BaseCommand):
    """Remove a user's second factor, or the link to their identity."""

    help = (
        "Remove a user's second factor (app, passkeys, recovery codes); with --identity the link "
        "to their identity of the single sign-on instead, so that the next one with their verified "
        "address is them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and which."""
        parser.add_argument("name", help="the user name")
        parser.add_argument("--identity", action="store_true", help="the identity's link")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many were removed."""
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"Nobody is called {options['name']}.")
        if options["identity"]:
            self.stdout.write(f"Links to identities removed: {unlink(user)}.")
        else:
            self.stdout.write(f"Second factors removed: {reset_factors(user=user)}.")
