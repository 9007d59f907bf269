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
    FbaFee,
    Surcharge,
    fba_fee,
    is_peak_season,
)
from discovery.scoring.fees.referral_tables import CLOSING_FEES, ReferralRule, referral_rule
from discovery.scoring.fees.schedule import Schedule, build_schedule
from discovery.scoring.fees.vat import VatTerms, vat_terms
from discovery.scoring.inputs import ProductFacts
from discovery.scoring.marketplaces import COUNTRY_TERMS, Marketplace, marketplace
from discovery.scoring.profile import Profile
from discovery.scoring.results import FeeSource, Params

ZERO = Decimal(0)
HUNDRED = Decimal(100)
SAME_PERCENT = Decimal("0.06")  # Keepa derives percentages from rounded fees: 15.02 is 15
UNBANDED_PRICE = Decimal(100)  # what Keepa assumes when a product never had a price


@dataclass(frozen=True, slots=True)
class Sourced:
    """A figure with where it comes from."""

    value: Decimal
    source: FeeSource
    effective_from: date | None = None
    to_check: bool = False


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
class Fulfilment:
    """The fulfilment fee by price band, excl. VAT and surcharges."""

    bands: tuple[tuple[Decimal | None, Decimal], ...]
    source: FeeSource
    tier: str | None
    oversize: bool
    effective_from: date | None
    to_check: bool
    surcharged: bool  # False when the fuel surcharge is already in the figure
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

    Derives what these share once; products then only look their fees up.
    """

    def __init__(
        self, profile: Profile, market: Marketplace, category: FeeCategory, day: date
    ) -> None:
        self.profile = profile
        self.market = market
        self.category = category
        self.vat: VatTerms = vat_terms(profile, market, category)
        seller = COUNTRY_TERMS[profile.seller_country]
        self.digital_services = _own_or(
            profile.digital_services_percent,
            Sourced(
                seller.digital_services, FeeSource.TABLE, seller.effective_from, seller.to_check
            ),
            divide_by=HUNDRED,
        )
        self.fuel = _own_or(
            profile.fuel_surcharge_percent,
            _in_force(FUEL_SURCHARGES.get(market.code), day),
            divide_by=HUNDRED,
        )
        peak = _in_force(PEAK_SURCHARGES.get(market.code), day)
        self.peak = (
            _own_or(profile.peak_surcharge, peak)
            if is_peak_season(day)
            else Sourced(ZERO, FeeSource.TABLE)
        )
        self.storage_per_m3 = self._storage(day)
        self.inbound_per_kg = _own_or(
            profile.inbound_per_kg,
            Sourced(market.inbound_per_kg, FeeSource.PROFILE, None, market.inbound_to_check),
        )
        self.closing_unknown = False
        self.closing = self._closing()
        self.rule = referral_rule(market.code, category)
        books = category is FeeCategory.BOOKS
        self.returns = (profile.returns_books_percent if books else profile.returns_percent) / 100
        self.returns_high = profile.returns_high_percent / 100
        self.buffer = profile.buffer_percent / 100
        self.fuel_params = _percent_params(self.fuel.value)
        self.services_params = _percent_params(self.digital_services.value)
        self.buffer_params = _percent_params(self.buffer)
        self.sale_vat_params = _percent_params(self.vat.sale_rate)
        self.fee_vat_params = _percent_params(self.vat.fee_rate)
        usual_vat = Sourced(ZERO, FeeSource.TABLE, seller.effective_from, seller.to_check)
        self.fee_vat = _own_or(profile.fee_vat_percent, usual_vat)
        if market.vat is not None:
            usual_vat = Sourced(
                ZERO, FeeSource.TABLE, market.vat.effective_from, market.vat.to_check
            )
        self.sale_vat = _own_or(profile.sale_vat_percent, usual_vat)
        self._product_fees: dict[tuple[object, ...], ProductFees] = {}

    def fees_of(self, facts: ProductFacts) -> ProductFees:
        """The fees of one product, for any price."""
        sized = self._table_fee(facts)
        price = assumed_price(facts)
        key = (
            facts.referral_percent,
            facts.fba_fee,
            self._bands_of(price, sized),
            facts.closing_fee,
            sized and (sized.tier, sized.bands),
            facts.return_rate == 2,
        )
        found = self._product_fees.get(key)
        if found is None:
            if len(self._product_fees) >= 8192:
                self._product_fees.clear()
            found = self._product_fees[key] = self._build(facts, sized, price)
        return found

    def closing_fee(self, facts: ProductFacts) -> Sourced:
        """The closing fee: Keepa's when delivered, unless the profile says otherwise."""
        if facts.closing_fee and self.profile.closing_fee is None:
            return Sourced(facts.closing_fee, FeeSource.KEEPA)
        return self.closing

    def returns_share(self, facts: ProductFacts) -> Decimal:
        """The share of the price kept aside for returns."""
        return self.returns_high if facts.return_rate == 2 else self.returns

    def returns_params(self, facts: ProductFacts) -> Params:
        """That share in percent, as the breakdown's line shows it."""
        return _percent_params(self.returns_share(facts))

    def placement(self, tier: str | None) -> Sourced:
        """Inbound placement, where the store charges it."""
        fee = PLACEMENT_FEES.get(self.market.code, {}).get(tier or "")
        usual = None if fee is None else _as_sourced(fee)
        return _own_or(self.profile.placement_fee, usual)

    def _build(self, facts: ProductFacts, sized: FbaFee | None, price: Decimal) -> ProductFees:
        referral = self._referral(facts.referral_percent, price)
        fulfilment = self._fulfilment(facts.fba_fee, sized, price)
        minimum = self.profile.referral_minimum
        fees = (1 + self.digital_services.value) * self.vat.on_fees
        fuel = self.fuel.value if fulfilment.surcharged else ZERO
        schedule = build_schedule(
            referral=tuple(referral.rule.pieces()),
            minimum=referral.rule.minimum if minimum is None else minimum,
            fba_bands=fulfilment.bands,
            keep=self.vat.keep * (1 - self.returns_share(facts) - self.buffer),
            fee_weight=fees,
            fba_weight=fees * (1 + fuel),
            fixed_fees=fees * (self.closing_fee(facts).value + self.peak.value),
            cent=self.market.cent,
        )
        assumed = FeeSource.ASSUMED in (referral.source, fulfilment.source)
        return ProductFees(
            referral=referral, fulfilment=fulfilment, schedule=schedule, unknown=assumed
        )

    def _bands_of(self, price: Decimal, sized: FbaFee | None) -> tuple[int, int]:
        tiers = self.rule.tiers if self.rule else ()
        return band_index(price, tiers), band_index(price, sized.bands if sized else ())

    def _referral(self, delivered: Decimal | None, price: Decimal) -> Referral:
        own = self.profile.referral_percent
        rule = self.rule
        if own is not None:
            minimum = rule.minimum if rule else ZERO
            flat = ReferralRule(((None, own),), False, minimum, None, "profile")
            return Referral(rule=flat, source=FeeSource.PROFILE)
        if rule is None:
            percent = self.profile.assumed_referral_percent
            source = FeeSource.ASSUMED
            if delivered is not None:
                percent, source = self._without_digital_services(delivered), FeeSource.KEEPA
            flat = ReferralRule(((None, percent),), False, ZERO, None, source.value)
            return Referral(rule=flat, source=source)
        if delivered is None:
            return Referral(rule=rule, source=FeeSource.TABLE)
        band = band_index(price, rule.tiers)
        return self._cross_checked(rule, delivered, band, price)

    def _cross_checked(
        self, rule: ReferralRule, delivered: Decimal, band: int, price: Decimal
    ) -> Referral:
        listed = rule.tiers[band][1]
        for percent in {listed, rule.percent_at(price)}:
            for usual in (percent, percent * (1 + self.digital_services.value)):
                if abs(delivered - usual) <= SAME_PERCENT:
                    return Referral(rule=rule, source=FeeSource.TABLE, keepa_band=band)
        net = self._without_digital_services(delivered)
        tiers = tuple(
            (upto, net if at == band else percent) for at, (upto, percent) in enumerate(rule.tiers)
        )
        mismatch = (listed, net) if self._differ(listed, net) else None
        return Referral(
            rule=replace(rule, tiers=tiers),
            source=FeeSource.TABLE,
            keepa_band=band,
            mismatch=mismatch,
        )

    def _without_digital_services(self, percent: Decimal) -> Decimal:
        """Take the digital services fee out of a percentage that plainly holds it (15.45 is 15)."""
        rate = self.digital_services.value
        bare = percent / (1 + rate)
        nearest = (bare * 2).to_integral_value() / 2
        holds_it = rate and abs(bare - nearest) <= Decimal("0.011") and percent * 2 % 1
        return nearest if holds_it else percent

    def _fulfilment(
        self, delivered: Decimal | None, sized: FbaFee | None, price: Decimal
    ) -> Fulfilment:
        tier = sized.tier if sized else None
        oversize = bool(sized and sized.oversize)
        own = self.profile.fba_fee
        if own is not None:
            return _flat_fulfilment(own, FeeSource.PROFILE, tier, oversize)
        if sized is None:
            if delivered is None:
                stand_in = self.profile.assumed_fba_fee
                return _flat_fulfilment(stand_in, FeeSource.ASSUMED, tier, oversize)
            return _flat_fulfilment(delivered, FeeSource.KEEPA, tier, oversize)
        if delivered is None:
            return Fulfilment(
                bands=sized.bands,
                source=FeeSource.TABLE,
                tier=tier,
                oversize=oversize,
                effective_from=sized.effective_from,
                to_check=sized.to_check,
                surcharged=True,
            )
        return self._moved(delivered, sized, price)

    def _moved(self, delivered: Decimal, sized: FbaFee, price: Decimal) -> Fulfilment:
        """Keepa's figure in its own price band, moved by the table's difference in the others."""
        band = band_index(price, sized.bands)
        base = sized.bands[band][1]
        factor = 1 + self.fuel.value
        bands = tuple(
            (upto, max(ZERO, delivered + (fee - base) * factor)) for upto, fee in sized.bands
        )
        usual = base * factor
        mismatch = (usual, delivered) if self._differ(usual, delivered) else None
        return Fulfilment(
            bands=bands,
            source=FeeSource.KEEPA,
            tier=sized.tier,
            oversize=sized.oversize,
            effective_from=sized.effective_from,
            to_check=False,
            surcharged=False,
            keepa_band=band,
            mismatch=mismatch,
        )

    def _differ(self, usual: Decimal, delivered: Decimal) -> bool:
        return abs(delivered - usual) * 100 > self.profile.fee_mismatch_percent * usual

    def _table_fee(self, facts: ProductFacts) -> FbaFee | None:
        sides = (facts.package_length_mm, facts.package_width_mm, facts.package_height_mm)
        weight = facts.package_weight_g
        if not weight or None in sides or 0 in sides:
            return None
        length, width, height = (side or 0 for side in sides)
        return fba_fee(self.market.code, self.category, length, width, height, weight)

    def _closing(self) -> Sourced:
        own = self.profile.closing_fee
        if own is not None:
            return Sourced(own, FeeSource.PROFILE)
        if self.category not in MEDIA:
            return Sourced(ZERO, FeeSource.TABLE)
        fee = CLOSING_FEES.get(self.market.code)
        if fee is None:
            self.closing_unknown = True
            return Sourced(ZERO, FeeSource.ASSUMED, None, to_check=True)
        return Sourced(fee.amount, FeeSource.TABLE, fee.effective_from, fee.to_check)

    def _storage(self, day: date) -> Sourced:
        rate = STORAGE_RATES.get(self.market.code)
        usual = None
        if rate is not None:
            usual = Sourced(rate.on(day), FeeSource.TABLE, None, rate.to_check)
        return _own_or(self.profile.storage_per_m3, usual)


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


