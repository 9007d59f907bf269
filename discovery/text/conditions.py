"""A niche's conditions in words, one short phrase each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from discovery.keepa.categories.known import KNOWN
from discovery.keepa.finder import NicheFilters
from discovery.keepa.finder_fields import RANGES, Unit
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.text import formats

# (marketplace, category id) -> name
CategoryNames = Mapping[tuple[str, int], str]

KNOWN_NAMES: CategoryNames = {(known.marketplace, known.id): known.name for known in KNOWN}

CONDITIONS = {
    "bsr": gettext_noop("BSR %(range)s"),
    "bsr_avg90": gettext_noop("mean BSR over 90 days %(range)s"),
    "price": gettext_noop("price %(range)s"),
    "price_avg90": gettext_noop("mean price over 90 days %(range)s"),
    "new_offers": gettext_noop("sellers %(range)s"),
    "fba_offers": gettext_noop("FBA sellers %(range)s"),
    "used_offers": gettext_noop("used offers %(range)s"),
    "monthly_sold": gettext_noop("sales a month %(range)s"),
    "drops30": gettext_noop("rank drops in 30 days %(range)s"),
    "drops90": gettext_noop("rank drops in 90 days %(range)s"),
    "drops180": gettext_noop("rank drops in 180 days %(range)s"),
    "drops365": gettext_noop("rank drops in a year %(range)s"),
    "rating": gettext_noop("rating %(range)s"),
    "reviews": gettext_noop("reviews %(range)s"),
    "weight": gettext_noop("weight in grams %(range)s"),
    "amazon_out_of_stock90": gettext_noop("Amazon out of stock, %% of 90 days, %(range)s"),
    "amazon_buy_box_share90": gettext_noop("Amazon in the Buy Box, %% of 90 days, %(range)s"),
    "buy_box_sellers90": gettext_noop("Buy Box sellers in 90 days %(range)s"),
}

FLAGS = {
    "amazon_absent": gettext_noop("Amazon absent"),
    "exclude_adult": gettext_noop("no adult products"),
    "exclude_hazmat": gettext_noop("no hazardous goods"),
    "exclude_heat_sensitive": gettext_noop("nothing that melts"),
    "single_variation": gettext_noop("one variation of each"),
}


def marketplace_label(code: str) -> str:
    """The store's address as people say it (``Amazon.fr``); an unknown code as it stands."""
    known = MARKETPLACES.get(code)
    return known.host.removeprefix("www.").capitalize() if known else code


def category_label(marketplace: str, category_id: int, names: CategoryNames) -> str:
    """The name of a category, its id when nobody knows the name."""
    key = (marketplace, category_id)
    return KNOWN_NAMES.get(key) or names.get(key) or str(category_id)


def filters_in_words(stored: Mapping[str, Any], names: CategoryNames) -> tuple[str, ...]:
    """The stored conditions as phrases; those of another program are shown as they stand."""
    try:
        filters = NicheFilters.from_canonical(stored)
    except ValueError:
        return tuple(f"{key}: {_plain(value)}" for key, value in stored.items() if value)
    market = filters.market
    phrases = [marketplace_label(market.code)]
    ids = (*filters.root_categories, *filters.categories_include)
    phrases += [category_label(market.code, category, names) for category in ids]
    phrases += [
        _("not %(category)s") % {"category": category_label(market.code, category, names)}
        for category in filters.categories_exclude
    ]
    if filters.title:
        phrases.append(_("“%(words)s” in the title") % {"words": filters.title})
    phrases += [*filters.brand, *filters.author]
    for condition in RANGES:
        low, high = filters.bounds(condition)
        if low is not None or high is not None:
            show = _shown(condition.unit, market.currency)
            phrases.append(_(CONDITIONS[condition.name]) % {"range": bounds(low, high, show)})
    phrases += [_(words) for name, words in FLAGS.items() if getattr(filters, name)]
    return tuple(phrases)


def joined(phrases: Sequence[str]) -> str:
    """Phrases as one enumeration."""
    return pgettext("between items of a list", ", ").join(phrases)


def bounds(low: Any, high: Any, show: Callable[[Any], str] = formats.number) -> str:
    """A range in words; either end may be open."""
    if low is not None and high is not None:
        return f"{show(low)}{formats.NBSP}{formats.DASH}{formats.NBSP}{show(high)}"
    if low is not None:
        return _("from %(low)s") % {"low": show(low)}
    return _("up to %(high)s") % {"high": show(high)}


def _shown(unit: Unit, currency: str) -> Callable[[Any], str]:
    match unit:
        case Unit.MONEY:
            return lambda amount: formats.money(amount, currency)
        case Unit.STARS:
            return lambda stars: formats.number(stars, 1)
        case Unit.INTEGER:
            return formats.number


def _plain(value: Any) -> str:
    return joined([str(item) for item in value]) if isinstance(value, list) else str(value)
