"""The figures of the caches as tables of text: the same on a terminal and in the admin."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from analytics.figures import CURRENCY, CacheFigures, Period, TokenUse
from discovery.text.calls import endpoint_label, purpose_label
from discovery.text.formats import money, number, percent, size, when

# A column: its heading, the attribute it shows, and how that is written.
Column = tuple[str, str, Callable[[Any], str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table; the first column says what the row is about, the others are figures."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def cache_sheet(caches: Iterable[CacheFigures]) -> Sheet:
    """One row a cache: entries, hits, hits per entry, sizes in kB or MB."""
    return _sheet(
        caches,
        (_("Cache"), "label", str),
        (_("Entries"), "entries", number),
        (_("Live"), "live", number),
        (_("Expired"), "expired", number),
        (_("Hits"), "hits", number),
        (_("Hits per entry"), "average_reuse", partial(number, decimals=1)),
        (_("Rating"), "rating", lambda rating: str(rating.label)),
        (_("Tokens spent"), "tokens_spent", number),
        (_("Table"), "table_bytes", size),
        (_("Indexes"), "index_bytes", size),
        (_("Oldest entry"), "oldest_at", when),
    )


def period_sheet(periods: Iterable[Period]) -> Sheet:
    """One row a period: searches, hit ratio in percent, tokens and their price in ``CURRENCY``."""
    return _sheet(
        periods,
        (_("Period"), "label", str),
        (_("Searches"), "searches", number),
        (_("From the cache"), "hits", number),
        (_("Hit ratio"), "ratio", _share),
        (_("Tokens spent"), "tokens_spent", number),
        (_("Worth"), "money_spent", _price),
        (_("Tokens saved"), "tokens_saved", number),
        (_("Worth"), "money_saved", _price),
    )


def spending_sheet(uses: Sequence[TokenUse]) -> Sheet:
    """One row a kind of Keepa call and its purpose, in tokens; the last row is the total."""
    total = TokenUse(
        _("Total"),
        purpose="",
        calls=sum(use.calls for use in uses),
        failed=sum(use.failed for use in uses),
        tokens=sum(use.tokens for use in uses),
    )
    return _sheet(
        (*uses, total),
        (_("Keepa call"), "endpoint", endpoint_label),
        (_("Purpose"), "purpose", purpose_label),
        (_("Calls"), "calls", number),
        (_("Not answered"), "failed", number),
        (_("Tokens spent"), "tokens", number),
    )


def _sheet(subjects: Iterable[Any], *columns: Column) -> Sheet:
    return Sheet(
        headers=tuple(heading for heading, _name, _write in columns),
        rows=tuple(
            tuple(write(getattr(subject, name)) for _heading, name, write in columns)
            for subject in subjects
        ),
    )


def _share(ratio: float | None) -> str:
    return percent(None if ratio is None else ratio * 100, 1)


def _price(amount: Decimal) -> str:
    return money(amount, CURRENCY)
