"""One ranked product as its row shows it: every number formatted, every code in words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from discovery import formats, wording
from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import SearchResult
from discovery.results import ProductCard
from discovery.scored import from_breakdown
from discovery.scoring import Flag, Score, Severity, Verdict

IMAGES = "https://m.media-amazon.com/images/I/"
TONES = {
    Severity.INFO: ("info", ""),
    Severity.WARNING: ("triangle-alert", "warn"),
    Severity.DANGER: ("octagon-alert", "bad"),
}
# Fee category -> the picture that stands in for a product without one.
PLACEHOLDERS = {
    "books": "book-open",
    "music": "music",
    "video": "film",
    "software": "disc-3",
    "video_games": "gamepad-2",
    "consoles": "gamepad-2",
    "computers": "laptop",
    "electronics": "plug",
    "large_appliances": "refrigerator",
    "compact_appliances": "microwave",
    "accessories": "cable",
    "beauty": "spray-can",
    "health": "heart-pulse",
    "baby": "baby",
    "grocery": "shopping-basket",
    "wine": "wine",
    "home": "lamp",
    "kitchen": "cooking-pot",
    "furniture": "armchair",
    "clothing": "shirt",
    "pet_food": "paw-print",
    "pets": "paw-print",
    "diy": "wrench",
    "power_tools": "drill",
    "automotive": "car",
    "industrial": "factory",
    "jewellery": "gem",
    "watches": "watch",
    "musical_instruments": "guitar",
    "office": "printer",
    "sports": "dumbbell",
    "toys": "puzzle",
    "garden": "sprout",
    "luggage": "luggage",
}


@dataclass(frozen=True, slots=True)
class FlagChip:
    """A risk: its short name on the row, its sentence in the explanation."""

    label: str
    text: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class ReasonLine:
    text: str
    supports: bool


@dataclass(frozen=True, slots=True)
class FeeRow:
    label: str
    source: str
    amount: str


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What a result row prints; ``hypothetical`` when nobody knows the purchase price."""

    position: int
    asin: str
    marketplace: str
    title: str
    image: str | None
    placeholder: str
    amazon_url: str
    keepa_url: str
    verdict: Verdict
    confidence: str
    hypothetical: bool
    max_cost: str
    price: str
    price_source: str
    landed_cost: str
    landed_cost_net: str
    cost_basis: str
    fees: str
    net_proceeds: str
    profit: str
    margin: str
    roi: str
    tone: str
    velocity: str
    velocity_value: float
    days_to_sell: str
    sales: str
    sales_kind: str
    bsr: str
    bsr_avg90: str
    offers: str
    fba_offers: str
    flags: tuple[FlagChip, ...]
    reasons: tuple[ReasonLine, ...]
    changes: tuple[str, ...]
    fee_lines: tuple[FeeRow, ...]
    facts: tuple[Fact, ...]


def result_row(result: SearchResult) -> ResultRow:
    """The stored result, read back and put in words."""
    card, score = from_breakdown(result.breakdown)
    return row_of(card, score, position=result.position)


def row_of(card: ProductCard, score: Score, *, position: int) -> ResultRow:
    currency = score.currency

    def money(amount: Decimal | None) -> str:
        return formats.money(amount, currency)

    market = MARKETPLACES[card.marketplace]
    return ResultRow(
        position=position,
        asin=card.asin,
        marketplace=card.marketplace,
        title=card.title or card.asin,
        image=_image(card),
        placeholder=_placeholder(score),
        amazon_url=market.product_url(card.asin),
        keepa_url=f"https://keepa.com/#!product/{market.domain_id}-{card.asin}",
        verdict=score.verdict,
        confidence=wording.confidence_text(score.confidence),
        hypothetical=score.hypothetical,
        max_cost=money(score.max_cost),
        price=money(score.sell_price),
        price_source=wording.series_label(score.sell_price_series)
        if score.sell_price_series
        else "",
        landed_cost=money(score.landed_cost),
        landed_cost_net=money(score.landed_cost_net),
        cost_basis=wording.cost_label(score.cost_basis),
        fees=money(score.fees_total),
        net_proceeds=money(score.net_proceeds),
        profit=money(score.profit),
        margin=_margin(score),
        roi=formats.percent(score.roi_percent),
        tone=tone_of(score.profit),
        velocity=formats.number(round(score.velocity_score)),
        velocity_value=round(score.velocity_score, 1),
        days_to_sell=wording.days_text(score.days_to_sell),
        sales=wording.sales_text(score.monthly_sales, score.monthly_sales_kind),
        sales_kind=wording.sales_kind_text(score.monthly_sales_kind),
        bsr=formats.number(card.bsr),
        bsr_avg90=_("90 d: %(rank)s") % {"rank": formats.number(card.bsr_avg90)},
        offers=formats.number(card.new_offers),
        fba_offers=_("FBA: %(count)s") % {"count": formats.number(card.fba_offers)},
        flags=tuple(_flag(flag, currency) for flag in score.flags),
        reasons=tuple(
            ReasonLine(wording.reason_text(reason, currency=currency), reason.supports)
            for reason in score.reasons
        ),
        changes=tuple(
            wording.change_text(change, currency=currency) for change in score.what_would_change
        ),
        fee_lines=_fee_rows(score),
        facts=tuple(_facts(score)),
    )


