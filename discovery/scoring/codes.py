"""The words the engine speaks in: what it is told, and the codes of its answers."""

from __future__ import annotations

from enum import StrEnum


class Condition(StrEnum):
    """The condition we would sell in."""

    NEW = "new"
    USED = "used"


class Grade(StrEnum):
    """How good a used copy is, best first; a buyer compares it with its like and with better."""

    LIKE_NEW = "like_new"
    VERY_GOOD = "very_good"
    GOOD = "good"
    ACCEPTABLE = "acceptable"


class PriceBasis(StrEnum):
    """Which price of a series we expect to sell at."""

    CONSERVATIVE = "conservative"  # the lower of today's and the average
    CURRENT = "current"
    AVERAGE = "average"


class CostMethod(StrEnum):
    """How a purchase price is found when nobody gave one."""

    LOWEST_OFFER = "lowest_offer"
    PRICE_FACTOR = "price_factor"


class CostBasis(StrEnum):
    """Where a landed cost came from."""

    EXPLICIT = "explicit"
    LOWEST_OFFER = "lowest_offer"
    EUROPE = "europe"  # the same product on another marketplace, carriage included
    DIP = "dip"  # Amazon's own price, far under the usual one, sold again later
    PRICE_FACTOR = "price_factor"  # an assumption: the ROI is hypothetical


class VatRegime(StrEnum):
    """The seller's French VAT regime; the same three exist elsewhere under other names."""

    REEL = "reel"
    FRANCHISE = "franchise"
    MARGIN = "margin"


class FloorJoin(StrEnum):
    """Whether every money floor must be met, or any one of them."""

    AND = "and"
    OR = "or"


class Verdict(StrEnum):
    """What to do, best first."""

    STRONG_BUY = "STRONG_BUY"
    BUY = "BUY"
    CONSIDER = "CONSIDER"
    SKIP = "SKIP"


class ShownVerdict(StrEnum):
    """A verdict as it is shown, counted and sorted, best first.

    A CONSIDER whose purchase price is still to be found has a place of its own: above one whose
    known price has proved too high, below what can be bought now.
    """

    STRONG_BUY = "STRONG_BUY"
    BUY = "BUY"
    SOURCING = "SOURCING"
    CONSIDER = "CONSIDER"
    SKIP = "SKIP"

    @classmethod
    def of(cls, verdict: Verdict, *, sourcing: bool) -> ShownVerdict:
        """How a verdict is shown, ``sourcing`` when its product is to be sourced."""
        return cls.SOURCING if sourcing else cls(verdict.value)


class SalesKind(StrEnum):
    """What a monthly sales figure is worth."""

    FLOOR = "floor"  # Amazon says "at least"
    SHARED = "shared"  # Amazon's figure for a family of variations, shared out among them
    PROXY = "proxy"  # counted from sales-rank drops
    RANK_MODEL = "rank_model"  # a power law of the sales rank
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How grave a flag is."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class PriceSeries(StrEnum):
    """The price series of the engine, by Keepa's names."""

    BUY_BOX = "BUY_BOX_SHIPPING"
    NEW_FBA = "NEW_FBA"
    NEW = "NEW"
    AMAZON = "AMAZON"
    USED = "USED"
    BUY_BOX_USED = "BUY_BOX_USED_SHIPPING"
    USED_LIKE_NEW = "USED_NEW_SHIPPING"
    USED_VERY_GOOD = "USED_VERY_GOOD_SHIPPING"
    USED_GOOD = "USED_GOOD_SHIPPING"
    USED_ACCEPTABLE = "USED_ACCEPTABLE_SHIPPING"


