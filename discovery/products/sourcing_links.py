"""Where a product may be bought: searches at other shops, whose addresses a user may change.

A pattern is an https address with ``{ean}``, ``{title}``, ``{asin}`` and ``{tld}`` (the end of the
marketplace's own address: ``fr``, ``co.uk``) where the product's stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, urlsplit

from django.contrib.auth.models import AbstractBaseUser

from discovery.accounts.preferences import keep_preferences, preferences_of
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.products.from_keepa import ProductCard

TLD = "tld"
OF_PRODUCT = ("ean", "title", "asin")
PLACEHOLDERS = (*OF_PRODUCT, TLD)
MOST_LINKS, LONGEST_NAME, LONGEST_PATTERN = 20, 40, 300
LONGEST_SEARCH = 80  # characters of a title; shops find nothing for a whole one
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


class LinkProblem(ValueError):
    """Why a link is refused: ``code`` is a key of ``sourcing_links_text.PROBLEMS``."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True)
class SourcingLink:
    """A shop's name and the pattern of its search; ``only``: the marketplaces it is offered on.

    Without ``only`` it is offered on all, as the links of one's own are.
    """

    name: str
    pattern: str
    only: frozenset[str] = frozenset()


def _default(name: str, pattern: str, *only: str) -> SourcingLink:
    return SourcingLink(name, pattern, frozenset(only))


DEFAULTS = (
    _default("Google Shopping", "https://www.google.{tld}/search?tbm=shop&q={ean}"),
    _default("idealo", "https://www.idealo.fr/prechcat.html?q={ean}", "fr"),
    _default(
        "idealo",
        "https://www.idealo.de/preisvergleich/MainSearchProductCategory.html?q={ean}",
        "de",
    ),
    _default("idealo", "https://www.idealo.it/risultati.html?q={ean}", "it"),
    _default("idealo", "https://www.idealo.es/resultados.html?q={ean}", "es"),
    _default("Leboncoin", "https://www.leboncoin.fr/recherche?text={title}", "fr"),
    _default(
        "Vinted",
        "https://www.vinted.{tld}/catalog?search_text={title}",
        *("fr", "de", "it", "es", "uk", "us"),
    ),
    _default(
        "Momox",
        "https://www.momox-shop.fr/produits-C0/?fcIsSearch=1&searchparam={ean}",
        "fr",
    ),
    _default("Rakuten", "https://fr.shopping.rakuten.com/s/{ean}", "fr"),
    _default(
        "eBay",
        "https://www.ebay.{tld}/sch/i.html?_nkw={ean}",
        *("fr", "de", "it", "es", "uk", "us", "ca"),
    ),
)


def links_of(*, user: AbstractBaseUser) -> tuple[SourcingLink, ...]:
    """The user's links in their order; those of the site where none were changed."""
    stored = preferences_of(user=user).sourcing_links
    return tuple(SourcingLink(link["name"], link["pattern"]) for link in stored) or DEFAULTS


def links_to_change(*, user: AbstractBaseUser, marketplace: str) -> tuple[SourcingLink, ...]:
    """The user's links as a form shows them; of the site's, those of one marketplace."""
    return _offered(links_of(user=user), marketplace)


def keep_links(links: Sequence[SourcingLink], *, user: AbstractBaseUser) -> None:
    """Keep the user's links; with none, those of the site are back. Raises ``LinkProblem``."""
    if len(links) > MOST_LINKS:
        raise LinkProblem("too_many", "name")
    for link in links:
        check_link(link)
    stored = [{"name": link.name, "pattern": link.pattern} for link in links]
    keep_preferences(user=user, sourcing_links=stored)


def check_link(link: SourcingLink) -> None:
    """Raises ``LinkProblem`` for a link that cannot be kept."""
    if not link.name:
        raise LinkProblem("no_name", "name")
    if len(link.name) > LONGEST_NAME:
        raise LinkProblem("long_name", "name")
    if problem := _problem_of(link.pattern):
        raise LinkProblem(problem, "pattern")


def _problem_of(pattern: str) -> str:
    names = _PLACEHOLDER.findall(pattern)
    if len(pattern) > LONGEST_PATTERN:
        return "long_pattern"
    if set(names) - set(PLACEHOLDERS) or re.search(r"[{}]", _PLACEHOLDER.sub("", pattern)):
        return "unknown_placeholder"
    if not pattern.startswith("https://") or re.search(r"[\s\\\x00-\x1f]", pattern):
        return "not_https"
    try:
        host = urlsplit(pattern.replace("{tld}", "fr")).netloc
    except ValueError:
        return "no_host"
    if _PLACEHOLDER.search(host):
        return "placeholder_in_host"
    if not _HOST.fullmatch(host.lower()):
        return "no_host"
    return "" if set(names) & set(OF_PRODUCT) else "no_placeholder"


def addresses_for(card: ProductCard, links: Iterable[SourcingLink]) -> tuple[tuple[str, str], ...]:
    """Name and address of each search for the product; its title stands in for an EAN unknown."""
    title = _search_words(card.title) or card.asin
    values = {
        "ean": card.eans[0] if card.eans else title,
        "title": title,
        "asin": card.asin,
    }
    filled = {name: quote_plus(value) for name, value in values.items()}
    filled[TLD] = MARKETPLACES[card.marketplace].host.partition(".amazon.")[2]
    return tuple(
        (link.name, _PLACEHOLDER.sub(lambda found: filled[found[1]], link.pattern))
        for link in _offered(links, card.marketplace)
    )


def _offered(links: Iterable[SourcingLink], marketplace: str) -> tuple[SourcingLink, ...]:
    return tuple(link for link in links if not link.only or marketplace in link.only)


def _search_words(title: str) -> str:
    if len(title) <= LONGEST_SEARCH:
        return title
    return title[: LONGEST_SEARCH + 1].rpartition(" ")[0] or title[:LONGEST_SEARCH]
