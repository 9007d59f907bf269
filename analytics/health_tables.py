"""The figures of the caches as tables of words: the same on a terminal and in the admin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from analytics.figures import CURRENCY, CacheFigures, Period, TokenSummary
from discovery.text import formats


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table; the first column says what the row is about, the others are figures."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def cache_sheet(caches: Iterable[CacheFigures]) -> Sheet:
    """One row a cache: entries, hits, hits per entry, sizes in kB or MB."""
    headers = (
        _("Cache"), _("Entries"), _("Live"), _("Expired"), _("Hits"), _("Hits per entry"),
        _("Rating"), _("Tokens spent"), _("Table"), _("Indexes"), _("Oldest entry"),
    )  # fmt: skip
    rows = (
        (
            cache.label,
            formats.number(cache.entries),
            formats.number(cache.live),
            formats.number(cache.expired),
            formats.number(cache.hits),
            formats.number(cache.average_reuse, 1),
            cache.rating.label,
            formats.number(cache.tokens_spent),
            formats.size(cache.table_bytes),
            formats.size(cache.index_bytes),
            formats.when(cache.oldest_at),
        )
        for cache in caches
    )
    return Sheet(headers, tuple(rows))


def period_sheet(periods: Iterable[Period]) -> Sheet:
    """One row a period: searches, hit ratio in percent, tokens and their price in ``CURRENCY``."""
    headers = (
        _("Period"), _("Searches"), _("From the cache"), _("Hit ratio"), _("Tokens spent"),
        _("Worth"), _("Tokens saved"), _("Worth"),
    )  # fmt: skip
    rows = (
        (
            period.label,
            formats.number(period.searches),
            formats.number(period.hits),
            formats.percent(None if period.ratio is None else period.ratio * 100, 1),
            formats.number(period.tokens_spent),
            formats.money(period.money_spent, CURRENCY),
            formats.number(period.tokens_saved),
            formats.money(period.money_saved, CURRENCY),
        )
        for period in periods
    )
    return Sheet(headers, tuple(rows))


def spending_sheet(summary: TokenSummary) -> Sheet:
    """One row a kind of Keepa call and its purpose, in tokens; the last row is the total."""
    headers = (_("Keepa call"), _("Purpose"), _("Calls"), _("Not answered"), _("Tokens spent"))
    rows = [
        (
            use.endpoint,
            use.purpose,
            formats.number(use.calls),
            formats.number(use.failed),
            formats.number(use.tokens),
        )
        for use in summary.uses
    ]
    total = (
        _("Total"),
        "",
        formats.number(summary.calls),
        formats.number(summary.failed),
        formats.number(summary.spent),
    )
    return Sheet(headers, (*rows, total))
