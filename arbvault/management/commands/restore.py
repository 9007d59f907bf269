"""Bring a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from arbvault.backup.programs import BackupError
from arbvault.backup.restoring import inspect
from arbvault.backup.service import restore


class Command(BaseCommand):
    """Replace the database by a backup, after a question."""

    help = (
        "Replaces all that the database holds by a backup, in one transaction: when it fails, "
        "nothing has changed. An older backup is migrated afterwards."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Which file, and what not to ask."""
        parser.add_argument("file", type=Path, help="a file that `backup` has made")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--force", action="store_true", help="end the sessions of others first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, restore, migrate."""
        dump: Path = options["file"]
        try:
            for warning in inspect(dump):
                self.stderr.write(warning)
            if not options["yes"] and not self._agreed():
                raise CommandError("Nothing was changed.")
            restore(dump=dump, ends_others=options["force"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write(f"{dump} is restored.")

    def _agreed(self) -> bool:
        self.stdout.write("All that the database holds now will be lost. Type `restore` to go on:")
        try:
            return input().strip() == "restore"
        except EOFError:
            return False
