"""What each setting of a business profile is called: its group, label, help and unit."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from discovery.scoring.profile import SPECS

# Group -> its title and what it decides; in the order a reseller thinks.
GROUPS = {
    "thresholds": (
        gettext_noop("What a verdict asks for"),
        gettext_noop("The floors of Consider, Buy and Strong buy; each asks at least the former."),
    ),
    "selling": (
        gettext_noop("What you sell, at which price"),
        gettext_noop("The condition and the price every figure starts from."),
    ),
    "cost": (
        gettext_noop("What it costs you"),
        gettext_noop("How you state prices, and what stands in where you gave none."),
    ),
    "vat": (
        gettext_noop("VAT"),
        gettext_noop("Left empty, the rate is that of the marketplace and the category."),
    ),
    "fees": (
        gettext_noop("Amazon fees"),
        gettext_noop(
            "Amounts excl. VAT. Left empty, Amazon's dated tables and Keepa's figures are used."
        ),
    ),
    "own_costs": (
        gettext_noop("What sending it in costs you"),
        gettext_noop(
            "Shipping to Amazon, preparation, returns and a margin of safety. Amounts excl. VAT."
        ),
    ),
    "risk": (
        gettext_noop("When a risk is worth a flag"),
        gettext_noop("How far a figure must stray before it is pointed out."),
    ),
    "caps": (
        gettext_noop("The best verdict each flag leaves"),
        gettext_noop("A flag can only lower a verdict. Empty: it is shown and changes nothing."),
    ),
    "velocity": (
        gettext_noop("How fast it sells"),
        gettext_noop("How sales are estimated and become a score from 0 to 100."),
    ),
    "confidence": (
        gettext_noop("How sure the figures are"),
        gettext_noop("What a confidence from 0 to 100 is made of, and how results are ranked."),
    ),
    "sourcing": (
        gettext_noop("What is found for you"),
        gettext_noop("Purchases in Europe, price dips, and what a pick is called."),
    ),
    "assumptions": (
        gettext_noop("Default values"),
        gettext_noop("Always flagged where used."),
    ),
}

# Setting -> its name.
SETTINGS = {
    "condition": gettext_noop("Condition you sell in"),
    "price_basis": gettext_noop("Sell price expected"),
    "average_days": gettext_noop("Length of the average"),
    "seller_country": gettext_noop("Country you are established in"),
    "used_grade": gettext_noop("Grade of the used copies you sell"),
    "cost_method": gettext_noop("Default cost"),
    "price_factor_percent": gettext_noop("Assumed cost, share of the sell price"),
    "buy_from_fbm": gettext_noop("Buy from FBM sellers"),
    "buy_from_lowest": gettext_noop("Buy the cheapest offer of the listing"),
    "buy_from_amazon": gettext_noop("Buy from Amazon itself"),
    "buy_from_warehouse": gettext_noop("Buy Amazon's returned goods"),
    "sourcing_least_cost_percent": gettext_noop("Lowest realistic cost, share of the sell price"),
    "cost_vat": gettext_noop("The prices you give are"),
    "regime": gettext_noop("VAT regime"),
    "sale_vat_percent": gettext_noop("VAT rate of your sales"),
    "purchase_vat_percent": gettext_noop("VAT rate of your purchases"),
    "fee_vat_percent": gettext_noop("VAT rate of Amazon's fees"),
    "referral_percent": gettext_noop("Referral fee"),
    "referral_minimum": gettext_noop("Smallest referral fee"),
    "closing_fee": gettext_noop("Closing fee"),
    "fba_fee": gettext_noop("FBA fulfilment fee, a unit"),
    "fuel_surcharge_percent": gettext_noop("Fuel surcharge on fulfilment"),
    "peak_surcharge": gettext_noop("Peak season surcharge, a unit"),
    "digital_services_percent": gettext_noop("Digital services fee"),
    "placement_fee": gettext_noop("Inbound placement, a unit"),
    "storage_per_m3": gettext_noop("Storage"),
    "fee_mismatch_percent": gettext_noop("Fees disagree from"),
    "inbound_per_kg": gettext_noop("Shipping to Amazon"),
    "prep_per_unit": gettext_noop("Preparation, a unit"),
    "returns_percent": gettext_noop("Reserve for returns"),
    "returns_books_percent": gettext_noop("Reserve for returns of books and media"),
    "returns_high_percent": gettext_noop("Reserve for returns of what comes back often"),
    "buffer_percent": gettext_noop("Margin of safety"),
    "assumed_referral_percent": gettext_noop("Referral fee"),
    "assumed_fba_fee": gettext_noop("FBA fulfilment fee, a unit"),
    "assumed_weight_g": gettext_noop("Weight"),
    "assumed_volume_cm3": gettext_noop("Volume"),
    "assumed_days_to_sell": gettext_noop("Time to sell"),
    "assumed_competitors": gettext_noop("Competing offers"),
    "assumed_amazon_share_percent": gettext_noop("Share of the sales Amazon keeps where it sells"),
    "assumed_family_size": gettext_noop("Variations of a family"),
    "floors_join": gettext_noop("ROI, profit and margin floors"),
    "roi_target_percent": gettext_noop("Buy: ROI"),
    "min_profit": gettext_noop("Buy: profit"),
    "min_margin_percent": gettext_noop("Buy: margin"),
    "buy_velocity": gettext_noop("Buy: velocity"),
    "buy_confidence": gettext_noop("Buy: confidence"),
    "strong_roi_percent": gettext_noop("Strong buy: ROI"),
    "strong_profit": gettext_noop("Strong buy: profit"),
    "strong_margin_percent": gettext_noop("Strong buy: margin"),
    "strong_velocity": gettext_noop("Strong buy: velocity"),
    "strong_confidence": gettext_noop("Strong buy: confidence"),
    "consider_roi_percent": gettext_noop("Consider: ROI"),
    "consider_profit": gettext_noop("Consider: profit"),
    "consider_margin_percent": gettext_noop("Consider: margin"),
    "consider_velocity": gettext_noop("Consider: velocity"),
    "consider_confidence": gettext_noop("Consider: confidence"),
    "weight_drops_30": gettext_noop("Weight of the last 30 days' rank drops"),
    "weight_drops_90": gettext_noop("Weight of the last 90 days' rank drops"),
    "weight_drops_180": gettext_noop("Weight of the last 180 days' rank drops"),
    "drops_saturation": gettext_noop("Rank drops tell no more above"),
    "drops_floor_rank": gettext_noop("Top sellers, up to rank"),
    "rank_law_coefficient": gettext_noop("Rank law: sales at rank 1"),
    "rank_law_exponent": gettext_noop("Rank law: exponent"),
    "used_sales_percent": gettext_noop("Share of the sales that are used copies"),
    "fbm_weight_percent": gettext_noop("Weight of an FBM seller"),
    "near_price_percent": gettext_noop("Share of offers near the price"),
    "half_score_sales": gettext_noop("Your sales that give half the points"),
    "trend_weight": gettext_noop("Weight of the trend"),
    "out_of_stock_weight_percent": gettext_noop("Weight of the time out of stock"),
    "rank_law_ceiling": gettext_noop("Rank law: the most one product sells"),
    "newcomer_share_percent": gettext_noop("Sales left to a newcomer where one seller holds all"),
    "amazon_share_alert_percent": gettext_noop("Amazon holds the Buy Box, from"),
    "amazon_presence_alert_percent": gettext_noop("Amazon present, from"),
    "spike_percent": gettext_noop("Price spike, above the 90-day price"),
    "fall_percent": gettext_noop("Price falling, 30 days under 90 days"),
    "corridor_tolerance_percent": gettext_noop("Tolerance around the usual price"),
    "rarely_profitable_percent": gettext_noop("Rarely profitable, under"),
    "rank_worsening_percent": gettext_noop("Sales rank worsening, from"),
    "offer_surge_percent": gettext_noop("Sellers rushing in, from"),
    "out_of_stock_alert_percent": gettext_noop("Often out of stock, from"),
    "fixed_price_tolerance_percent": gettext_noop("Fixed-price book, under its list price by"),
    "dominant_seller_percent": gettext_noop("One seller holds the Buy Box, from"),
    "few_data_days": gettext_noop("Short history, under"),
    "stale_hours": gettext_noop("Old data, from"),
    "cliff_reach_percent": gettext_noop("Price cliffs are looked for within"),
    "better_price_gain": gettext_noop("A better price is suggested from a gain of"),
    "weight_completeness": gettext_noop("Weight of completeness"),
    "weight_freshness": gettext_noop("Weight of freshness"),
    "weight_history": gettext_noop("Weight of the history's length"),
    "weight_cost": gettext_noop("Weight of how the cost is known"),
    "fresh_hours": gettext_noop("Data are fresh for"),
    "full_history_days": gettext_noop("A full history is"),
    "confidence_lowest_offer": gettext_noop("Confidence in a cost read from an offer"),
    "confidence_price_factor": gettext_noop("Confidence in an assumed cost"),
    "confidence_europe": gettext_noop("Confidence in a cost found in Europe"),
    "confidence_dip": gettext_noop("Confidence in the cost of a price dip"),
    "max_days_to_sell": gettext_noop("Longest time to sell counted"),
    "carriage_de": gettext_noop("Carriage from Germany, a unit"),
    "carriage_it": gettext_noop("Carriage from Italy, a unit"),
    "carriage_es": gettext_noop("Carriage from Spain, a unit"),
    "carriage_fr": gettext_noop("Carriage from France, a unit"),
    "carriage_per_kg": gettext_noop("Carriage by weight, on top"),
    "intra_eu_vat_number": gettext_noop("You buy in Europe with an intra-Community VAT number"),
    "identity_title_percent": gettext_noop("Same product from titles alike to"),
    "dip_percent": gettext_noop("Price dip, under the usual price by"),
    "dip_comebacks": gettext_noop("A dip is proven once it came back"),
    "anomaly_roi_percent": gettext_noop("Too good to be true, ROI above"),
    "revenant_hours": gettext_noop("Back again, after an absence of"),
    "stable_hours": gettext_noop("Stable, seen again after"),
    "stable_price_percent": gettext_noop("Stable: the price moved by at most"),
    "stable_roi_points": gettext_noop("Stable: the ROI moved by at most"),
    "stable_offers": gettext_noop("Stable: the number of offers moved by at most"),
}
# Setting -> what a person needs to know to set it, where the name does not say it all.
HELP = {
    "price_basis": gettext_noop("The lower of today's price and the average protects from spikes."),
    "seller_country": gettext_noop("Amazon's digital services fee depends on it."),
    "used_grade": gettext_noop(
        "They are priced against copies as good or better. Worse copies are not bought on the "
        "listing."
    ),
    "price_factor_percent": gettext_noop(
        "An assumption for the details alone: the ROI is then hypothetical, the product to source."
    ),
    "sourcing_least_cost_percent": gettext_noop(
        "Without a known cost, a product whose maximum price does not reach it is skipped."
    ),
    "cost_vat": gettext_noop(
        "Where neither the list's heading nor you say it. It can be changed wherever a cost is "
        "given."
    ),
    "inbound_per_kg": gettext_noop("Excl. VAT."),
    "prep_per_unit": gettext_noop("Excl. VAT."),
    "storage_per_m3": gettext_noop("Excl. VAT."),
    "placement_fee": gettext_noop("Excl. VAT."),
    "regime": gettext_noop("Exempt: no VAT on sales, none recovered on purchases and fees."),
    "closing_fee": gettext_noop("Books, music, video, software and games."),
    "fee_mismatch_percent": gettext_noop(
        "The distance between Keepa's figure and Amazon's table that is flagged."
    ),
    "returns_high_percent": gettext_noop("Products Amazon marks as often returned."),
    "buffer_percent": gettext_noop("Taken off the sell price, for what nobody foresaw."),
    "assumed_days_to_sell": gettext_noop("Storage is paid for it."),
    "roi_target_percent": gettext_noop("Your target: the maximum buy price is worked out from it."),
    "drops_saturation": gettext_noop("Above about one sale an hour, several sales make one drop."),
    "drops_floor_rank": gettext_noop("Their rank barely moves: its drops are then only a floor."),
    "rank_law_coefficient": gettext_noop(
        "Sales a month = this ÷ rank to the power below, when nothing else is known."
    ),
    "assumed_family_size": gettext_noop(
        "Amazon's sales figure of a variation is that of its family: it is shared out."
    ),
    "rank_law_ceiling": gettext_noop(
        "On amazon.com, in its largest departments; less in smaller ones and elsewhere."
    ),
    "newcomer_share_percent": gettext_noop("At least, before the other sellers take their part."),
    "dominant_seller_percent": gettext_noop(
        "Share of the last 90 days that one third party held it."
    ),
    "fbm_weight_percent": gettext_noop("Compared with a competitor under FBA."),
    "near_price_percent": gettext_noop("How many of the counted offers really compete with yours."),
    "half_score_sales": gettext_noop("Smaller: slow products score higher."),
    "trend_weight": gettext_noop("0: it is not counted."),
    "amazon_share_alert_percent": gettext_noop("Share of the last 90 days."),
    "amazon_presence_alert_percent": gettext_noop(
        "Share of the last 90 days; used where its Buy Box share is unknown."
    ),
    "rarely_profitable_percent": gettext_noop(
        "Share of the last 90 days in which your target would have been met."
    ),
    "fixed_price_tolerance_percent": gettext_noop(
        "French law fixes the price of new books: one far cheaper is doubtful."
    ),
    "carriage_de": gettext_noop("Incl. VAT. The weight comes on top."),
    "carriage_it": gettext_noop("Incl. VAT. The weight comes on top."),
    "carriage_es": gettext_noop("Incl. VAT. The weight comes on top."),
    "carriage_fr": gettext_noop("For who sells elsewhere. Incl. VAT; the weight comes on top."),
    "carriage_per_kg": gettext_noop("Incl. VAT."),
    "intra_eu_vat_number": gettext_noop(
        "Under the ordinary regime you then buy net of VAT. Without it, or under the exemption, "
        "the VAT of the other country is paid and lost."
    ),
    "identity_title_percent": gettext_noop(
        "Where no code is shared. Below it, the identity is to be checked and it is never a buy."
    ),
    "dip_percent": gettext_noop(
        "Amazon's own price against the median of the 90 days before. Only dips at least as deep "
        "count as comebacks."
    ),
    "anomaly_roi_percent": gettext_noop(
        "The data are then probably wrong: the pick is shown with a warning."
    ),
    "stable_roi_points": gettext_noop("In points of ROI."),
    "max_days_to_sell": gettext_noop("For the ranking by yearly profit on the money tied up."),
}

UNITS = {
    "money": "%(currency)s",
    "money/kg": gettext_noop("%(currency)s a kg"),
    "money/m³/month": gettext_noop("%(currency)s a m³ and month"),
    "days": gettext_noop("days"),
    "hours": gettext_noop("hours"),
    "offers": gettext_noop("offers"),
    "points": "/100",
    "weight": gettext_noop("weight"),
    "sales/month": gettext_noop("sales a month"),
    "rank": gettext_noop("rank"),
    "variations": gettext_noop("variations"),
    "times": gettext_noop("times"),
}


def names_by_group() -> dict[str, list[str]]:
    """The settings' names, group by group, in the order they are shown."""
    found: dict[str, list[str]] = {group: [] for group in GROUPS}
    for name, spec in SPECS.items():
        found[spec.group].append(name)
    # The three floors stand under each other, the most demanding on top.
    found["thresholds"].sort(key=_floor)
    return found


def _floor(name: str) -> int:
    if name == "floors_join":
        return 0
    return {"strong": 1, "consider": 3}.get(name.partition("_")[0], 2)
