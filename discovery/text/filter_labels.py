"""What each condition of the Product Finder is called on a form, by theme."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

# Of ranges and of yes-or-no filters, by their name in ``keepa.finder_fields``.
LABELS: Mapping[str, str] = {
    "bsr": gettext_noop("Sales rank (BSR)"),
    "bsr_avg90": gettext_noop("Mean BSR over 90 days"),
    "price": gettext_noop("Sell price"),
    "price_avg90": gettext_noop("Mean price over 90 days"),
    "new_offers": gettext_noop("Sellers (new)"),
    "fba_offers": gettext_noop("FBA sellers"),
    "used_offers": gettext_noop("Used offers"),
    "monthly_sold": gettext_noop("Sales a month"),
    "drops30": gettext_noop("Rank drops in 30 days"),
    "drops90": gettext_noop("Rank drops in 90 days"),
    "drops180": gettext_noop("Rank drops in 180 days"),
    "drops365": gettext_noop("Rank drops in a year"),
    "rating": gettext_noop("Rating (0 to 5 stars)"),
    "reviews": gettext_noop("Number of reviews"),
    "weight": gettext_noop("Weight with its packaging (g)"),
    "amazon_out_of_stock90": gettext_noop("Amazon out of stock over 90 days (%)"),
    "amazon_buy_box_share90": gettext_noop("Amazon in the Buy Box over 90 days (%)"),
    "buy_box_sellers90": gettext_noop("Sellers in the Buy Box over 90 days"),
    "amazon_absent": gettext_noop("Amazon not on the listing"),
    "exclude_adult": gettext_noop("Without adult products"),
    "exclude_hazmat": gettext_noop("Without hazardous goods"),
    "exclude_heat_sensitive": gettext_noop("Without heat-sensitive goods"),
    "single_variation": gettext_noop("One variation of each family"),
}

WORDS = {
    "brand": gettext_noop("Brand"),
    "author": gettext_noop("Author"),
    "excluded": gettext_noop("Categories left out"),
    "price_type": gettext_noop("Price meant"),
    "sort": gettext_noop("Which products first"),
}

# Always on the form; the others are added one by one.
ALWAYS = ("bsr", "price", "new_offers", "monthly_sold", "amazon_absent")

# Theme -> what can be added, in the order offered.
THEMES: Mapping[str, tuple[str, ...]] = {
    gettext_noop("Words and brands"): ("brand", "author", "excluded"),
    gettext_noop("Rank and sales"): (
        "bsr_avg90", "drops30", "drops90", "drops180", "drops365", "sort",
    ),
    gettext_noop("Prices"): ("price_avg90", "price_type"),
    gettext_noop("Competition"): ("fba_offers", "used_offers", "buy_box_sellers90"),
    "Amazon": ("amazon_out_of_stock90", "amazon_buy_box_share90"),
    gettext_noop("Product"): (
        "rating", "reviews", "weight", "exclude_adult", "exclude_hazmat",
        "exclude_heat_sensitive", "single_variation",
    ),
}  # fmt: skip

PRICE_TYPES = {
    "NEW": gettext_noop("lowest new offer"),
    "BUY_BOX_SHIPPING": gettext_noop("Buy Box"),
    "NEW_FBA": gettext_noop("lowest FBA offer"),
    "NEW_FBM_SHIPPING": gettext_noop("lowest FBM offer"),
    "USED": gettext_noop("lowest used offer"),
    "BUY_BOX_USED_SHIPPING": gettext_noop("used Buy Box"),
    "AMAZON": gettext_noop("Amazon's price"),
    "LISTPRICE": gettext_noop("list price"),
}

SORTS = {
    "bsr": gettext_noop("the best ranks"),
    "-bsr": gettext_noop("the worst ranks"),
    "bsr_avg90": gettext_noop("the best mean ranks over 90 days"),
    "price": gettext_noop("the cheapest"),
    "-price": gettext_noop("the dearest"),
    "-monthly_sold": gettext_noop("the most sold"),
    "-drops90": gettext_noop("the most rank drops in 90 days"),
    "new_offers": gettext_noop("the fewest sellers"),
}
