"""Make a Bearer token for the JSON API, shown this once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from discovery.accounts.api_tokens import create_api_token


class Command(BaseCommand):
    """Make a token for a user."""

    help = "Make a Bearer token for the JSON API. Its text is shown once; only a hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the user and the token's name."""
        parser.add_argument("user", help="user name of its owner")
        parser.add_argument("--name", default="", help="what the token is for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token, once; raises ``CommandError`` for an unknown or inactive user."""
        users = get_user_model()
        try:
            user = users.objects.get_by_natural_key(options["user"])
        except users.DoesNotExist:
            message = f"There is no user “{options['user']}”."
            raise CommandError(message, returncode=2) from None
        if not user.is_active:
            raise CommandError(f"“{options['user']}” may not sign in.", returncode=2)
        _token, text = create_api_token(user=user, name=options["name"][:80])
        self.stderr.write("Keep this token now, it cannot be shown again:", style_func=str)
        self.stdout.write(text)
