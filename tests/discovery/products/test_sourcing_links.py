"""Searches at other shops: filled in for a product, and each user's own."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import Preferences
from discovery.products.from_keepa import ProductCard
from discovery.products.sourcing_links import (
    DEFAULTS,
    MOST_LINKS,
    SourcingLink,
    addresses_for,
    check_link,
    links_of,
)
from discovery.products.sourcing_links_text import PROBLEMS
from tests.discovery.builders import scored_product
from tests.discovery.products.test_pages import PAGE, stored

Visitor = Callable[..., Any]
LINKS = "/configuration/liens/"
EAN = "3760123456789"


def card(**changes: Any) -> ProductCard:
    known = replace(scored_product(title="Jeu & été « fou »").card, marketplace="fr", eans=(EAN,))
    return replace(known, **changes)


def asked(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query)


class TestAddresses:
    def test_french_shops_are_searched_for_a_french_product(self) -> None:
        found = dict(addresses_for(card(), DEFAULTS))
        assert list(found) == [
            "Google Shopping", "idealo", "Leboncoin", "Vinted", "Momox", "Rakuten", "eBay",
        ]  # fmt: skip
        assert asked(found["eBay"]) == {"_nkw": [EAN]}
        assert urlsplit(found["eBay"]).netloc == "www.ebay.fr"
        assert asked(found["Leboncoin"]) == {"text": ["Jeu & été « fou »"]}

    @pytest.mark.parametrize("marketplace", MARKETPLACES)
    def test_every_marketplace_has_shops_of_its_own(self, marketplace: str) -> None:
        found = addresses_for(card(marketplace=marketplace), DEFAULTS)
        assert found
        for name, address in found:
            assert "{" not in address
            check_link(SourcingLink(name, address.replace(EAN, "{ean}") + "{asin}"))
        assert ("Leboncoin" in dict(found)) is (marketplace == "fr")

    def test_the_title_stands_in_for_an_unknown_ean(self) -> None:
        found = dict(addresses_for(card(eans=()), DEFAULTS))
        assert asked(found["eBay"]) == {"_nkw": ["Jeu & été « fou »"]}
        untitled = dict(addresses_for(card(eans=(), title=""), DEFAULTS))
        assert asked(untitled["eBay"]) == {"_nkw": [card().asin]}

    def test_a_long_title_is_cut_between_words(self) -> None:
        (link,) = addresses_for(
            card(title="mot " * 100), [SourcingLink("x", "https://x.fr/?q={title}")]
        )
        (words,) = asked(link[1])["q"]
        assert len(words) <= 80
        assert set(words.split()) == {"mot"}


REFUSED = {
    "no_name": ("", "https://x.fr/{ean}"),
    "long_name": ("x" * 41, "https://x.fr/{ean}"),
    "long_pattern": ("x", "https://x.fr/{ean}" + "y" * 300),
    "not_https": ("x", "javascript:alert({ean})"),
    "no_host": ("x", "https://localhost/{ean}"),
    "placeholder_in_host": ("x", "https://{asin}.fr/"),
    "no_placeholder": ("x", "https://x.{tld}/search"),
    "unknown_placeholder": ("x", "https://x.fr/{isbn}"),
}
TRICKY = [
    "http://x.fr/{ean}",
    "https://x.fr/ {ean}",
    "https://user@x.fr/{ean}",
    "https://x.fr:8000/{ean}",
    "https:///{ean}",
    "https://[x/{ean}",
    "https://x.fr\\{ean}",
    "https://x.fr/{ean",
    "//x.fr/{ean}",
    "https://x.fr/{ean.__class__}",
]


@pytest.mark.django_db
class TestPage:
    def save(self, visitor: Any, *rows: tuple[str, str], action: str = "save") -> Any:
        names, patterns = [row[0] for row in rows], [row[1] for row in rows]
        typed = {"name": names, "pattern": patterns, "action": action}
        return visitor.post(LINKS, typed)

    def kept(self, visitor: Any) -> list[str]:
        return [link.name for link in links_of(user=visitor.user)]

    def test_links_are_added_changed_ordered_and_removed(self, client_of: Visitor) -> None:
        anne = client_of()
        one, two = ("Un", "https://un.fr/?q={ean}"), ("Deux", "https://deux.fr/?q={title}")
        assert self.save(anne, one, two, ("", "")).status_code == 302
        assert self.kept(anne) == ["Un", "Deux"]
        self.save(anne, one, two, action="down:0")
        assert self.kept(anne) == ["Deux", "Un"]
        self.save(anne, two, one, action="up:1")
        assert self.kept(anne) == ["Un", "Deux"]
        self.save(anne, one, two, action="up:0")
        assert self.kept(anne) == ["Un", "Deux"]
        self.save(anne, one, two, action="remove:0")
        assert self.kept(anne) == ["Deux"]
        assert "https://deux.fr/?q={title}" in anne.get(LINKS).content.decode()
        self.save(anne, action="reset")
        assert links_of(user=anne.user) == DEFAULTS

    def test_they_are_ones_own_and_on_the_product_page(self, client_of: Visitor) -> None:
        stored()
        anne = client_of("anne")
        self.save(anne, ("Grossiste", "https://grossiste.fr/cherche?q={asin}"))
        page = html.unescape(anne.get(PAGE).content.decode())
        (link,) = re.findall(r'<a href="https://grossiste\.fr[^>]*>', page)
        assert link == (
            '<a href="https://grossiste.fr/cherche?q=0131103628" target="_blank"'
            ' rel="noopener noreferrer">'
        )
        assert "ebay" not in page
        assert "grossiste" not in client_of("paul").get(PAGE).content.decode()

    @pytest.mark.parametrize("code", REFUSED)
    def test_what_cannot_be_kept_is_named_beside_what_was_typed(
        self, client_of: Visitor, code: str
    ) -> None:
        anne = client_of()
        answer = self.save(anne, ("Bon", "https://bon.fr/{ean}"), REFUSED[code])
        assert answer.status_code == 422
        text = html.unescape(answer.content.decode())
        assert text.count('role="alert"') == 1
        assert f'value="{REFUSED[code][1]}"' in text
        assert not Preferences.objects.exists()

    @pytest.mark.parametrize("pattern", TRICKY)
    def test_only_plain_addresses_of_sites_are_kept(self, client_of: Visitor, pattern: str) -> None:
        assert self.save(client_of(), ("x", pattern)).status_code == 422

    def test_there_is_a_bound_to_them_and_never_none(self, client_of: Visitor) -> None:
        anne = client_of()
        good = ("x", "https://x.fr/{ean}")
        assert self.save(anne, *[good] * (MOST_LINKS + 1)).status_code == 422
        assert self.save(anne, *[good] * MOST_LINKS).status_code == 302
        assert self.save(anne, good, action="remove:0").status_code == 302
        assert len(self.kept(anne)) == MOST_LINKS


def test_every_refusal_has_been_seen_with_its_sentence() -> None:
    assert set(PROBLEMS) == {*REFUSED, "too_many"}
