"""One ranked product as its row shows it: every number formatted, every code in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from discovery.keepa.marketplaces import MARKETPLACES
from discovery.models import RunLine
from discovery.products.from_keepa import ProductCard
from discovery.products.scored import from_breakdown
from discovery.scoring import Flag, Score, Severity, Verdict
from discovery.text import flags as text_flags
from discovery.text import formats, labels
from discovery.text import reasons as text_reasons

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


def result_row(result: RunLine) -> ResultRow:
    """The stored result, read back and put in words."""
    card, score = from_breakdown(result.breakdown or {})
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
        confidence=labels.confidence_text(score.confidence),
        hypothetical=score.hypothetical,
        max_cost=money(score.max_cost),
        price=money(score.sell_price),
        price_source=labels.series_label(score.sell_price_series)
        if score.sell_price_series
        else "",
        landed_cost=money(score.landed_cost),
        landed_cost_net=money(score.landed_cost_net),
        cost_basis=labels.cost_label(score.cost_basis),
        fees=money(score.fees_total),
        net_proceeds=money(score.net_proceeds),
        profit=money(score.profit),
        margin=_margin(score),
        roi=formats.percent(score.roi_percent),
        tone=tone_of(score.profit),
        velocity=formats.number(round(score.velocity_score)),
        velocity_value=round(score.velocity_score, 1),
        days_to_sell=labels.days_text(score.days_to_sell),
        sales=labels.sales_text(score.monthly_sales, score.monthly_sales_kind),
        sales_kind=labels.sales_kind_text(score.monthly_sales_kind),
        bsr=formats.number(card.bsr),
        bsr_avg90=_("90 d: %(rank)s") % {"rank": formats.number(card.bsr_avg90)},
        offers=formats.number(card.new_offers),
        fba_offers=_("FBA: %(count)s") % {"count": formats.number(card.fba_offers)},
        flags=tuple(_flag(flag, currency) for flag in score.flags),
        reasons=tuple(
            ReasonLine(text_reasons.reason_text(reason, currency=currency), reason.supports)
            for reason in score.reasons
        ),
        changes=tuple(
            text_reasons.change_text(change, currency=currency)
            for change in score.what_would_change
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
        label=text_flags.flag_label(flag.code),
        text=text_flags.flag_text(flag, currency=currency),
        icon=icon,
        tone=tone,
    )


def _fee_rows(score: Score) -> tuple[FeeRow, ...]:
    if score.fees is None:
        return ()
    return tuple(
        FeeRow(
            label=labels.fee_label(line.code),
            source=labels.fee_source_text(line),
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
    facts.append(Fact(_("VAT regime"), labels.regime_label(score.regime)))
    facts.append(Fact(_("Condition"), labels.condition_label(score.condition)))
    return facts


Heading = tuple[str, str, bool]  # the name it sorts by or "", its label, whether it is a number


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; ``sort`` when a click sorts, ``next`` the direction that click asks for."""

    label: str
    sort: str = ""
    direction: str = ""
    next: str = ""
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class VerdictFilter:
    value: str | None
    label: str
    count: int
    is_current: bool


def sorting(
    asked: Mapping[str, str], *, sorts: Collection[str], best_first: Collection[str]
) -> tuple[str, bool]:
    """The column of ``?sort=&dir=`` and whether it descends; by rank when it is none of ours."""
    sort = asked.get("sort", "rank")
    if sort not in sorts:
        sort = "rank"
    direction = asked.get("dir", "")
    if direction not in {"asc", "desc"}:
        direction = "desc" if sort in best_first else "asc"
    return sort, direction == "desc"


def columns(
    headings: Sequence[Heading], *, sort: str, descending: bool, best_first: Collection[str]
) -> tuple[Column, ...]:
    """The headings, with what a click on each asks for: the best on top, then the other way."""
    made = []
    for name, label, is_number in headings:
        is_current = bool(name) and name == sort
        goes_down = not descending if is_current else name in best_first
        direction = ("descending" if descending else "ascending") if is_current else ""
        made.append(Column(label, name, direction, "desc" if goes_down else "asc", is_number))
    return tuple(made)


def verdict_filters(counts: Mapping[Verdict, int], current: str) -> tuple[VerdictFilter, ...]:
    """All, then each verdict with how many there are."""
    everything = VerdictFilter(None, _("All"), sum(counts.values()), current not in set(Verdict))
    return (
        everything,
        *(
            VerdictFilter(verdict.value, labels.verdict_label(verdict), count, verdict == current)
            for verdict, count in counts.items()
        ),
    )
