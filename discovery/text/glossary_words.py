"""What the words of the trade mean, in English; the French is in the catalogue."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from discovery.scoring import FlagCode, ShownVerdict

# Title of a group -> code -> the word and its sentence.
WORDS = {
    gettext_noop("To decide"): {
        "verdict": (
            gettext_noop("Verdict"),
            gettext_noop(
                "What to do with the product under your profile: every figure must reach its "
                "floor, and no risk may stand in the way."
            ),
        ),
        "profile": (
            gettext_noop("Business profile"),
            gettext_noop(
                "Your VAT regime, your costs and your floors: the same product can be a Buy for "
                "one profile and a Skip for another."
            ),
        ),
        "max_cost": (
            gettext_noop("Buy at most"),
            gettext_noop(
                "The highest price, delivered to you, at which the product still earns what your "
                "profile asks for."
            ),
        ),
        "cap": (
            gettext_noop("Cap"),
            gettext_noop("The best verdict that a risk leaves, however good the figures are."),
        ),
        "target": (
            gettext_noop("Target"),
            gettext_noop("The ROI and the profit that your profile asks for before it says Buy."),
        ),
    },
    gettext_noop("What it earns"): {
        "roi": (
            gettext_noop("ROI"),
            gettext_noop(
                "Return on investment: the profit of a sale divided by what the unit cost you."
            ),
        ),
        "hypothetical_roi": (
            gettext_noop("Hypothetical ROI"),
            gettext_noop(
                "The ROI at an assumed cost, as long as nobody has said what the product costs: "
                "it orients, and decides nothing."
            ),
        ),
        "profit": (
            gettext_noop("Profit"),
            gettext_noop(
                "What is left of the sell price after VAT, Amazon's fees and your landed cost."
            ),
        ),
        "margin": (
            gettext_noop("Margin"),
            gettext_noop("The profit divided by the sell price."),
        ),
        "landed_cost": (
            gettext_noop("Landed cost"),
            gettext_noop("What a unit costs you once it is with you: price, delivery and VAT."),
        ),
        "referral_fee": (
            gettext_noop("Referral fee"),
            gettext_noop(
                "Amazon's commission on each sale: a share of the price that depends on the "
                "category."
            ),
        ),
        "closing_fee": (
            gettext_noop("Closing fee (media)"),
            gettext_noop(
                "A fixed amount that Amazon adds for each book, record, film or game sold."
            ),
        ),
        "fba": (
            gettext_noop("FBA"),
            gettext_noop(
                "Fulfilment by Amazon: your goods lie in its warehouses, and it packs and sends "
                "them for a fee."
            ),
        ),
        "fbm": (
            gettext_noop("FBM"),
            gettext_noop("Fulfilment by the merchant: you keep the goods and send them yourself."),
        ),
    },
    gettext_noop("How it sells"): {
        "bsr": (
            gettext_noop("BSR"),
            gettext_noop(
                "Best Sellers Rank, the sales rank in its department: the smaller, the more it "
                "sells."
            ),
        ),
        "velocity": (
            gettext_noop("Velocity"),
            gettext_noop(
                "From 0 to 100, how fast your units would sell: the sales that are left to you "
                "beside the other sellers."
            ),
        ),
        "monthly_sales": (
            gettext_noop("Sales a month"),
            gettext_noop(
                "Units that the whole listing sells in a month, all sellers together, as Amazon "
                "counts them or as the rank tells."
            ),
        ),
        "rank_drops": (
            gettext_noop("Rank drops"),
            gettext_noop("How often the sales rank improved at once: each is a sale, or several."),
        ),
        "days_to_sell": (
            gettext_noop("Days to sell"),
            gettext_noop("How long one of your units waits before it is sold."),
        ),
        "buy_box": (
            gettext_noop("Buy Box"),
            gettext_noop(
                "The offer behind the button “Add to basket”: who holds it makes most of the sales."
            ),
        ),
        "confidence": (
            gettext_noop("Confidence"),
            gettext_noop(
                "From 0 to 100, how much the figures are worth: complete, fresh, a long history, a "
                "known cost."
            ),
        ),
    },
    gettext_noop("Prices"): {
        "sell_price": (
            gettext_noop("Sell price"),
            gettext_noop(
                "The price every figure starts from: by default the lower of today's and the "
                "average."
            ),
        ),
        "corridor": (
            gettext_noop("Corridor"),
            gettext_noop(
                "The range in which the price stood half of the time over the last 90 days: "
                "outside of it, today's price is unusual."
            ),
        ),
        "cliff": (
            gettext_noop("Price cliff"),
            gettext_noop(
                "A limit at which Amazon's fees jump: a price just below it earns more than one "
                "just above."
            ),
        ),
        "time_in_target": (
            gettext_noop("Time in target"),
            gettext_noop(
                "The share of the last 90 days in which the price would have met your target at "
                "your cost."
            ),
        ),
        "list_price": (
            gettext_noop("List price"),
            gettext_noop("The recommended price, or for new books in France the fixed one."),
        ),
    },
    gettext_noop("Codes"): {
        "asin": (
            gettext_noop("ASIN"),
            gettext_noop(
                "Amazon's own number of a listing, ten characters; that of a book is its ISBN-10."
            ),
        ),
        "ean": (
            gettext_noop("EAN, UPC, ISBN"),
            gettext_noop(
                "The number under a barcode; several listings may bear the same one, lots among "
                "them."
            ),
        ),
        "niche": (
            gettext_noop("Niche"),
            gettext_noop(
                "A question to Amazon's whole catalogue, a category with its conditions, that is "
                "kept to be asked again."
            ),
        ),
    },
    gettext_noop("Tokens and cache"): {
        "token": (
            gettext_noop("Keepa token"),
            gettext_noop(
                "What Keepa is paid in: each call takes some, and your plan refills them every "
                "minute."
            ),
        ),
        "cache_hit": (
            gettext_noop("Cache hit"),
            gettext_noop("The same question was answered lately: the answer is free."),
        ),
        "subsumed": (
            gettext_noop("Subsumed"),
            gettext_noop(
                "A wider question was answered lately: its answer is narrowed down to yours, for "
                "no token."
            ),
        ),
        "stale": (
            gettext_noop("Stale answer"),
            gettext_noop(
                "An answer past its age, shown with its date because Keepa cannot be asked now."
            ),
        ),
        "cache_ratio": (
            gettext_noop("Answered from the cache"),
            gettext_noop("The share of the searches that cost no token."),
        ),
    },
}

VERDICTS = {
    ShownVerdict.STRONG_BUY: gettext_noop(
        "Every figure is far above its floor and no risk speaks against it."
    ),
    ShownVerdict.BUY: gettext_noop("Every figure reaches the floor of your profile."),
    ShownVerdict.SOURCING: gettext_noop(
        "It sells, and nobody knows yet what it costs you: look for it at no more than the price "
        "shown."
    ),
    ShownVerdict.CONSIDER: gettext_noop(
        "It earns something, but a figure or a risk keeps it from a Buy: look at why."
    ),
    ShownVerdict.SKIP: gettext_noop("It loses money, or earns too little for your profile."),
}

FLAGS = {
    FlagCode.AMAZON_SELLS: gettext_noop(
        "Amazon has an offer of its own on the listing: it is a hard rival."
    ),
    FlagCode.AMAZON_HOLDS_BUY_BOX: gettext_noop(
        "Amazon was so often the seller over the last 90 days that little is left to others."
    ),
    FlagCode.PRICE_SPIKE: gettext_noop(
        "Today's price stands far above its level of 90 days and is likely to come back."
    ),
    FlagCode.PRICE_FALLING: gettext_noop(
        "The price of the last month is clearly under that of the last three."
    ),
    FlagCode.PRICE_ABOVE_CORRIDOR: gettext_noop(
        "Today's price is above the corridor in which it usually stands."
    ),
    FlagCode.PRICE_BELOW_CORRIDOR: gettext_noop(
        "Today's price is below the corridor in which it usually stands."
    ),
    FlagCode.RARELY_PROFITABLE: gettext_noop(
        "At this cost, your target was rarely met over the last 90 days."
    ),
    FlagCode.PRICE_MEANING_CHANGED: gettext_noop(
        "The average mixes prices with and without shipping, which Keepa counts since February "
        "2026."
    ),
    FlagCode.NO_BUY_BOX: gettext_noop(
        "No price of the Buy Box is known: that of another offer stands in."
    ),
    FlagCode.NO_CURRENT_OFFER: gettext_noop(
        "Nobody offers the product today: its average price stands in."
    ),
    FlagCode.OFTEN_OUT_OF_STOCK: gettext_noop(
        "The product was missing for much of the last 90 days, which distorts prices and sales."
    ),
    FlagCode.RANK_WORSENING: gettext_noop(
        "The sales rank of the last month is worse than that of the last three: it sells less."
    ),
    FlagCode.NO_RANK: gettext_noop("Amazon gives it no sales rank, so its sales are not known."),
    FlagCode.SALES_UNKNOWN: gettext_noop("Neither Amazon nor the rank tells how many are sold."),
    FlagCode.OFFER_SURGE: gettext_noop(
        "Far more sellers than over the last 90 days: the price usually falls next."
    ),
    FlagCode.HAZMAT: gettext_noop(
        "Batteries, sprays, chemicals: Amazon asks for safety papers before it takes them."
    ),
    FlagCode.HEAT_SENSITIVE: gettext_noop("It melts: Amazon does not store it in the warm months."),
    FlagCode.ADULT: gettext_noop("Adult goods need an approval and are hidden from searches."),
    FlagCode.OVERSIZE: gettext_noop(
        "Larger or heavier than Amazon's standard: shipping and storage cost much more."
    ),
    FlagCode.HIGH_RETURNS: gettext_noop("Buyers send it back more often than its neighbours."),
    FlagCode.VARIATION_PARENT: gettext_noop(
        "The page of a family of sizes or colours: only its members can be sold."
    ),
    FlagCode.NOT_SELLABLE: gettext_noop(
        "A download, a card or a service: nothing that can be sent to Amazon."
    ),
    FlagCode.FIXED_PRICE_BOOK: gettext_noop(
        "A new French book whose price is far from the one the law fixes: look twice."
    ),
    FlagCode.FEES_UNKNOWN: gettext_noop(
        "Amazon's tables for this marketplace are not known here: the fees are assumed."
    ),
    FlagCode.CLOSING_FEE_UNKNOWN: gettext_noop(
        "The fixed fee on books, music and films is not known for this marketplace."
    ),
    FlagCode.FEE_MISMATCH: gettext_noop(
        "Amazon's published table and Keepa's figure for the same fee differ."
    ),
    FlagCode.SIZE_UNKNOWN: gettext_noop(
        "Without weight and size, shipping and storage can only be assumed."
    ),
    FlagCode.FEW_DATA: gettext_noop("The history is too short for averages to mean much."),
    FlagCode.STALE_DATA: gettext_noop("Keepa looked at the product too long ago."),
    FlagCode.COST_ASSUMED: gettext_noop(
        "Nobody has said what the product costs you: a share of its price stands in."
    ),
    FlagCode.DOMINANT_SELLER: gettext_noop(
        "One third party held the Buy Box nearly all of the time."
    ),
    FlagCode.BRAND_SELLS_ALONE: gettext_noop(
        "One seller has been alone for months, probably the brand: it tends to complain about "
        "others."
    ),
    FlagCode.NOT_RELEASED: gettext_noop(
        "It is sold on pre-order: its rank counts orders that nobody has sent yet."
    ),
    FlagCode.BACK_ORDER: gettext_noop(
        "The offer of the Buy Box cannot be sent today: its price may not last."
    ),
    FlagCode.AMAZON_ON_ORDER: gettext_noop(
        "Amazon is out of stock and takes orders: it will be back."
    ),
    FlagCode.COUPON: gettext_noop(
        "A coupon lowers what buyers pay: the figures start from the lower price."
    ),
    FlagCode.SALES_SHARED: gettext_noop(
        "Amazon's count is that of all sizes and colours together: only a part is this one's."
    ),
    FlagCode.RANK_REFERENCE_CHANGED: gettext_noop(
        "The rank changed its category within 90 days: its averages mix two scales."
    ),
    FlagCode.GRADE_ASSUMED: gettext_noop(
        "Nobody said how good the used copy is: it is taken for acceptable."
    ),
    FlagCode.OFFER_UNGRADED: gettext_noop(
        "Keepa does not say how good the cheapest used copy is: look at it before you buy."
    ),
    FlagCode.SIZE_NEAR_LIMIT: gettext_noop(
        "A measure lies so near to a limit of Amazon's tables that the fee may be the next one."
    ),
    FlagCode.FEES_OLD: gettext_noop("Keepa's fee was read before today's tariff came into force."),
    FlagCode.TAX_UNKNOWN: gettext_noop(
        "Nothing tells whether you owe the sales tax of this marketplace."
    ),
    FlagCode.PACK: gettext_noop("The listing sells several units at once."),
    FlagCode.PACK_COST: gettext_noop(
        "The listing sells a lot, and nobody said whether your cost is for one unit or for all."
    ),
    FlagCode.AMBIGUOUS_CODE: gettext_noop(
        "Several products on sale bear the code: only you can tell which is yours."
    ),
    FlagCode.IDENTITY_TO_CHECK: gettext_noop(
        "It was found on another marketplace under the same ASIN, and nothing proves that it is "
        "the very same product: never a buy before you have compared."
    ),
    FlagCode.DIP: gettext_noop(
        "Amazon itself sells it far under its usual price: bought now, sold once that is back."
    ),
    FlagCode.DIP_UNPROVEN: gettext_noop(
        "The usual price has not come back often enough after earlier dips to count on it."
    ),
}
