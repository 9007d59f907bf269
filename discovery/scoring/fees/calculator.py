"""The fees of one product for any price, under a profile, on a marketplace, on a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from discovery.scoring.categories import MEDIA, FeeCategory
from discovery.scoring.fees.fba_tables import (
    FUEL_SURCHARGES,
    PEAK_SURCHARGES,
    PLACEMENT_FEES,
    STORAGE_RATES,
    Fulfilment,
    fba_fee,
    is_peak_season,
)
from discovery.scoring.fees.figures import (
    FREE,
    ZERO,
    Figure,
    TableFigure,
    as_rate,
    band_index,
    from_table,
    own_or,
)
from discovery.scoring.fees.referral_tables import CLOSING_FEES, ReferralRule, referral_rule
from discovery.scoring.fees.schedule import Schedule, build_schedule
from discovery.scoring.fees.vat import vat_terms
from discovery.scoring.inputs import ProductFacts
from discovery.scoring.marketplaces import COUNTRY_TERMS, Marketplace, marketplace
from discovery.scoring.profile import Profile
from discovery.scoring.results import FeeSource

SAME_PERCENT = Decimal("0.06")  # Keepa derives percentages from rounded fees: 15.02 is 15
UNBANDED_PRICE = Decimal(100)  # what Keepa assumes when a product never had a price


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """The referral rule in force, its band (tier index) that Keepa vouches for, and any mismatch.

    ``mismatch`` is (table's percent, Keepa's percent) when they differ above the bound.
    """

    rule: ReferralRule
    source: FeeSource
    keepa_band: int | None = None
    mismatch: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFees:
    """Everything about the fees of one product that does not depend on the sell price."""

    referral: Referral
    fulfilment: Fulfilment
    schedule: Schedule
    unknown: bool  # a figure had to be assumed: no verdict above CONSIDER


class FeeCalculator:
    """One profile on one marketplace, for one fee category, on one day.

    Derives what these share once; products then only look their fees up. Rates are ratios,
    amounts in the marketplace's currency, excl. VAT.
    """

    def __init__(
        self, profile: Profile, market: Marketplace, category: FeeCategory, day: date
    ) -> None:
        self.profile = profile
        self.market = market
        self.category = category
        self.vat = vat_terms(profile, market, category)
        seller, code = COUNTRY_TERMS[profile.seller_country], market.code
        services = from_table(seller.digital_services, seller)
        self.digital_services = as_rate(own_or(profile.digital_services_percent, services))
        fuel = _in_force(FUEL_SURCHARGES.get(code), day)
        self.fuel = as_rate(own_or(profile.fuel_surcharge_percent, fuel))
        peak = _in_force(PEAK_SURCHARGES.get(code), day)
        self.peak = own_or(profile.peak_surcharge, peak) if is_peak_season(day) else FREE
        rate = STORAGE_RATES.get(code)
        storage = Figure(rate.on(day), FeeSource.TABLE, None, rate.to_check) if rate else None
        self.storage_per_m3 = own_or(profile.storage_per_m3, storage)
        inbound = Figure(market.inbound_per_kg, FeeSource.PROFILE, None, market.inbound_to_check)
        self.inbound_per_kg = own_or(profile.inbound_per_kg, inbound)
        is_media, closing = category in MEDIA, CLOSING_FEES.get(code)
        self.closing_unknown = is_media and closing is None and profile.closing_fee is None
        usual = from_table(closing.value, closing) if is_media and closing else FREE
        if self.closing_unknown:
            usual = Figure(ZERO, FeeSource.ASSUMED, None, to_check=True)
        self.closing = own_or(profile.closing_fee, usual)
        self.rule = referral_rule(code, category)
        is_book = category is FeeCategory.BOOKS
        returns = profile.returns_books_percent if is_book else profile.returns_percent
        self._returns = as_rate(own_or(returns, None))
        self._returns_high = as_rate(own_or(profile.returns_high_percent, None))
        self.buffer = as_rate(own_or(profile.buffer_percent, None))
        fee_vat = from_table(100 * self.vat.fee_rate, seller)
        self.fee_vat = as_rate(own_or(profile.fee_vat_percent, fee_vat))
        sale_vat = from_table(100 * self.vat.sale_rate, market.vat or seller)
        self.sale_vat = as_rate(own_or(profile.sale_vat_percent, sale_vat))
        self._product_fees: dict[tuple[object, ...], ProductFees] = {}

    def fees_of(self, facts: ProductFacts) -> ProductFees:
        """The fees of one product, for any price."""
        sized = self._table_fee(facts)
        price = assumed_price(facts)
        key = (
            facts.referral_percent,
            facts.fba_fee,
            facts.closing_fee,
            band_index(price, self.rule.tiers) if self.rule else 0,
            band_index(price, sized.bands) if sized else 0,
            sized and (sized.tier, sized.bands),
            facts.return_rate == 2,
        )
        found = self._product_fees.get(key)
        if found is None:
            if len(self._product_fees) >= 8192:
                self._product_fees.clear()
            found = self._product_fees[key] = self._build(facts, sized, price)
        return found

    def closing_fee(self, facts: ProductFacts) -> Figure:
        """The closing fee: Keepa's when delivered, unless the profile says otherwise."""
        if facts.closing_fee and self.profile.closing_fee is None:
            return Figure(facts.closing_fee, FeeSource.KEEPA)
        return self.closing

    def returns(self, facts: ProductFacts) -> Figure:
        """The share of the price (ratio) kept aside for returns."""
        return self._returns_high if facts.return_rate == 2 else self._returns

    def placement(self, tier: str | None) -> Figure:
        """Inbound placement of a unit, where the store charges it."""
        fee = PLACEMENT_FEES.get(self.market.code, {}).get(tier or "")
        return own_or(self.profile.placement_fee, from_table(fee.value, fee) if fee else None)

    def _build(self, facts: ProductFacts, sized: Fulfilment | None, price: Decimal) -> ProductFees:
        referral = self._referral(facts.referral_percent, price)
        fulfilment = self._fulfilment(facts.fba_fee, sized, price)
        minimum = self.profile.referral_minimum
        fees = (1 + self.digital_services.value) * self.vat.on_fees
        fuel = self.fuel.value if fulfilment.surcharged else ZERO
        schedule = build_schedule(
            referral=tuple(referral.rule.pieces()),
            minimum=referral.rule.minimum if minimum is None else minimum,
            fba_bands=fulfilment.bands,
            keep=self.vat.keep * (1 - self.returns(facts).value - self.buffer.value),
            fee_weight=fees,
            fba_weight=fees * (1 + fuel),
            fixed_fees=fees * (self.closing_fee(facts).value + self.peak.value),
            cent=self.market.cent,
        )
        assumed = FeeSource.ASSUMED in (referral.source, fulfilment.source)
        return ProductFees(
            referral=referral, fulfilment=fulfilment, schedule=schedule, unknown=assumed
        )

    def _referral(self, delivered: Decimal | None, price: Decimal) -> Referral:
        rule = self.rule
        percent, source = self.profile.referral_percent, FeeSource.PROFILE
        if rule is not None and percent is None:
            if delivered is None:
                return Referral(rule=rule, source=FeeSource.TABLE)
            return self._cross_checked(rule, delivered, price)
        if percent is None and delivered is not None:
            percent, source = self._without_digital_services(delivered), FeeSource.KEEPA
        if percent is None:
            percent, source = self.profile.assumed_referral_percent, FeeSource.ASSUMED
        minimum = rule.minimum if rule else ZERO
        flat = ReferralRule(((None, percent),), False, minimum, None, source.value)
        return Referral(rule=flat, source=source)

    def _cross_checked(self, rule: ReferralRule, delivered: Decimal, price: Decimal) -> Referral:
        """The table's rule where Keepa's percentage agrees, else with that one in its band."""
        band, with_services = band_index(price, rule.tiers), 1 + self.digital_services.value
        listed = rule.tiers[band][1]
        for percent in (listed, rule.percent_at(price)):
            for usual in (percent, percent * with_services):
                if abs(delivered - usual) <= SAME_PERCENT:
                    return Referral(rule=rule, source=FeeSource.TABLE, keepa_band=band)
        net = self._without_digital_services(delivered)
        tiers = tuple(
            (upto, net if at == band else percent) for at, (upto, percent) in enumerate(rule.tiers)
        )
        return Referral(
            rule=replace(rule, tiers=tiers),
            source=FeeSource.TABLE,
            keepa_band=band,
            mismatch=(listed, net) if self._differ(listed, net) else None,
        )

    def _without_digital_services(self, percent: Decimal) -> Decimal:
        """Take the digital services fee out of a percentage that plainly holds it (15.45 is 15)."""
        rate = self.digital_services.value
        bare = percent / (1 + rate)
        nearest = (bare * 2).to_integral_value() / 2
        holds_it = rate and abs(bare - nearest) <= Decimal("0.011") and percent * 2 % 1
        return nearest if holds_it else percent

    def _fulfilment(
        self, delivered: Decimal | None, sized: Fulfilment | None, price: Decimal
    ) -> Fulfilment:
        fee, source = self.profile.fba_fee, FeeSource.PROFILE
        if sized is not None and fee is None:
            return sized if delivered is None else self._moved(delivered, sized, price)
        if fee is None:
            fee, source = delivered, FeeSource.KEEPA
        if fee is None:
            fee, source = self.profile.assumed_fba_fee, FeeSource.ASSUMED
        return Fulfilment(
            bands=((None, fee),),
            source=source,
            tier=sized.tier if sized else None,
            oversize=bool(sized and sized.oversize),
            to_check=source is FeeSource.ASSUMED,
        )

    def _moved(self, delivered: Decimal, sized: Fulfilment, price: Decimal) -> Fulfilment:
        """Keepa's figure in its own price band, moved by the table's difference in the others."""
        base, factor = sized.at(price), 1 + self.fuel.value
        bands = tuple(
            (upto, max(ZERO, delivered + (fee - base) * factor)) for upto, fee in sized.bands
        )
        usual = base * factor
        return replace(
            sized,
            bands=bands,
            source=FeeSource.KEEPA,
            to_check=False,
            surcharged=False,
            keepa_band=band_index(price, sized.bands),
            mismatch=(usual, delivered) if self._differ(usual, delivered) else None,
        )

    def _differ(self, usual: Decimal, delivered: Decimal) -> bool:
        return abs(delivered - usual) * 100 > self.profile.fee_mismatch_percent * usual

    def _table_fee(self, facts: ProductFacts) -> Fulfilment | None:
        length, width, height = facts.package_sides
        weight = facts.package_weight_g
        if not (length and width and height and weight):
            return None
        return fba_fee(self.market.code, self.category, length, width, height, weight)


@lru_cache(maxsize=512)
def fee_calculator(profile: Profile, code: str, category: FeeCategory, day: date) -> FeeCalculator:
    """The calculator of a resolved profile; raises ``UnknownMarketplace``."""
    return FeeCalculator(profile, marketplace(code), category, day)


def assumed_price(facts: ProductFacts) -> Decimal:
    """The price Amazon's delivered fees were computed at: today's, else the usual, else 100."""
    return (
        facts.buy_box.current
        or facts.new_fba.current
        or facts.new.current
        or facts.amazon.current
        or facts.buy_box.avg90
        or facts.new.avg90
        or UNBANDED_PRICE
    )


def _in_force(surcharge: TableFigure | None, day: date) -> Figure | None:
    since = surcharge and surcharge.effective_from
    if surcharge is None or (since and day < since):
        return None
    return from_table(surcharge.value, surcharge)
