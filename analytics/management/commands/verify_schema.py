from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from analytics.schema import verify_schema


class Command(BaseCommand):
    help = "Compare the database with the models, table by table; exits 1 when they differ."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *_args: Any, database: str, **_options: Any) -> None:
        checks = verify_schema(using=database)
        for check in checks:
            self._print(f"{'OK' if check.ok else 'FAIL':<5} {check.name}")
            for difference in check.differences:
                self._print(f"      - {difference}")
        drifted = sum(not check.ok for check in checks)
        if drifted:
            raise CommandError(f"The schema has drifted: {drifted} of {len(checks)} checks failed.")

    def _print(self, line: str) -> None:
        # Plain ASCII for any terminal and log, whatever other programs named their columns.
        self.stdout.write(line.encode("ascii", "backslashreplace").decode())
