"""Let everybody try again who has to wait after too many wrong passwords or links."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from discovery.accounts.throttle import forget_all_failures


class Command(BaseCommand):
    """Forget the failed attempts."""

    help = "Forget the failed attempts to sign in: whoever has to wait may try again at once."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say that it is done."""
        forget_all_failures()
        self.stdout.write("Every failed attempt is forgotten.")
