"""`manage.py keepa_sandbox`: the demonstration Keepa on real sockets."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from discovery.sandbox.serve import add_arguments, serve_until_stopped


class Command(BaseCommand):
    """Serve the demonstration Keepa."""

    help = "Serve a Keepa-compatible API with made-up data until stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sandbox's own options."""
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until stopped; raises ``CommandError`` when the address is taken."""
        try:
            serve_until_stopped(argparse.Namespace(**options), say=self._say)
        except OSError as error:
            raise CommandError(
                _("Cannot serve on %(host)s:%(port)s: %(error)s") % {**options, "error": error}
            ) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