def _image(card: ProductCard) -> str | None:
    # Demonstration products have no photograph, and no request may leave the machine for one.
    return f"{IMAGES}{card.image}" if card.image and not settings.KEEPA_SANDBOX else None


def _placeholder(score: Score) -> str:
    category = score.fees.category if score.fees else ""
    return PLACEHOLDERS.get(category, "package")


def _margin(score: Score) -> str:
    if score.margin_percent is None:
        return ""
    return _("margin %(percent)s") % {"percent": formats.percent(score.margin_percent)}


def tone_of(profit: Decimal | None) -> str:
    """The colour of an amount: gain, loss or none."""
    if not profit:
        return ""
    return "gain" if profit > 0 else "loss"


def _flag(flag: Flag, currency: str) -> FlagChip:
    icon, tone = TONES[flag.severity]
    return FlagChip(
        label=wording.flag_label(flag.code),
        text=wording.flag_text(flag, currency=currency),
        icon=icon,
        tone=tone,
    )


def _fee_rows(score: Score) -> tuple[FeeRow, ...]:
    if score.fees is None:
        return ()
    return tuple(
        FeeRow(
            label=wording.fee_label(line.code),
            source=wording.fee_source_text(line),
            amount=formats.money(-line.amount, score.currency),
        )
        for line in score.fees.lines
    )


def _facts(score: Score) -> list[Fact]:
    def money(amount: Decimal | None) -> str:
        return formats.money(amount, score.currency)

    facts = [
        Fact(_("Break-even price"), money(score.break_even)),
        Fact(_("Price that meets the target"), money(score.target_price)),
    ]
    if score.corridor:
        low, high = money(score.corridor.p25), money(score.corridor.p75)
        facts.append(Fact(_("Usual price (half of the time)"), f"{low} {formats.DASH} {high}"))
        facts.append(Fact(_("Median price"), money(score.corridor.median)))
    for share, label in (
        (score.share_profitable_90, _("Time on target, 90 days")),
        (score.share_profitable_180, _("Time on target, 180 days")),
    ):
        if share is not None:
            facts.append(Fact(label, formats.percent(share)))
    if score.better_price:
        better = score.better_price
        gain = _("%(price)s (+%(gain)s)") % {
            "price": money(better.price),
            "gain": money(better.gain),
        }
        facts.append(Fact(_("Better price to ask"), gain))
    facts.extend(
        Fact(
            _("Price cliff"),
            _("%(price)s, then %(drop)s less")
            % {"price": money(cliff.price), "drop": money(cliff.drop)},
        )
        for cliff in score.cliffs[:2]
    )
    if score.expected_sales_per_month is not None:
        sales = formats.number(score.expected_sales_per_month, 1)
        facts.append(Fact(_("Your expected sales a month"), sales))
    if score.competitors is not None:
        facts.append(Fact(_("Competing offers"), formats.number(score.competitors, 1)))
    facts.append(Fact(_("VAT regime"), wording.regime_label(score.regime)))
    facts.append(Fact(_("Condition"), wording.condition_label(score.condition)))
    return facts
