"""Beside which labels, columns and settings the "?" of a word of the trade stands."""

from __future__ import annotations

from django.utils.translation import gettext_noop

# A label as pages write it -> the code of the word in it that is to be explained.
LABELS = {
    gettext_noop("Usual price (half of the time)"): "corridor",
    gettext_noop("Share of time on target, 90 days"): "time_in_target",
    gettext_noop("Price cliff"): "cliff",
    gettext_noop("Referral fee"): "referral_fee",
    gettext_noop("Closing fee (media)"): "closing_fee",
    gettext_noop("FBA fulfilment"): "fba",
}
# A column of products -> the code of its word.
COLUMNS = {
    "verdict": "verdict",
    "max_cost": "max_cost",
    "landed_cost": "landed_cost",
    "sell_price": "sell_price",
    "profit": "profit",
    "roi_percent": "roi",
    "monthly_sales": "monthly_sales",
    "bsr": "bsr",
    "velocity_score": "velocity",
    "days_to_sell": "days_to_sell",
    "margin_percent": "margin",
    "confidence": "confidence",
    "fba_offers": "fba",
}
# A setting of the profiles -> the code of the word in its label.
SETTINGS = {
    "roi_target_percent": "roi",
    "min_profit": "profit",
    "min_margin_percent": "margin",
    "buy_velocity": "velocity",
    "buy_confidence": "confidence",
    "price_basis": "sell_price",
    "price_factor_percent": "hypothetical_roi",
    "cost_vat": "landed_cost",
    "referral_percent": "referral_fee",
    "closing_fee": "closing_fee",
    "fba_fee": "fba",
    "fbm_weight_percent": "fbm",
    "amazon_share_alert_percent": "buy_box",
    "corridor_tolerance_percent": "corridor",
    "rarely_profitable_percent": "time_in_target",
    "fixed_price_tolerance_percent": "list_price",
    "cliff_reach_percent": "cliff",
    "drops_saturation": "rank_drops",
    "max_days_to_sell": "days_to_sell",
    "cap_amazon_sells": "cap",
}
