"""Give a user without niches three examples to start from."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from discovery.niches.service import create_example_niches


class Command(BaseCommand):
    """Make example niches for a user."""

    help = (
        "Create three example niches for USER, on the marketplace the user sells on, unless the "
        "user has niches already."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the user."""
        parser.add_argument("user", metavar="USER")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create them; raises ``CommandError`` for an unknown user."""
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        with translation.override(settings.LANGUAGE_CODE):
            created = create_example_niches(owner=user)
        self.stdout.write(f"{created} example niches created for {user.get_username()}.")
