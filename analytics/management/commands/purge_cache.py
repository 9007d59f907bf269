from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone, translation
from django.utils.translation import ngettext

from discovery.cache import PurgeReport, purge
from discovery.management.terminal import terminal_language


class Command(BaseCommand):
    help = "Delete cache entries past their expiry and grace; live ones are never touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, delete nothing")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        report = purge(now=timezone.now(), dry_run=dry_run)
        for name, removed in (
            ("product_discovery_cache", report.discovery_removed),
            ("product_scoring_cache", report.scoring_removed),
            ("discovery_lease", report.leases_removed),
        ):
            self.stdout.write(f"{name:<24} {removed:>8}")
        with translation.override(terminal_language()):
            self.stdout.write(_summary(report))


def _summary(report: PurgeReport) -> str:
    if report.dry_run:
        text = ngettext(
            "%(n)d row would be removed; nothing was.",
            "%(n)d rows would be removed; nothing was.",
            report.total,
        )
    else:
        text = ngettext("%(n)d row removed.", "%(n)d rows removed.", report.total)
    return text % {"n": report.total}
