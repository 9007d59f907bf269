"""Risks in words: a short name for the row, a sentence for the explanation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from discovery.scoring import FeeCode, Flag, FlagCode, PriceSeries
from discovery.text import formats
from discovery.text.labels import fee_label, series_label, verdict_label
from discovery.text.params import shown

NOTHING: Mapping[str, str] = MappingProxyType({})

LABELS = {
    FlagCode.AMAZON_SELLS: gettext_noop("Amazon sells it"),
    FlagCode.AMAZON_HOLDS_BUY_BOX: gettext_noop("Amazon holds the Buy Box"),
    FlagCode.PRICE_SPIKE: gettext_noop("Price spike"),
    FlagCode.PRICE_FALLING: gettext_noop("Price falling"),
    FlagCode.PRICE_ABOVE_CORRIDOR: gettext_noop("Above its usual price"),
    FlagCode.PRICE_BELOW_CORRIDOR: gettext_noop("Below its usual price"),
    FlagCode.RARELY_PROFITABLE: gettext_noop("Rarely profitable"),
    FlagCode.PRICE_MEANING_CHANGED: gettext_noop("Mixed averages"),
    FlagCode.NO_BUY_BOX: gettext_noop("Buy Box not read"),
    FlagCode.NO_CURRENT_OFFER: gettext_noop("No offer today"),
    FlagCode.OFTEN_OUT_OF_STOCK: gettext_noop("Often out of stock"),
    FlagCode.RANK_WORSENING: gettext_noop("Sells less and less"),
    FlagCode.NO_RANK: gettext_noop("No sales rank"),
    FlagCode.SALES_UNKNOWN: gettext_noop("Sales unknown"),
    FlagCode.OFFER_SURGE: gettext_noop("Sellers rushing in"),
    FlagCode.HAZMAT: gettext_noop("Hazardous goods"),
    FlagCode.HEAT_SENSITIVE: gettext_noop("Heat-sensitive"),
    FlagCode.ADULT: gettext_noop("Adult product"),
    FlagCode.OVERSIZE: gettext_noop("Oversize"),
    FlagCode.HIGH_RETURNS: gettext_noop("Many returns"),
    FlagCode.VARIATION_PARENT: gettext_noop("Family of variations"),
    FlagCode.NOT_SELLABLE: gettext_noop("Cannot be resold"),
    FlagCode.FIXED_PRICE_BOOK: gettext_noop("Fixed-price book"),
    FlagCode.FEES_UNKNOWN: gettext_noop("Fees unknown"),
    FlagCode.CLOSING_FEE_UNKNOWN: gettext_noop("Closing fee unknown"),
    FlagCode.FEE_MISMATCH: gettext_noop("Fees disagree"),
    FlagCode.SIZE_UNKNOWN: gettext_noop("Size unknown"),
    FlagCode.FEW_DATA: gettext_noop("Short history"),
    FlagCode.STALE_DATA: gettext_noop("Old data"),
    FlagCode.COST_ASSUMED: gettext_noop("Cost assumed"),
    FlagCode.DOMINANT_SELLER: gettext_noop("One seller holds the Buy Box"),
    FlagCode.BRAND_SELLS_ALONE: gettext_noop("The brand sells it alone"),
    FlagCode.NOT_RELEASED: gettext_noop("Not released yet"),
    FlagCode.BACK_ORDER: gettext_noop("On back-order"),
    FlagCode.AMAZON_ON_ORDER: gettext_noop("Amazon takes orders"),
    FlagCode.COUPON: gettext_noop("Coupon"),
    FlagCode.SALES_SHARED: gettext_noop("Sales of a whole family"),
    FlagCode.RANK_REFERENCE_CHANGED: gettext_noop("Rank of another category"),
    FlagCode.GRADE_ASSUMED: gettext_noop("Grade assumed"),
    FlagCode.OFFER_UNGRADED: gettext_noop("Copy to look at"),
    FlagCode.SIZE_NEAR_LIMIT: gettext_noop("Size at a limit"),
    FlagCode.FEES_OLD: gettext_noop("Fees of an old tariff"),
    FlagCode.TAX_UNKNOWN: gettext_noop("Sales tax unknown"),
    FlagCode.PACK: gettext_noop("Sold in lots"),
    FlagCode.PACK_COST: gettext_noop("Cost of the lot?"),
    FlagCode.AMBIGUOUS_CODE: gettext_noop("Several products"),
    FlagCode.IDENTITY_TO_CHECK: gettext_noop("Identity to be checked"),
    FlagCode.DIP: gettext_noop("Price dip"),
    FlagCode.DIP_UNPROVEN: gettext_noop("Dip not proven"),
}

SENTENCES = {
    FlagCode.AMAZON_SELLS: gettext_noop("Amazon itself has an offer on this listing."),
    FlagCode.AMAZON_HOLDS_BUY_BOX: gettext_noop("Amazon holds the Buy Box."),
    FlagCode.PRICE_SPIKE: gettext_noop(
        "The price stands %(moved)s above its 90-day level: it is likely to come back down."
    ),
    FlagCode.PRICE_FALLING: gettext_noop(
        "The price of the last 30 days is %(moved)s under that of the last 90."
    ),
    FlagCode.PRICE_ABOVE_CORRIDOR: gettext_noop(
        "At %(price)s it is above the price of three days out of four (%(p75)s)."
    ),
    FlagCode.PRICE_BELOW_CORRIDOR: gettext_noop(
        "At %(price)s it is below the price of three days out of four (%(p25)s)."
    ),
    FlagCode.RARELY_PROFITABLE: gettext_noop(
        "At this cost, the price met your target only %(percent)s of the last 90 days."
    ),
    FlagCode.PRICE_MEANING_CHANGED: gettext_noop(
        "The average spans February 2026, when Keepa began to count shipping in this price."
    ),
    FlagCode.NO_BUY_BOX: gettext_noop(
        "No Buy Box price is known: the sell price is the %(series)s."
    ),
    FlagCode.NO_CURRENT_OFFER: gettext_noop(
        "Nobody offers it today: the sell price is its average."
    ),
    FlagCode.OFTEN_OUT_OF_STOCK: gettext_noop(
        "It was out of stock %(percent)s of the last 90 days."
    ),
    FlagCode.RANK_WORSENING: gettext_noop(
        "Its sales rank of the last 30 days is %(moved)s worse than over 90 days."
    ),
    FlagCode.NO_RANK: gettext_noop("Amazon gives it no sales rank."),
    FlagCode.SALES_UNKNOWN: gettext_noop("Nothing tells how many are sold a month."),
    FlagCode.OFFER_SURGE: gettext_noop(
        "There are %(moved)s more sellers than over 90 days: expect the price to fall."
    ),
    FlagCode.HAZMAT: gettext_noop("Hazardous goods: Amazon asks for papers, or refuses them."),
    FlagCode.HEAT_SENSITIVE: gettext_noop("It melts: Amazon does not store it in summer."),
    FlagCode.ADULT: gettext_noop("Adult products are gated and hidden from searches."),
    FlagCode.OVERSIZE: gettext_noop("Oversize: storage and shipping cost much more."),
    FlagCode.HIGH_RETURNS: gettext_noop("Buyers often send it back."),
    FlagCode.VARIATION_PARENT: gettext_noop(
        "This is the parent of a family, not something one can sell."
    ),
    FlagCode.NOT_SELLABLE: gettext_noop("Not a physical product one can resell."),
    FlagCode.FIXED_PRICE_BOOK: gettext_noop(
        "A new French book far under its fixed price (%(list_price)s): the data are doubtful."
    ),
    FlagCode.FEES_UNKNOWN: gettext_noop(
        "Amazon's fees are not known for this marketplace: they are assumed."
    ),
    FlagCode.CLOSING_FEE_UNKNOWN: gettext_noop(
        "The closing fee on media is not known for this marketplace."
    ),
    FlagCode.FEE_MISMATCH: gettext_noop(
        "Amazon's table says %(table)s and Keepa %(keepa)s (%(line)s)."
    ),
    FlagCode.SIZE_UNKNOWN: gettext_noop(
        "Weight or size unknown: shipping and storage are assumed."
    ),
    FlagCode.FEW_DATA: gettext_noop("Only %(days)s days of history."),
    FlagCode.STALE_DATA: gettext_noop("The data are %(hours)s hours old."),
    FlagCode.COST_ASSUMED: gettext_noop(
        "Nobody knows the purchase price: %(percent)s of the sell price is assumed."
    ),
    FlagCode.DOMINANT_SELLER: gettext_noop(
        "One seller, who is not Amazon, held the Buy Box %(percent)s of the last 90 days: "
        "little is left for you to sell."
    ),
    FlagCode.BRAND_SELLS_ALONE: gettext_noop(
        "One seller has been alone on this listing for months, in all likelihood the brand "
        "itself: expect hardly a sale, and a complaint."
    ),
    FlagCode.NOT_RELEASED: gettext_noop(
        "It is sold on pre-order: its sales rank counts orders, not copies sold from stock."
    ),
    FlagCode.BACK_ORDER: gettext_noop(
        "The Buy Box offer cannot be sent today (back-order, or not shipped here): its price may "
        "not last."
    ),
    FlagCode.AMAZON_ON_ORDER: gettext_noop(
        "Amazon takes orders for it without having it in stock: it means to come back."
    ),
    FlagCode.COUPON: gettext_noop(
        "A coupon brings the Buy Box price from %(amount)s down to %(price)s: that is what buyers "
        "pay, and what is reckoned with."
    ),
    FlagCode.SALES_SHARED: gettext_noop(
        "Amazon's figure (at least %(sales)s a month) is that of all its variations together: "
        "a part of it is reckoned with."
    ),
    FlagCode.RANK_REFERENCE_CHANGED: gettext_noop(
        "Its sales rank was one of another category within the last 90 days: its averages mix "
        "the two."
    ),
    FlagCode.GRADE_ASSUMED: gettext_noop(
        "Nobody told how good the copy is: it is taken for the lowest grade, acceptable."
    ),
    FlagCode.OFFER_UNGRADED: gettext_noop(
        "Keepa does not tell how good the cheapest copy of the listing is, and so neither what "
        "comparable copies fetch: look at the live offers before you buy it."
    ),
    FlagCode.SIZE_NEAR_LIMIT: gettext_noop(
        "A millimetre or a gram from a limit: Amazon takes %(fee)s, but %(smaller)s just below "
        "these measures and %(larger)s just above."
    ),
    FlagCode.FEES_OLD: gettext_noop(
        "Keepa's fulfilment fee is of %(date)s, before today's tariff: it is not trusted."
    ),
    FlagCode.TAX_UNKNOWN: gettext_noop(
        "Prices on this marketplace hold a tax, and nothing tells whether you owe it: nothing is "
        "taken off. Give a VAT rate of your sales for this marketplace in the profile (0: none)."
    ),
    FlagCode.PACK: gettext_noop("The listing sells a lot of %(units)s units."),
    FlagCode.PACK_COST: gettext_noop(
        "Is your cost for the whole lot of %(units)s? Say so, and price and cost are compared."
    ),
    FlagCode.AMBIGUOUS_CODE: gettext_noop(
        "The code stands for %(count)s products on sale: choose yours."
    ),
    FlagCode.IDENTITY_TO_CHECK: gettext_noop(
        "Nothing proves that amazon.%(source)s sells the very same product (no code in common, "
        "titles too different): compare the two pages before you buy."
    ),
    FlagCode.DIP: gettext_noop(
        "Amazon sells it far under its usual price: bought now, it is sold later at %(price)s."
    ),
    FlagCode.DIP_UNPROVEN: gettext_noop(
        "Dips of this depth after which the usual price was back: %(count)s, where %(needed)s are "
        "asked for."
    ),
}

MISMATCHED = {"referral": FeeCode.REFERRAL, "fba": FeeCode.FBA}


def flag_label(code: FlagCode | str, params: Mapping[str, str] = NOTHING) -> str:
    """Two or three words, for a chip; ``params`` are those of the flag, where they are known."""
    # Its offers alone do not tell that Amazon won the Buy Box.
    if code == FlagCode.AMAZON_HOLDS_BUY_BOX and "present" in params:
        return pgettext("flag", "Amazon often present")
    return _(LABELS[FlagCode(code)])


def flag_text(flag: Flag, currency: str = "") -> str:
    """The risk as a sentence, and the best verdict it leaves when it caps one."""
    values = shown(flag.params, currency)
    sentence = _special(flag, values) or _(SENTENCES[flag.code]) % values
    if flag.cap is None:
        return sentence
    limit = _("At best: %(verdict)s.") % {"verdict": verdict_label(flag.cap)}
    return f"{sentence} {limit}"


def _special(flag: Flag, values: dict[str, str]) -> str:
    """The sentence of a flag that says more when it knows more."""
    match flag.code:
        case FlagCode.AMAZON_SELLS if "amount" in values:
            return _("Amazon itself sells it at %(amount)s.") % values
        case FlagCode.AMAZON_HOLDS_BUY_BOX if "percent" in values:
            return _("Amazon won the Buy Box %(percent)s of the last 90 days.") % values
        case FlagCode.AMAZON_HOLDS_BUY_BOX if "present" in values:
            return _("Amazon had an offer %(present)s of the last 90 days.") % values
        case FlagCode.NO_BUY_BOX | FlagCode.PRICE_MEANING_CHANGED if "series" in values:
            series = series_label(PriceSeries(flag.params["series"]))
            return _(SENTENCES[flag.code]) % {"series": series}
        case FlagCode.DIP if "days" in values:
            return (
                _(
                    "Amazon sells it far under its usual price: bought now, it is sold at "
                    "%(price)s, which was back after %(days)s days in the past."
                )
                % values
            )
        case FlagCode.NOT_RELEASED if "day" in values:
            day = date_format(date.fromisoformat(values["day"]), "SHORT_DATE_FORMAT")
            return _(
                "It is released on %(day)s: until then its sales rank counts pre-orders, not "
                "copies sold from stock."
            ) % {"day": day}
        case FlagCode.TAX_UNKNOWN if "percent" in values:
            return (
                _(
                    "Prices on this marketplace hold a tax of %(percent)s. It is taken off, but "
                    "nothing tells whether you owe it. Give a VAT rate of your sales for this "
                    "marketplace in the profile (0: none)."
                )
                % values
            )
        case FlagCode.FEE_MISMATCH:
            return _(SENTENCES[flag.code]) % _mismatch(flag, values)
        case FlagCode.PACK if "other" in values:
            return (
                _("The title says %(units)s units, Keepa counts %(other)s: look at the listing.")
                % values
            )
        case _:
            return ""


def _mismatch(flag: Flag, values: dict[str, str]) -> dict[str, str]:
    line = flag.params["line"]
    is_rate = line == "referral"
    pair = {
        name: formats.percent(float(values[name]), 1)
        if is_rate
        else formats.number(float(values[name]), 2)
        for name in ("table", "keepa")
    }
    return {**pair, "line": fee_label(MISMATCHED[line])}
