"""What each endpoint answers, and what it costs in tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from discovery.sandbox.answer import Answer
from discovery.sandbox.catalogue import Catalogue, Store
from discovery.sandbox.categories import Category, category_tree, roots
from discovery.sandbox.deals import Deals
from discovery.sandbox.errors import bad_parameter, out_of_range
from discovery.sandbox.figures import Figures
from discovery.sandbox.finder import find
from discovery.sandbox.insights import search_insights
from discovery.sandbox.product_answers import ProductAnswers
from discovery.sandbox.requests import Request
from discovery.sandbox.selection import parse_selection
from discovery.sandbox.sellers import Sellers
from discovery.sandbox.times import keepa_minutes
from discovery.sandbox.world import World

FINDER: Final = 10
FINDER_PER_100: Final = 1
FINDER_INSIGHTS: Final = 30
CATEGORY: Final = 1
CATEGORY_SEARCH: Final = 1
PRODUCT_SEARCH: Final = 10
BESTSELLERS: Final = 50

_MOST_CATEGORIES: Final = 10
_SEARCH_PAGE: Final = 10
_SEARCH_PAGES: Final = 10


class Answers:
    """The endpoints over one catalogue; `clock` gives aware datetimes."""

    def __init__(self, catalogue: Catalogue, clock: Callable[[], datetime]) -> None:
        self.catalogue = catalogue
        self._clock = clock
        self._products = ProductAnswers(catalogue, self.world, self.store)
        self.endpoints: dict[str, Callable[[Request], Answer]] = {
            "token": self.token,
            "query": self.query,
            "product": self._products.answer,
            "category": self.category,
            "search": self.search,
            "bestsellers": self.bestsellers,
            "deal": Deals(catalogue, self.store, self.figures, clock).answer,
            "seller": Sellers(self.store, self.figures).answer,
        }

    def world(self) -> World:
        """The present world."""
        return self.figures().world

    def store(self, domain: int) -> Store:
        """A marketplace with all that is listed at present."""
        return self.catalogue.store_at(domain, self.world())

    def figures(self) -> Figures:
        """Those of the present world, shared by all the sandboxes over the catalogue."""
        return self.catalogue.figures(keepa_minutes(self._clock()))

    def token(self, request: Request) -> Answer:
        """The balance alone: free."""
        del request
        return Answer(cost=0)

    def query(self, request: Request) -> Answer:
        """Product Finder: 10 + 1 per 100 ASINs or part of 100, whatever page they are on."""
        domain = request.domain()
        selection = parse_selection(request.selection(), self.catalogue, domain)
        figures = self.figures()
        # The page does not change what matches: paging on re-uses the ordered list.
        found = figures.found(
            (domain, _canonical(request.selection())),
            lambda: find(selection, self.store(domain), domain, figures),
        )
        start = selection.page * selection.per_page
        page = found[start : start + selection.per_page]
        cost = FINDER + FINDER_PER_100 * -(-len(page) // 100)
        insights = None
        if request.flag("stats"):
            cost += FINDER_INSIGHTS
            insights = search_insights(found, figures)
        return Answer(
            cost,
            {
                "asinList": [product.asin for product in page],
                "totalResults": len(found),
                "searchInsights": insights,
            },
        )

    def category(self, request: Request) -> Answer:
        """Up to ten ids, or 0 for all roots; unknown ones are left out."""
        domain = request.domain()
        tree = category_tree(domain)
        if not request.text("category"):
            raise bad_parameter("category is missing.")
        try:
            ids = [int(raw) for raw in request.text("category").split(",")]
        except ValueError as error:
            raise bad_parameter("category must be ids.", request.text("category")[:80]) from error
        if len(ids) > _MOST_CATEGORIES:
            raise out_of_range("At most 10 categories can be asked for at once.", str(len(ids)))
        if min(ids) < 0:
            raise bad_parameter("There is no negative category.", str(min(ids)))
        nodes = roots(domain) if ids == [0] else [tree[each] for each in ids if each in tree]
        parents: dict[str, Any] | None = None
        if request.flag("parents"):
            above = {each for node in nodes for each in node.path[:-1]}
            parents = {str(each): self._category(tree[each]) for each in sorted(above)}
        return Answer(
            CATEGORY,
            {
                "categories": {str(node.id): self._category(node) for node in nodes},
                "categoryParents": parents,
            },
        )

    def _category(self, node: Category, *, matched: bool = False) -> dict[str, Any]:
        figures = self.figures()
        products = self.store(node.domain).by_category.get(node.id, [])
        ranks = [
            rank
            for product in products[:500]
            if (rank := figures.value(product, "current_SALES")) is not None
        ]
        return {
            "domainId": node.domain,
            "catId": node.id,
            "name": node.name,
            "contextFreeName": node.name,
            "websiteDisplayGroup": f"{node.shelf.key.replace('-', '_')}_display_on_website",
            "children": list(node.children) or None,
            "parent": node.parent,
            "isBrowseNode": True,
            "highestRank": min(ranks, default=-1),
            "lowestRank": max(ranks, default=-1),
            "productCount": len(products),
            "matched": matched,
        }

    def search(self, request: Request) -> Answer:
        """`type=category` by name, `type=product` by title, ten a page."""
        domain = request.domain()
        term = request.text("term").casefold()
        if len(term) < 3 and not (request.text("type") == "product" and term):
            raise bad_parameter("term must have at least three characters.", term)
        if request.text("type") == "category":
            words = term.split()
            found = [
                node
                for node in category_tree(domain).values()
                if all(word in node.name.casefold() for word in words)
            ]
            categories = {str(node.id): self._category(node, matched=True) for node in found}
            return Answer(CATEGORY_SEARCH, {"categories": categories})
        if request.text("type") != "product":
            raise bad_parameter("type must be category or product.", request.text("type"))
        page = request.whole("page", 0)
        if not 0 <= page < _SEARCH_PAGES:
            raise out_of_range("page must be between 0 and 9.", str(page))
        selection = parse_selection({"title": term}, self.catalogue, domain)
        matches = find(selection, self.store(domain), domain, self.figures())
        matches = matches[page * _SEARCH_PAGE : (page + 1) * _SEARCH_PAGE]
        if request.flag("asins-only"):
            return Answer(PRODUCT_SEARCH, {"asinList": [product.asin for product in matches]})
        products, _ = self._products.encode(request, domain, matches)
        return Answer(PRODUCT_SEARCH, products=products)

    def bestsellers(self, request: Request) -> Answer:
        """The best-ranked products of a category, best first; null for an unknown category."""
        domain = request.domain()
        category = request.whole("category", 0)
        days = request.whole("range", 0)
        if days not in {0, 30, 90, 180}:
            raise out_of_range("range must be 0, 30, 90 or 180.", str(days))
        if category not in category_tree(domain):
            return Answer(BESTSELLERS, {"bestSellersList": None})
        figure = f"avg{days}_SALES" if days else "current_SALES"
        figures = self.figures()
        ranked = [
            (rank, product.asin)
            for product in self.store(domain).by_category[category]
            if (rank := figures.value(product, figure)) is not None
        ]
        best = {
            "domainId": domain,
            "lastUpdate": figures.world.now,
            "categoryId": category,
            "asinList": [asin for _, asin in sorted(ranked)],
        }
        return Answer(BESTSELLERS, {"bestSellersList": best})


def _canonical(selection: object) -> str:
    fields = selection if isinstance(selection, dict) else {}
    matching = {name: value for name, value in fields.items() if name not in {"page", "perPage"}}
    return json.dumps(matching, sort_keys=True)