class FlagCode(StrEnum):
    """Every risk the engine can name; docs/scoring.md explains each."""

    AMAZON_SELLS = "amazon_sells"
    AMAZON_HOLDS_BUY_BOX = "amazon_holds_buy_box"
    PRICE_SPIKE = "price_spike"
    PRICE_FALLING = "price_falling"
    PRICE_ABOVE_CORRIDOR = "price_above_corridor"
    PRICE_BELOW_CORRIDOR = "price_below_corridor"
    RARELY_PROFITABLE = "rarely_profitable"
    PRICE_MEANING_CHANGED = "price_meaning_changed"
    NO_BUY_BOX = "no_buy_box"
    NO_CURRENT_OFFER = "no_current_offer"
    OFTEN_OUT_OF_STOCK = "often_out_of_stock"
    RANK_WORSENING = "rank_worsening"
    NO_RANK = "no_rank"
    SALES_UNKNOWN = "sales_unknown"
    OFFER_SURGE = "offer_surge"
    HAZMAT = "hazmat"
    HEAT_SENSITIVE = "heat_sensitive"
    ADULT = "adult"
    OVERSIZE = "oversize"
    HIGH_RETURNS = "high_returns"
    VARIATION_PARENT = "variation_parent"
    NOT_SELLABLE = "not_sellable"
    FIXED_PRICE_BOOK = "fixed_price_book"
    FEES_UNKNOWN = "fees_unknown"
    CLOSING_FEE_UNKNOWN = "closing_fee_unknown"
    FEE_MISMATCH = "fee_mismatch"
    SIZE_UNKNOWN = "size_unknown"
    FEW_DATA = "few_data"
    STALE_DATA = "stale_data"
    COST_ASSUMED = "cost_assumed"
    DOMINANT_SELLER = "dominant_seller"
    BRAND_SELLS_ALONE = "brand_sells_alone"
    NOT_RELEASED = "not_released"
    BACK_ORDER = "back_order"
    AMAZON_ON_ORDER = "amazon_on_order"
    COUPON = "coupon"
    SALES_SHARED = "sales_shared"
    RANK_REFERENCE_CHANGED = "rank_reference_changed"
    GRADE_ASSUMED = "grade_assumed"
    OFFER_UNGRADED = "offer_ungraded"
    SIZE_NEAR_LIMIT = "size_near_limit"
    FEES_OLD = "fees_old"
    TAX_UNKNOWN = "tax_unknown"
    PACK = "pack"
    PACK_COST = "pack_cost"
    AMBIGUOUS_CODE = "ambiguous_code"
    IDENTITY_TO_CHECK = "identity_to_check"
    DIP = "dip"
    DIP_UNPROVEN = "dip_unproven"


class ReasonCode(StrEnum):
    """Why a verdict is what it is; parameters are listed in docs/scoring.md."""

    NO_PRICE = "no_price"
    ROI_MET = "roi_met"
    ROI_MISSED = "roi_missed"
    PROFIT_MET = "profit_met"
    PROFIT_MISSED = "profit_missed"
    MARGIN_MET = "margin_met"
    MARGIN_MISSED = "margin_missed"
    VELOCITY_MET = "velocity_met"
    VELOCITY_MISSED = "velocity_missed"
    CONFIDENCE_MET = "confidence_met"
    CONFIDENCE_MISSED = "confidence_missed"
    LOSES_MONEY = "loses_money"
    HYPOTHETICAL_COST = "hypothetical_cost"
    TO_SOURCE = "to_source"  # params: amount, profit, percent
    UNREALISTIC_COST = "unrealistic_cost"  # params: amount, price
    NO_COST_PAYS = "no_cost_pays"  # params: price
    CAPPED = "capped"
    OFTEN_PROFITABLE = "often_profitable"
    BETTER_PRICE = "better_price"


class ChangeCode(StrEnum):
    """What would change a verdict."""

    COST_AT_MOST = "cost_at_most"  # params: verdict, amount
    HOLDS_UP_TO_COST = "holds_up_to_cost"  # params: verdict, amount
    VELOCITY_AT_LEAST = "velocity_at_least"  # params: verdict, needed, actual
    CONFIDENCE_AT_LEAST = "confidence_at_least"  # params: verdict, needed, actual
    WITHOUT_FLAG = "without_flag"  # params: verdict, flag
    CONFIRM_COST = "confirm_cost"  # params: none
