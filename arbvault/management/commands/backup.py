"""Make a backup of the database now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from arbvault.backup.programs import BackupError
from arbvault.backup.service import back_up, try_restore


class Command(BaseCommand):
    """Dump the database, or try the newest dump."""

    help = (
        "Dumps the database into a file of BACKUP_DIR, and deletes the old ones there. It may run "
        "while the site works. `restore` brings it back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, or whether the newest one is tried instead."""
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="instead of BACKUP_DIR")
        parser.add_argument(
            "--verify",
            action="store_true",
            help="make none: restore the newest into a database of its own, count, drop it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say which file it is."""
        try:
            if options["verify"]:
                self.stdout.write(f"{try_restore()} brings back every row.")
            else:
                made = back_up(now=timezone.now(), folder=options["to"])
                self.stdout.write(f"{made} ({made.stat().st_size} bytes)")
        except BackupError as error:
            raise CommandError(str(error)) from error
