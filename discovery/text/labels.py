"""The field's words for the engine's codes: verdicts, prices, costs, fees, sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_noop, pgettext_lazy
from django.utils.translation import gettext as _

from discovery.scoring import (
    Condition,
    CostBasis,
    FeeCode,
    FeeLine,
    FeeSource,
    FlagCode,
    Grade,
    PriceBasis,
    PriceSeries,
    SalesKind,
    Score,
    ShownVerdict,
    SoldCopy,
    VatRegime,
)
from discovery.text import formats

VERDICTS = {
    ShownVerdict.STRONG_BUY: pgettext_lazy("verdict", "Strong buy"),
    ShownVerdict.BUY: pgettext_lazy("verdict", "Buy"),
    ShownVerdict.SOURCING: pgettext_lazy("verdict", "To source"),
    ShownVerdict.CONSIDER: pgettext_lazy("verdict", "Consider"),
    ShownVerdict.SKIP: pgettext_lazy("verdict", "Skip"),
}
VERDICT_ICONS = {
    ShownVerdict.STRONG_BUY: "badge-check",
    ShownVerdict.BUY: "thumbs-up",
    ShownVerdict.SOURCING: "package-search",
    ShownVerdict.CONSIDER: "scale",
    ShownVerdict.SKIP: "ban",
}

SERIES = {
    PriceSeries.BUY_BOX: gettext_noop("Buy Box"),
    PriceSeries.NEW_FBA: gettext_noop("lowest FBA offer"),
    PriceSeries.NEW: gettext_noop("lowest new offer"),
    PriceSeries.AMAZON: gettext_noop("Amazon's price"),
    PriceSeries.USED: gettext_noop("lowest used offer"),
    PriceSeries.BUY_BOX_USED: gettext_noop("used Buy Box"),
    PriceSeries.USED_LIKE_NEW: gettext_noop("lowest like-new copy"),
    PriceSeries.USED_VERY_GOOD: gettext_noop("lowest very good copy"),
    PriceSeries.USED_GOOD: gettext_noop("lowest good copy"),
    PriceSeries.USED_ACCEPTABLE: gettext_noop("lowest acceptable copy"),
}

BASES = {
    PriceBasis.CONSERVATIVE: gettext_noop("the lower of today and the average"),
    PriceBasis.CURRENT: gettext_noop("today's price"),
    PriceBasis.AVERAGE: gettext_noop("the average"),
}

COSTS = {
    CostBasis.EXPLICIT: gettext_noop("your cost"),
    CostBasis.LOWEST_OFFER: gettext_noop("cheapest offer"),
    CostBasis.EUROPE: gettext_noop("Europe"),
    CostBasis.DIP: gettext_noop("price dip"),
    CostBasis.PRICE_FACTOR: gettext_noop("assumed cost"),
}

SALES_KINDS = {
    SalesKind.FLOOR: gettext_noop("Amazon's count"),
    SalesKind.SHARED: gettext_noop("Amazon's count, shared by the variations"),
    SalesKind.PROXY: gettext_noop("from rank drops"),
    SalesKind.RANK_MODEL: gettext_noop("from the rank"),
}

FEES = {
    FeeCode.REFERRAL: gettext_noop("Referral fee"),
    FeeCode.CLOSING: gettext_noop("Closing fee (media)"),
    FeeCode.FBA: gettext_noop("FBA fulfilment"),
    FeeCode.FUEL_SURCHARGE: gettext_noop("Fuel surcharge"),
    FeeCode.PEAK_SEASON: gettext_noop("Peak season surcharge"),
    FeeCode.DIGITAL_SERVICES: gettext_noop("Digital services fee"),
    FeeCode.PLACEMENT: gettext_noop("Inbound placement"),
    FeeCode.STORAGE: gettext_noop("Storage until sold"),
    FeeCode.INBOUND: gettext_noop("Shipping to Amazon"),
    FeeCode.PREP: gettext_noop("Preparation"),
    FeeCode.SHIPPING: gettext_noop("Your own shipping"),
    FeeCode.RETURNS: gettext_noop("Reserve for returns"),
    FeeCode.BUFFER: gettext_noop("Safety buffer"),
    FeeCode.VAT_ON_SALE: gettext_noop("VAT on the sale"),
    FeeCode.VAT_ON_MARGIN: gettext_noop("VAT on the margin"),
    FeeCode.VAT_ON_FEES: gettext_noop("VAT on Amazon's fees"),
    FeeCode.VAT_ON_COSTS: gettext_noop("VAT on your own costs"),
}

FEE_SOURCES = {
    FeeSource.TABLE: gettext_noop("Amazon's table"),
    FeeSource.KEEPA: gettext_noop("Keepa's figure"),
    FeeSource.KEEPA_MOVED: gettext_noop("Keepa's figure, moved to this price"),
    FeeSource.PROFILE: gettext_noop("your profile"),
    FeeSource.ASSUMED: gettext_noop("assumed"),
}

LEGAL_RATE = gettext_noop("legal rate")
TAXES = frozenset(
    (FeeCode.VAT_ON_SALE, FeeCode.VAT_ON_MARGIN, FeeCode.VAT_ON_FEES, FeeCode.VAT_ON_COSTS)
)

REGIMES = {
    VatRegime.REEL: gettext_noop("VAT-registered"),
    VatRegime.FRANCHISE: gettext_noop("VAT-exempt small business"),
    VatRegime.MARGIN: gettext_noop("VAT on the margin (second-hand)"),
}

CONDITIONS = {
    Condition.NEW: gettext_noop("sold as new"),
    Condition.USED: gettext_noop("sold as used"),
}

GRADES = {
    Grade.LIKE_NEW: pgettext_lazy("grade", "like new"),
    Grade.VERY_GOOD: pgettext_lazy("grade", "very good"),
    Grade.GOOD: pgettext_lazy("grade", "good"),
    Grade.ACCEPTABLE: pgettext_lazy("grade", "acceptable"),
}


def verdict_label(verdict: str) -> str:
    """What to do, in a word or two: a ``Verdict`` or a ``ShownVerdict``."""
    return str(VERDICTS[ShownVerdict(verdict)])


def series_label(series: PriceSeries | None) -> str:
    """The name of a price series; empty for none."""
    return _(SERIES[series]) if series else ""


def basis_label(basis: PriceBasis) -> str:
    """Which price of a series we expect to sell at."""
    return _(BASES[basis])


def cost_label(basis: CostBasis | str | None) -> str:
    """Where a purchase price comes from; empty for none."""
    return _(COSTS[CostBasis(basis)]) if basis else ""


def regime_label(regime: VatRegime) -> str:
    """The name of a VAT regime."""
    return _(REGIMES[regime])


def condition_label(condition: Condition) -> str:
    """The condition we sell in."""
    return _(CONDITIONS[condition])


def grade_label(grade: Grade) -> str:
    """How good a used copy is."""
    return str(GRADES[grade])


def sold_copy_label(sold: SoldCopy) -> str:
    """Which used copy is sold: that of the listing, or how good one from elsewhere is."""
    if sold is SoldCopy.LISTING:
        return _("the cheapest copy of the listing")
    return grade_label(sold.grade) if sold.grade else _("unknown (bought elsewhere)")


def sold_as(score: Score) -> str:
    """That it is a used copy, how good, and whether that is assumed; empty for a new one."""
    if score.condition is Condition.NEW:
        return ""
    if score.grade is None:
        return _("used")
    values = {"grade": grade_label(score.grade)}
    if score.has_flag(FlagCode.GRADE_ASSUMED):
        return _("used, %(grade)s (assumed)") % values
    return _("used, %(grade)s") % values


def fee_label(code: FeeCode | str) -> str:
    """The name of a line of the fee breakdown."""
    return _(FEES[FeeCode(code)])


def fee_source_text(line: FeeLine) -> str:
    """Where a fee comes from, since when, and whether the seller should check it."""
    named = FEE_SOURCES[line.source]
    if line.code in TAXES and line.source is FeeSource.TABLE:
        named = LEGAL_RATE  # Amazon publishes no VAT rates
    return _fee_source(named, line.effective_from, line.to_check, get_language())


# There are few of them, and a page of results repeats them in every row.
@lru_cache(maxsize=256)
def _fee_source(named: str, since: date | None, to_check: bool, _language: str | None) -> str:
    parts = [_(named)]
    if since:
        day = date_format(since, "SHORT_DATE_FORMAT")
        parts.append(_("since %(day)s") % {"day": day})
    if to_check:
        parts.append(_("to be checked"))
    return ", ".join(parts)


def sales_text(monthly_sales: float | None, kind: SalesKind | str) -> str:
    """A monthly sales figure that never says more than it knows: ``at least 50``, ``≈ 12``."""
    if monthly_sales is None or kind == SalesKind.UNKNOWN:
        return _("unknown")
    decimals = 1 if 0 < monthly_sales < 10 else 0
    template = _("at least %(sales)s") if kind == SalesKind.FLOOR else _("≈ %(sales)s")
    return template % {"sales": formats.number(monthly_sales, decimals)}


def sales_short(monthly_sales: float | None, kind: SalesKind | str) -> str:
    """The same in a narrow column: ``50+``, ``≈ 12`` or a dash."""
    if monthly_sales is None or kind == SalesKind.UNKNOWN:
        return formats.MISSING
    shown = formats.number(monthly_sales, 1 if 0 < monthly_sales < 10 else 0)
    return f"{shown}+" if kind == SalesKind.FLOOR else f"≈{formats.NBSP}{shown}"


def sales_kind_text(kind: SalesKind | str) -> str:
    """What the figure is worth, in two or three words."""
    known = SALES_KINDS.get(SalesKind(kind))
    return _(known) if known else ""


def confidence_text(confidence: float) -> str:
    """How far a score can be trusted, out of 100."""
    return _("confidence %(points)s/100") % {"points": formats.number(confidence)}


def days_text(days: float | None) -> str:
    """How long one unit takes to sell."""
    if days is None:
        return ""
    if days < 1:
        return _("< 1 d to sell")
    return _("≈ %(days)s d to sell") % {"days": formats.number(days)}


def days_short(days: float | None) -> str:
    """The same in a narrow column: ``< 1 d``, ``3 d`` or a dash."""
    if days is None:
        return formats.MISSING
    return _("< 1 d") if days < 1 else _("%(days)s d") % {"days": formats.number(days)}


def margin_text(margin_percent: Decimal | None) -> str:
    """The margin in percent of the price; empty for none."""
    if margin_percent is None:
        return ""
    return _("margin %(percent)s") % {"percent": formats.percent(margin_percent)}


def mean_rank_text(bsr_avg90: int | None) -> str:
    """The mean sales rank of the last 90 days."""
    return _("90 d: %(rank)s") % {"rank": formats.number(bsr_avg90)}


def fba_offers_text(fba_offers: int | None) -> str:
    """How many offers Amazon ships (FBA)."""
    return _("FBA: %(count)s") % {"count": formats.number(fba_offers)}


def facts_about(score: Score) -> list[tuple[str, str]]:
    """What is good to know of a product beside its figures: pairs of a label and its value."""

    def money(amount: Decimal | None) -> str:
        return formats.money(amount, score.currency)

    facts = [
        (_("Break-even price"), money(score.break_even)),
        (_("Price that meets the target"), money(score.target_price)),
    ]
    if score.hypothetical:
        facts = list(_at_assumed_cost(score))
    if score.corridor:
        low, high = money(score.corridor.p25), money(score.corridor.p75)
        facts.append((_("Usual price (half of the time)"), f"{low} {formats.DASH} {high}"))
        facts.append((_("Median price"), money(score.corridor.median)))
    if score.share_profitable_90 is not None and not score.hypothetical:
        facts.append(
            (_("Share of time on target, 90 days"), formats.percent(score.share_profitable_90))
        )
    if score.share_profitable_180 is not None and not score.hypothetical:
        facts.append(
            (_("Share of time on target, 180 days"), formats.percent(score.share_profitable_180))
        )
    if better := score.better_price:
        values = {"price": money(better.price), "gain": money(better.gain)}
        facts.append((_("Better price to ask"), _("%(price)s (+%(gain)s)") % values))
    for cliff in score.cliffs[:2]:
        values = {"price": money(cliff.price), "drop": money(cliff.drop)}
        facts.append((_("Price cliff"), _("%(price)s, then %(drop)s less") % values))
    if score.expected_sales_per_month is not None:
        sales = formats.number(score.expected_sales_per_month, 1)
        facts.append((_("Your expected sales a month"), sales))
    if score.competitors is not None:
        facts.append((_("Competing offers"), formats.number(score.competitors, 1)))
    facts.append((_("VAT regime"), regime_label(score.regime)))
    facts.append((_("Condition"), sold_as(score) or condition_label(score.condition)))
    return facts


def row_facts(score: Score) -> list[tuple[str, str]]:
    """What a row has no column for by default: pairs of a label and its value."""
    facts = [
        (_("Confidence"), _("%(points)s/100") % {"points": formats.number(score.confidence)}),
        (_("Velocity"), _("%(points)s/100") % {"points": formats.number(score.velocity_score)}),
        (_("Fees"), formats.money(score.fees_total, score.currency)),
    ]
    if score.margin_percent is not None and not score.hypothetical:
        facts.append((_("Margin"), formats.percent(score.margin_percent)))
    sales = sales_text(score.monthly_sales, score.monthly_sales_kind)
    kind = sales_kind_text(score.monthly_sales_kind)
    facts.append((_("Sales a month"), f"{sales} ({kind})" if kind else sales))
    if score.days_to_sell is not None:
        facts.append((_("Time to sell"), days_text(score.days_to_sell)))
    return facts


def _at_assumed_cost(score: Score) -> Iterator[tuple[str, str]]:
    """What would be earned at the assumed cost, called hypothetical."""
    if score.landed_cost is None:
        return
    values = {
        "cost": formats.money(score.landed_cost, score.currency),
        "profit": formats.money(score.profit, score.currency),
        "roi": formats.percent(score.roi_percent),
    }
    yield (
        _("Hypothetical: were it bought at %(cost)s, an assumed cost") % values,
        _("profit %(profit)s, ROI %(roi)s") % values,
    )
