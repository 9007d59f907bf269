"""Make a Bearer token for the JSON API, shown this once."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from discovery.accounts.api_tokens import create_api_token
from discovery.accounts.roles import Role, role_of
from discovery.models import Scope
from discovery.models.access import scopes_of_old


class Command(BaseCommand):
    """Make a token for a user."""

    help = "Make a Bearer token for the JSON API. Its text is shown once; only a hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the user, the token's name, scopes and end."""
        parser.add_argument("user", help="user name of its owner")
        parser.add_argument("--name", default="", help="what the token is for")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            help="what it opens, once for each; read and search unless said otherwise",
        )
        parser.add_argument(
            "--expires",
            type=_moment,
            metavar="WHEN",
            help="30d (days from now) or 2027-01-31 (the end of that day); never unless said",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token, once; raises ``CommandError`` for an unknown or inactive user, and for
        the scope ``admin`` of one who is no administrator.
        """
        users = get_user_model()
        try:
            user = users.objects.get_by_natural_key(options["user"])
        except users.DoesNotExist:
            message = f"There is no user “{options['user']}”."
            raise CommandError(message, returncode=2) from None
        if not user.is_active:
            raise CommandError(f"“{options['user']}” may not sign in.", returncode=2)
        scopes = [Scope(scope) for scope in options["scope"] or scopes_of_old()]
        if Scope.ADMIN in scopes and role_of(user) is not Role.ADMINISTRATOR:
            raise CommandError(f"“{options['user']}” is no administrator.", returncode=2)
        _token, text = create_api_token(
            user=user,
            name=options["name"][:80],
            scopes=scopes,
            expires_at=options["expires"],
        )
        self.stderr.write("Keep this token now, it cannot be shown again:", style_func=str)
        self.stdout.write(text)


def _moment(text: str) -> datetime:
    """When a token ends; raises ``ArgumentTypeError`` for the past and for what is no time."""
    now = timezone.now()
    try:
        if days := re.fullmatch(r"(\d{1,4})d", text):
            moment = now + timedelta(days=int(days[1]))
        else:
            day = date.fromisoformat(text) + timedelta(days=1)
            moment = timezone.make_aware(datetime.combine(day, time.min))
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"“{text}” is neither 30d nor 2027-01-31.") from None
    if moment <= now:
        raise ArgumentTypeError(f"“{text}” is over.")
    return moment
