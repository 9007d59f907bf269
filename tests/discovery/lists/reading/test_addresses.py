"""Addresses of products, as browsers, telephones and tools give them."""

from __future__ import annotations

import pytest

from discovery.lists.reading.addresses import read_address
from discovery.lists.reading.model import BadCell, BadReason
from tests.discovery.lists.reading.examples import bad, codes, lines, notes, pasted

ASIN = "B0FAKE0099"
SHAPES = [
    "https://www.amazon.fr/dp/{}", "https://www.amazon.fr/Un-titre-%C3%A9/dp/{}/ref=sr_1_3?qid=1711111111",
    "https://www.amazon.fr/gp/product/{}/ref=x?psc=1", "https://www.amazon.fr/-/en/dp/{}",
    "https://www.amazon.fr/gp/aw/d/{}", "https://www.amazon.fr/gp/offer-listing/{}/ref=dp",
    "https://www.amazon.fr/exec/obidos/ASIN/{}/tag-21", "https://www.amazon.fr/o/ASIN/{}",
    "https://www.amazon.fr/d/Livre/Titre/{}", "https://www.amazon.fr/dp/product/{}",
    "https://www.amazon.fr/product-reviews/{}/", "amazon.fr/dp/{}", "www.amazon.fr/dp/{}?th=1",
    "https://smile.amazon.fr/dp/{}", "https://m.amazon.fr/dp/{}",
    "https://www.amazon.fr/sspa/click?ie=UTF8&url=%2FTitre%2Fdp%2F{}%2Fref%3Dsr",
    "https://www.amazon.fr/gp/slredirect/x.html?url=%252Ftitre%252Fdp%252F{}%252F",
    "https://www.google.com/url?q=https%3A%2F%2Fwww.amazon.fr%2Fdp%2F{}&sa=D",
    "https://www.amazon.fr/s?k={}&__mk_fr_FR=1", "https://keepa.com/#!product/4-{}",
    "[voir](https://www.amazon.fr/dp/{})", '=HYPERLINK("https://www.amazon.fr/dp/{}";"voir")',
    "https://www.amazon.fr/dp/{}&amp;th=1", "voir https://www.amazon.fr/dp/{} en promo",
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("asin", [ASIN, ASIN.lower(), "080442957X"])
def test_every_shape_leads_to_its_product(shape: str, asin: str) -> None:
    found = read_address(shape.format(asin))
    if asin[0].isdigit() and "/d/Livre" in shape:
        return  # nothing marks ten digits in such a path as a product
    assert found is not None
    assert (found.identifier.value, found.store) == (asin.upper(), "amazon.fr")


@pytest.mark.parametrize("text", ["https://amzn.eu/d/aBc12", "amzn.to/3xYz", "https://a.co/d/0aBc"])
def test_short_links_are_named_as_such(text: str) -> None:
    assert bad(pasted(text)) == [(1, BadReason.SHORT_LINK)]


@pytest.mark.parametrize(
    "text",
    [
        "https://www.amazon.fr/dp/",
        "https://www.amazon.fr/b?node=2070368228",
        "https://www.fnac.com/a1",
    ],
)
def test_an_address_without_a_product_is_refused(text: str) -> None:
    with pytest.raises(BadCell, match="not_an_identifier"):
        read_address(text)


def test_a_search_for_a_code_is_that_code() -> None:
    found = read_address("https://www.amazon.fr/s?k=4006381333931")
    assert found is not None
    assert found.identifier.value == "4006381333931"


def test_an_address_of_another_marketplace_is_read_and_noted() -> None:
    read = pasted(f"https://www.amazon.de/dp/{ASIN}\nhttps://keepa.com/#!product/2-B0FAKE0098\n")
    assert codes(read) == [ASIN, "B0FAKE0098"]
    assert notes(read) == [[("other_store", "amazon.de")], [("other_store", "amazon.co.uk")]]
    assert notes(pasted(f"https://www.amazon.fr/dp/{ASIN}")) == [[]]


def test_a_cost_after_an_address_keeps_its_comma() -> None:
    assert [
        cost for _code, cost, _n in lines(pasted(f"https://www.amazon.fr/dp/{ASIN} 12,50"))
    ] == [12.5]
