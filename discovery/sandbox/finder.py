"""Product Finder: which products satisfy a selection, in which order."""

from __future__ import annotations

from discovery.sandbox.catalogue import Store
from discovery.sandbox.categories import category_tree
from discovery.sandbox.figures import Figures
from discovery.sandbox.products import Product
from discovery.sandbox.selection import Range, Selection


def find(selection: Selection, store: Store, domain: int, figures: Figures) -> list[Product]:
    """Every match in order; the caller cuts the page out."""
    found = _candidates(selection, store, domain)
    for bounds in selection.ranges:
        found = [product for product in found if _within(figures, product, bounds)]
    for test in selection.tests:
        found = [product for product in found if test(figures, product)]
    found = _sorted(found, selection.sort or (("current_SALES", False),), figures)
    return _one_per_family(found) if selection.single_variation else found


def _candidates(selection: Selection, store: Store, domain: int) -> list[Product]:
    found = store.live
    if selection.categories:
        narrowest = min(
            selection.categories,
            key=lambda group: sum(len(store.by_category.get(each, ())) for each in group),
        )
        seen = {
            product.number: product
            for category in narrowest
            for product in store.by_category.get(category, ())
        }
        found = [seen[number] for number in sorted(seen)]
        known = category_tree(domain)
        found = [
            product
            for product in found
            if all(
                any(node in group and node in known for node in product.category.path)
                for group in selection.categories
            )
        ]
    if selection.excluded:
        found = [each for each in found if not selection.excluded & {*each.category.path}]
    return found


def _within(figures: Figures, product: Product, bounds: Range) -> bool:
    value = figures.value(product, bounds.figure)
    return value is not None and bounds.low <= value <= bounds.high


def _sorted(
    found: list[Product], sort: tuple[tuple[str, bool], ...], figures: Figures
) -> list[Product]:
    """Products without a value come last either way; ties stay in the order of their ASINs."""

    def place(product: Product) -> tuple[object, ...]:
        keys: list[object] = []
        for figure, descending in sort:
            value = figures.value(product, figure)
            keys += (value is None, 0 if value is None else -value if descending else value)
        return (*keys, product.asin)

    return sorted(found, key=place)


def _one_per_family(found: list[Product]) -> list[Product]:
    families: dict[str, Product] = {}
    for product in found:
        families.setdefault(product.parent_asin or product.asin, product)
    return list(families.values())