def band_index(price: Decimal, bands: tuple[tuple[Decimal | None, Decimal], ...]) -> int:
    """Which band a price falls in."""
    for at, (upto, _) in enumerate(bands):
        if upto is None or price <= upto:
            return at
    return max(len(bands) - 1, 0)


def _percent_params(ratio: Decimal) -> Params:
    return {"percent": plain(ratio * 100)}


def plain(value: Decimal) -> str:
    """A number without needless zeros or exponents."""
    return format(value.normalize(), "f")


def _flat_fulfilment(
    fee: Decimal, source: FeeSource, tier: str | None, oversize: bool
) -> Fulfilment:
    assumed = source is FeeSource.ASSUMED
    return Fulfilment(
        bands=((None, fee),),
        source=source,
        tier=tier,
        oversize=oversize,
        effective_from=None,
        to_check=assumed,
        surcharged=False,
    )


def _as_sourced(surcharge: Surcharge) -> Sourced:
    return Sourced(surcharge.value, FeeSource.TABLE, surcharge.effective_from, surcharge.to_check)


def _in_force(surcharge: Surcharge | None, day: date) -> Sourced | None:
    if surcharge is None or day < surcharge.effective_from:
        return None
    return _as_sourced(surcharge)


def _own_or(
    own: Decimal | None, usual: Sourced | None, divide_by: Decimal | None = None
) -> Sourced:
    """The profile's figure when it has one, else the table's, else nothing to pay."""
    found = Sourced(own, FeeSource.PROFILE) if own is not None else usual
    if found is None:
        return Sourced(ZERO, FeeSource.TABLE)
    return found if divide_by is None else replace(found, value=found.value / divide_by)
