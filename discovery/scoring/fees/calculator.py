"""The fees of one product for any price, under a profile, on a marketplace, on a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from discovery.scoring.categories import MEDIA, FeeCategory
from discovery.scoring.fees.delivered import (
    NOISE,
    Delivered,
    bare_percent,
    delivered_on,
    holds_peak_surcharge,
    is_fee_of,
    known,
    prices_of_delivery,
    tariff_since,
)
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
from discovery.scoring.fees.referral_tables import (
    CLOSING_FEES,
    REFERRAL_MINIMUMS,
    ReferralRule,
    referral_rule,
)
from discovery.scoring.fees.schedule import Schedule, build_schedule
from discovery.scoring.fees.vat import vat_terms
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.marketplaces import COUNTRY_TERMS, Marketplace, marketplace
from discovery.scoring.profile import Profile
from discovery.scoring.results import FeeSource

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
    peak: Figure  # what the season adds to the fulfilment fee
    unknown: bool  # a figure had to be assumed: no verdict above CONSIDER
    old: date | None = None  # the day of delivered fees that an older tariff held for


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
        self.day = day
        self.vat = vat_terms(profile, market, category)
        seller, code = COUNTRY_TERMS[profile.seller_country], market.code
        services = from_table(seller.digital_services, seller)
        self.digital_services = as_rate(own_or(profile.digital_services_percent, services))
        fuel = _in_force(FUEL_SURCHARGES.get(code), day)
        self.fuel = as_rate(own_or(profile.fuel_surcharge_percent, fuel))
        self.seasonal = own_or(profile.peak_surcharge, _in_force(PEAK_SURCHARGES.get(code), day))
        self.peak = self.seasonal if is_peak_season(day) else FREE
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
        own_minimum, usual_minimum = profile.referral_minimum, REFERRAL_MINIMUMS.get(code)
        self.minimum = usual_minimum.value if usual_minimum and not is_media else ZERO
        if own_minimum is not None:
            self.minimum = own_minimum
        is_book = category is FeeCategory.BOOKS
        returns = profile.returns_books_percent if is_book else profile.returns_percent
        self._returns = as_rate(own_or(returns, None))
        self._returns_high = as_rate(own_or(profile.returns_high_percent, None))
        self.buffer = as_rate(own_or(profile.buffer_percent, None))
        fee_vat = from_table(100 * self.vat.fee_rate, seller)
        self.fee_vat = as_rate(own_or(profile.fee_vat_percent, fee_vat))
        sale_vat = from_table(100 * self.vat.sale_rate, market.vat or market.sales_tax or seller)
        self.sale_vat = as_rate(own_or(profile.sale_vat_percent, sale_vat))
        self._product_fees: dict[tuple[object, ...], ProductFees] = {}

    def fees_of(self, facts: ProductFacts) -> ProductFees:
        """The fees of one product, for any price."""
        sized = self._table_fee(facts)
        price = assumed_price(facts)
        delivered = self._delivered(facts, sized)
        key = (
            delivered,
            self._plainly_agrees(delivered.referral, price) or prices_of_delivery(facts, price),
            facts.closing_fee,
            band_index(price, self.rule.tiers) if self.rule else 0,
            band_index(price, sized.bands) if sized else 0,
            sized and (sized.tier, sized.bands, sized.near),
            facts.return_rate == 2,
        )
        found = self._product_fees.get(key)
        if found is None:
            if len(self._product_fees) >= 8192:
                self._product_fees.clear()
            found = self._product_fees[key] = self._build(facts, delivered, sized, price)
        return found

    def closing_fee(self, facts: ProductFacts) -> Figure:
        """The closing fee: Keepa's when delivered, unless the profile says otherwise."""
        delivered = known(facts.closing_fee)
        if delivered is not None and self.profile.closing_fee is None:
            return Figure(delivered, FeeSource.KEEPA)
        return self.closing

    def returns(self, facts: ProductFacts) -> Figure:
        """The share of the price (ratio) kept aside for returns."""
        return self._returns_high if facts.return_rate == 2 else self._returns

    def placement(self, tier: str | None) -> Figure:
        """Inbound placement of a unit, where the store charges it."""
        fee = PLACEMENT_FEES.get(self.market.code, {}).get(tier or "")
        return own_or(self.profile.placement_fee, from_table(fee.value, fee) if fee else None)

    def _plainly_agrees(self, delivered: Decimal | None, price: Decimal) -> bool:
        """Whether a percentage needs no price to be understood: none, or the table's own."""
        if delivered is None or self.rule is None:
            return delivered is None
        tiers = self.rule.tiers
        return abs(delivered - tiers[band_index(price, tiers)][1]) <= NOISE

    def _delivered(self, facts: ProductFacts, sized: Fulfilment | None) -> Delivered:
        """What Keepa delivers, less what a tariff that is no longer in force says."""
        referral, fba = known(facts.referral_percent), known(facts.fba_fee)
        since = delivered_on(facts)
        rule_since = self.rule.effective_from if self.rule else None
        if rule_since and since < rule_since:
            referral = None
        tariff = tariff_since(self.day)
        if sized is not None and sized.effective_from is not None:
            tariff = sized.effective_from
        old = since if fba is not None and since < tariff else None
        if old is not None and sized is not None:
            fba = None  # the table of today knows better
        holds_peak = fba is not None and holds_peak_surcharge(facts)
        return Delivered(referral, fba, old, holds_peak)

    def _build(
        self,
        facts: ProductFacts,
        delivered: Delivered,
        sized: Fulfilment | None,
        price: Decimal,
    ) -> ProductFees:
        prices = prices_of_delivery(facts, price)
        referral = self._referral(delivered.referral, prices)
        peak = self.peak
        if delivered.holds_peak and self.profile.fba_fee is None:
            peak = FREE
        fulfilment = self._fulfilment(delivered, sized, price)
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
            fixed_fees=fees * (self.closing_fee(facts).value + peak.value),
            cent=self.market.cent,
        )
        assumed = FeeSource.ASSUMED in (referral.source, fulfilment.source)
        return ProductFees(
            referral=referral,
            fulfilment=fulfilment,
            schedule=schedule,
            peak=peak,
            unknown=assumed,
            old=delivered.old if self.profile.fba_fee is None else None,
        )

    def _referral(self, delivered: Decimal | None, prices: tuple[Decimal, ...]) -> Referral:
        rule = self.rule
        percent, source = self.profile.referral_percent, FeeSource.PROFILE
        if rule is not None and percent is None:
            if delivered is None:
                return Referral(rule=rule, source=FeeSource.TABLE)
            return self._cross_checked(rule, delivered, prices)
        minimum = rule.minimum if rule else self.minimum
        if percent is None and delivered is not None and not self._is_minimum(delivered, prices):
            percent, source = self._bare(delivered, prices[0]), FeeSource.KEEPA
        if percent is None:
            percent, source = self.profile.assumed_referral_percent, FeeSource.ASSUMED
        flat = ReferralRule(((None, percent),), False, minimum, None, source.value)
        return Referral(rule=flat, source=source)

    def _cross_checked(
        self, rule: ReferralRule, delivered: Decimal, prices: tuple[Decimal, ...]
    ) -> Referral:
        """The table's rule where Keepa's percentage agrees, else with that one in its band."""
        band, own = band_index(prices[0], rule.tiers), self.profile.referral_minimum
        agrees = self._plainly_agrees(delivered, prices[0]) or is_fee_of(
            rule,
            rule.minimum if own is None else own,
            delivered,
            prices,
            services=self.digital_services.value,
            cent=self.market.cent,
        )
        listed, net = rule.tiers[band][1], self._bare(delivered, prices[0])
        if agrees or net == listed:
            return Referral(rule=rule, source=FeeSource.TABLE, keepa_band=band)
        tiers = tuple(
            (upto, net if at == band else percent) for at, (upto, percent) in enumerate(rule.tiers)
        )
        return Referral(
            rule=replace(rule, tiers=tiers),
            source=FeeSource.TABLE,
            keepa_band=band,
            mismatch=(listed, net) if self._differ(listed, net) else None,
        )

    def _bare(self, delivered: Decimal, price: Decimal) -> Decimal:
        services = self.digital_services.value
        return bare_percent(delivered, price, services=services, cent=self.market.cent)

    def _is_minimum(self, delivered: Decimal, prices: tuple[Decimal, ...]) -> bool:
        """Whether a percentage, on a store without a table, is the minimum fee over a price."""
        assumed = self.profile.assumed_referral_percent
        if not self.minimum or delivered <= assumed + NOISE:
            return False
        flat = ReferralRule(((None, ZERO),), False, self.minimum, None, "")
        services = self.digital_services.value
        return is_fee_of(
            flat, self.minimum, delivered, prices, services=services, cent=self.market.cent
        )

    def _fulfilment(
        self, delivered: Delivered, sized: Fulfilment | None, price: Decimal
    ) -> Fulfilment:
        fee, source = self.profile.fba_fee, FeeSource.PROFILE
        if sized is not None and fee is None:
            return sized if delivered.fba is None else self._moved(delivered, sized, price)
        if fee is None:
            # One of an older tariff is no more than the best guess there is.
            source = FeeSource.ASSUMED if delivered.old else FeeSource.KEEPA
            fee = delivered.fba
        if fee is None:
            fee, source = self.profile.assumed_fba_fee, FeeSource.ASSUMED
        return Fulfilment(
            bands=((None, fee),),
            source=source,
            tier=sized.tier if sized else None,
            oversize=bool(sized and sized.oversize),
            to_check=source is FeeSource.ASSUMED,
        )

    def _moved(self, delivered: Delivered, sized: Fulfilment, price: Decimal) -> Fulfilment:
        """Keepa's figure in its own price band, moved by the table's difference in the others."""
        base, factor, fba = sized.at(price), 1 + self.fuel.value, delivered.fba or ZERO
        bands = tuple((upto, max(ZERO, fba + (fee - base) * factor)) for upto, fee in sized.bands)
        usual = base * factor
        if delivered.holds_peak:
            usual += self.seasonal.value
        return replace(
            sized,
            bands=bands,
            source=FeeSource.KEEPA,
            to_check=False,
            surcharged=False,
            keepa_band=band_index(price, sized.bands),
            mismatch=(usual, fba) if self._differ(usual, fba) else None,
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
