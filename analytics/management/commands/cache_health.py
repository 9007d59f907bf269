from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analytics.alerts import alert_text
from analytics.cache_health import cache_health
from analytics.figures import CacheHealth
from analytics.health_tables import Sheet, cache_sheet, period_sheet
from discovery.management.terminal import terminal_language
from discovery.text import formats

PIPE_WIDTH = 140


class Command(BaseCommand):
    help = "Show how well the caches save tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what the API answers")

    def handle(self, *_args: Any, **options: Any) -> None:
        health = cache_health(now=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(health.to_json(), indent=2))
            return
        with translation.override(terminal_language()):
            self._print(health)

    def _print(self, health: CacheHealth) -> None:
        on_terminal = self.stdout.isatty()
        console = Console(
            file=self.stdout,  # type: ignore[arg-type]
            width=None if on_terminal else PIPE_WIDTH,
        )
        for sheet in (cache_sheet(health.caches), period_sheet(health.periods)):
            console.print(_table(sheet, framed=on_terminal))
            console.print()
        line = _("Next purge: %(when)s") % {"when": formats.when(health.next_purge_at)}
        console.print(Text(line))
        if health.alert is not None:
            console.print(Text(alert_text(health.alert), style="bold red"))


def _table(sheet: Sheet, *, framed: bool) -> Table:
    table = Table(header_style="bold", box=box.ROUNDED if framed else None)
    for position, header in enumerate(sheet.headers):
        table.add_column(header, justify="right" if position else "left", no_wrap=not position)
    for row in sheet.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
