"""A reseller's profile: every tunable number of the engine, in one frozen dataclass.

Money settings are in euros, percentages in percent. ``for_marketplace`` turns the amounts into what
is asked for in the store's currency (``currencies``). An empty optional setting means "as the dated
tables say". Overrides change any setting for one marketplace (``"fr"``) or one category of it
(``"fr:301061"``); their amounts are in that marketplace's currency.
"""

# ruff: noqa: RUF009 - each call in the class body builds a dataclasses.field

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from itertools import chain, pairwise
from typing import Any, Self

from discovery.scoring.codes import (
    Condition,
    CostMethod,
    FlagCode,
    FloorJoin,
    Grade,
    PriceBasis,
    VatRegime,
    Verdict,
)
from discovery.scoring.currencies import BASE, currency_of, local_amount
from discovery.scoring.marketplaces import MARKETPLACES
from discovery.scoring.settings import (
    InvalidSetting,
    SettingValue,
    Spec,
    boolean,
    cap,
    choice,
    decimal,
    integer,
    money,
    percent,
    read,
    write,
)
from discovery.scoring.version import ENGINE_VERSION
from discovery.vat_basis import VatBasis

BUY, CONSIDER, SKIP = Verdict.BUY, Verdict.CONSIDER, Verdict.SKIP
COUNTRIES = ("FR", "DE", "IT", "ES", "UK", "US", "OTHER")
SCOPE = re.compile(r"[a-z]{2}(:[1-9][0-9]{0,14})?")
Overrides = tuple[tuple[str, tuple[tuple[str, SettingValue], ...]], ...]


@dataclass(frozen=True)
class Profile:
    """How a reseller buys, sells, is taxed and decides."""

    # What we sell, and at which price
    condition: Condition = choice(Condition.NEW, list(Condition), group="selling")
    price_basis: PriceBasis = choice(PriceBasis.CONSERVATIVE, list(PriceBasis), group="selling")
    average_days: int = integer(
        90, group="selling", unit="days", low=30, high=365, choices=(30, 90, 180, 365)
    )
    seller_country: str = choice("FR", COUNTRIES, group="selling")
    used_grade: Grade | None = choice(None, list(Grade), group="selling", optional=True)

    # What it costs us when nobody said
    cost_method: CostMethod = choice(CostMethod.LOWEST_OFFER, list(CostMethod), group="cost")
    price_factor_percent: Decimal = percent("50", group="cost", low="1", high="99")
    buy_from_fbm: bool = boolean(True, group="cost")
    buy_from_lowest: bool = boolean(True, group="cost")
    buy_from_amazon: bool = boolean(True, group="cost")
    buy_from_warehouse: bool = boolean(True, group="cost")
    # Wholesalers ask 40-70 % of the retail price and clearances leave 10-30 %: below a tenth,
    # next to nobody sells new goods.
    sourcing_least_cost_percent: Decimal = percent("10", group="cost", high="90")
    cost_vat: VatBasis = choice(VatBasis.INCLUDED, list(VatBasis), group="cost")

    # VAT
    regime: VatRegime = choice(VatRegime.FRANCHISE, list(VatRegime), group="vat")
    sale_vat_percent: Decimal | None = percent(None, group="vat", high="30", optional=True)
    purchase_vat_percent: Decimal | None = percent(None, group="vat", high="30", optional=True)
    fee_vat_percent: Decimal | None = percent(None, group="vat", high="30", optional=True)

    # What Amazon takes
    referral_percent: Decimal | None = percent(None, group="fees", high="50", optional=True)
    referral_minimum: Decimal | None = money(None, group="fees", high="100", optional=True)
    closing_fee: Decimal | None = money(None, group="fees", high="100", optional=True)
    fba_fee: Decimal | None = money(None, group="fees", optional=True)
    fuel_surcharge_percent: Decimal | None = percent(None, group="fees", high="50", optional=True)
    peak_surcharge: Decimal | None = money(None, group="fees", high="100", optional=True)
    digital_services_percent: Decimal | None = percent(None, group="fees", high="20", optional=True)
    placement_fee: Decimal | None = money(None, group="fees", high="100", optional=True)
    storage_per_m3: Decimal | None = money(
        None, group="fees", high="10000", unit="money/m³/month", optional=True
    )
    fee_mismatch_percent: Decimal = percent("10", group="fees")

    # What sending it in costs us
    inbound_per_kg: Decimal | None = money(
        None, group="own_costs", high="100", unit="money/kg", optional=True
    )
    prep_per_unit: Decimal = money("0.20", group="own_costs", high="100")
    returns_percent: Decimal = percent("2", group="own_costs", high="50")
    returns_books_percent: Decimal = percent("1", group="own_costs", high="50")
    returns_high_percent: Decimal = percent("5", group="own_costs", high="50")
    buffer_percent: Decimal = percent("0", group="own_costs", high="50")

    # What stands in for the unknown (always flagged)
    assumed_referral_percent: Decimal = percent("15", group="assumptions", high="50")
    assumed_fba_fee: Decimal = money("5.00", group="assumptions")
    assumed_weight_g: int = integer(400, group="assumptions", unit="g", high=30_000)
    assumed_volume_cm3: int = integer(1500, group="assumptions", unit="cm³", high=500_000)
    assumed_days_to_sell: int = integer(90, group="assumptions", unit="days", low=1, high=730)
    assumed_competitors: Decimal = decimal("5", group="assumptions", unit="offers", high="1000")
    assumed_amazon_share_percent: Decimal = percent("70", group="assumptions")
    assumed_family_size: int = integer(3, group="assumptions", unit="variations", low=1, high=1000)

    # What a verdict asks for
    floors_join: FloorJoin = choice(FloorJoin.AND, list(FloorJoin), group="thresholds")
    roi_target_percent: Decimal = percent("30", group="thresholds", high="1000")
    min_profit: Decimal = money("3", group="thresholds")
    min_margin_percent: Decimal = percent("10", group="thresholds")
    buy_velocity: Decimal = decimal("30", group="thresholds", unit="points", high="100")
    buy_confidence: Decimal = decimal("55", group="thresholds", unit="points", high="100")
    strong_roi_percent: Decimal = percent("50", group="thresholds", high="1000")
    strong_profit: Decimal = money("6", group="thresholds")
    strong_margin_percent: Decimal = percent("15", group="thresholds")
    strong_velocity: Decimal = decimal("60", group="thresholds", unit="points", high="100")
    strong_confidence: Decimal = decimal("75", group="thresholds", unit="points", high="100")
    consider_roi_percent: Decimal = percent("15", group="thresholds", high="1000")
    consider_profit: Decimal = money("1", group="thresholds")
    consider_margin_percent: Decimal = percent("4", group="thresholds")
    consider_velocity: Decimal = decimal("10", group="thresholds", unit="points", high="100")
    consider_confidence: Decimal = decimal("25", group="thresholds", unit="points", high="100")

    # How fast it sells
    weight_drops_30: int = integer(40, group="velocity", unit="weight", high=100)
    weight_drops_90: int = integer(40, group="velocity", unit="weight", high=100)
    weight_drops_180: int = integer(20, group="velocity", unit="weight", high=100)
    drops_saturation: int = integer(600, group="velocity", unit="sales/month", low=30, high=750)
    drops_floor_rank: int = integer(1000, group="velocity", unit="rank", high=1_000_000)
    rank_law_coefficient: Decimal = decimal(
        "950000", group="velocity", unit="sales/month", low="1", high="1000000000"
    )
    rank_law_exponent: Decimal = decimal("0.9", group="velocity", unit="", low="0.1", high="3")
    used_sales_percent: Decimal = percent("30", group="velocity")
    fbm_weight_percent: Decimal = percent("25", group="velocity")
    near_price_percent: Decimal = percent("50", group="velocity")
    half_score_sales: Decimal = decimal(
        "5", group="velocity", unit="sales/month", low="0.1", high="1000"
    )
    trend_weight: Decimal = decimal("0.5", group="velocity", unit="", high="2")
    out_of_stock_weight_percent: Decimal = percent("50", group="velocity")
    rank_law_ceiling: int = integer(
        100_000, group="velocity", unit="sales/month", low=1, high=10_000_000
    )
    newcomer_share_percent: Decimal = percent("5", group="velocity")

    # When a risk is worth a flag
    amazon_share_alert_percent: Decimal = percent("30", group="risk")
    amazon_presence_alert_percent: Decimal = percent("50", group="risk")
    spike_percent: Decimal = percent("25", group="risk", high="1000")
    fall_percent: Decimal = percent("15", group="risk")
    corridor_tolerance_percent: Decimal = percent("5", group="risk")
    rarely_profitable_percent: Decimal = percent("50", group="risk")
    rank_worsening_percent: Decimal = percent("50", group="risk", high="1000")
    offer_surge_percent: Decimal = percent("50", group="risk", high="1000")
    out_of_stock_alert_percent: Decimal = percent("30", group="risk")
    fixed_price_tolerance_percent: Decimal = percent("15", group="risk")
    dominant_seller_percent: Decimal = percent("80", group="risk", low="1")
    few_data_days: int = integer(90, group="risk", unit="days", high=730)
    stale_hours: int = integer(48, group="risk", unit="hours", low=1, high=8760)
    cliff_reach_percent: Decimal = percent("20", group="risk")
    better_price_gain: Decimal = money("0.10", group="risk", high="100")

    # The best verdict each flag leaves
    cap_amazon_sells: Verdict | None = cap(BUY)
    cap_amazon_holds_buy_box: Verdict | None = cap(CONSIDER)
    cap_price_spike: Verdict | None = cap(BUY)
    cap_price_falling: Verdict | None = cap(BUY)
    cap_price_above_corridor: Verdict | None = cap(BUY)
    cap_price_below_corridor: Verdict | None = cap(None)
    cap_rarely_profitable: Verdict | None = cap(CONSIDER)
    cap_price_meaning_changed: Verdict | None = cap(None)
    cap_no_buy_box: Verdict | None = cap(BUY)
    cap_no_current_offer: Verdict | None = cap(CONSIDER)
    cap_often_out_of_stock: Verdict | None = cap(None)
    cap_rank_worsening: Verdict | None = cap(BUY)
    cap_no_rank: Verdict | None = cap(CONSIDER)
    cap_sales_unknown: Verdict | None = cap(CONSIDER)
    cap_offer_surge: Verdict | None = cap(CONSIDER)
    cap_hazmat: Verdict | None = cap(CONSIDER)
    cap_heat_sensitive: Verdict | None = cap(BUY)
    cap_adult: Verdict | None = cap(CONSIDER)
    cap_oversize: Verdict | None = cap(BUY)
    cap_high_returns: Verdict | None = cap(BUY)
    cap_variation_parent: Verdict | None = cap(SKIP)
    cap_not_sellable: Verdict | None = cap(SKIP)
    cap_fixed_price_book: Verdict | None = cap(CONSIDER)
    cap_fees_unknown: Verdict = cap(CONSIDER, hard=True)
    cap_closing_fee_unknown: Verdict | None = cap(BUY)
    cap_fee_mismatch: Verdict | None = cap(None)
    cap_size_unknown: Verdict | None = cap(None)
    cap_few_data: Verdict | None = cap(CONSIDER)
    cap_stale_data: Verdict | None = cap(CONSIDER)
    cap_cost_assumed: Verdict = cap(CONSIDER, hard=True)
    cap_dominant_seller: Verdict | None = cap(CONSIDER)
    cap_brand_sells_alone: Verdict | None = cap(CONSIDER)
    cap_not_released: Verdict | None = cap(CONSIDER)
    cap_back_order: Verdict | None = cap(BUY)
    cap_amazon_on_order: Verdict | None = cap(BUY)
    cap_coupon: Verdict | None = cap(None)
    cap_sales_shared: Verdict | None = cap(None)
    cap_rank_reference_changed: Verdict | None = cap(None)
    cap_grade_assumed: Verdict | None = cap(BUY)
    cap_offer_ungraded: Verdict | None = cap(CONSIDER)
    cap_size_near_limit: Verdict | None = cap(None)
    cap_fees_old: Verdict | None = cap(None)
    cap_tax_unknown: Verdict | None = cap(CONSIDER)
    cap_pack: Verdict | None = cap(None)
    cap_pack_cost: Verdict | None = cap(CONSIDER)
    cap_ambiguous_code: Verdict = cap(CONSIDER, hard=True)
    cap_identity_to_check: Verdict = cap(CONSIDER, hard=True)
    cap_dip: Verdict | None = cap(None)
    cap_dip_unproven: Verdict | None = cap(CONSIDER)

    # What is found by itself: purchases abroad, dips, and what a pick is called
    carriage_de: Decimal = money("3.00", group="sourcing")
    carriage_it: Decimal = money("4.00", group="sourcing")
    carriage_es: Decimal = money("4.00", group="sourcing")
    carriage_fr: Decimal = money("3.00", group="sourcing")
    carriage_per_kg: Decimal = money("1.00", group="sourcing", high="1000", unit="money/kg")
    intra_eu_vat_number: bool = boolean(False, group="sourcing")
    identity_title_percent: Decimal = percent("80", group="sourcing", low="50")
    dip_percent: Decimal = percent("25", group="sourcing", low="10", high="90")
    dip_comebacks: int = integer(3, group="sourcing", unit="times", low=1, high=20)
    anomaly_roi_percent: Decimal = percent("150", group="sourcing", low="1", high="10000")
    revenant_hours: int = integer(24, group="sourcing", unit="hours", low=1, high=8760)
    stable_hours: int = integer(3, group="sourcing", unit="hours", low=1, high=720)
    stable_price_percent: Decimal = percent("10", group="sourcing")
    stable_roi_points: Decimal = percent("15", group="sourcing")
    stable_offers: int = integer(3, group="sourcing", unit="offers", high=100)

    # How sure we are, and how results are ranked
    weight_completeness: int = integer(40, group="confidence", unit="weight", high=100)
    weight_freshness: int = integer(20, group="confidence", unit="weight", high=100)
    weight_history: int = integer(20, group="confidence", unit="weight", high=100)
    weight_cost: int = integer(20, group="confidence", unit="weight", low=1, high=100)
    fresh_hours: int = integer(6, group="confidence", unit="hours", high=720)
    full_history_days: int = integer(180, group="confidence", unit="days", low=1, high=730)
    confidence_lowest_offer: Decimal = decimal("70", group="confidence", unit="points", high="100")
    confidence_europe: Decimal = decimal("85", group="confidence", unit="points", high="100")
    confidence_dip: Decimal = decimal("70", group="confidence", unit="points", high="100")
    confidence_price_factor: Decimal = decimal("15", group="confidence", unit="points", high="100")
    max_days_to_sell: int = integer(365, group="confidence", unit="days", low=30, high=730)

    overrides: Overrides = ()
    currency: str = BASE  # of the money settings; no setting itself

    def __post_init__(self) -> None:
        """Raise ``InvalidSetting`` when a value or an override is not usable."""
        # A plain "used" becomes the enum's member; bounds are those of the currency.
        for name, spec in specs_in(self.currency).items():
            object.__setattr__(self, name, read(name, spec, getattr(self, name)))
        for lower, higher in chain.from_iterable(map(pairwise, FLOORS.values())):
            if getattr(self, lower) > getattr(self, higher):
                raise InvalidSetting(higher, "below", {"other": lower})
        for scope, changes in self.overrides:
            if not SCOPE.fullmatch(scope):
                raise InvalidSetting("overrides", "bad_scope", {"scope": scope})
            dataclasses.replace(self, **{**_local(self, scope[:2]), **dict(changes)})

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Read settings as JSON holds them; what is absent keeps its default.

        Raises ``InvalidSetting`` naming the first setting that is unknown or out of bounds.
        """
        plain = dict(settings)
        raw = plain.pop("overrides", None) or {}
        if not isinstance(raw, Mapping):
            raise InvalidSetting("overrides", "bad_scope", {"scope": str(raw)})
        overrides: list[tuple[str, tuple[tuple[str, SettingValue], ...]]] = []
        for scope, changes in sorted(raw.items()):
            if not isinstance(changes, Mapping):
                raise InvalidSetting("overrides", "bad_scope", {"scope": str(scope)})
            if changes:
                currency = currency_of(str(scope)[:2])
                read_all = _read_all(sorted(changes.items()), currency)
                overrides.append((str(scope), tuple(read_all)))
        known: dict[str, Any] = dict(_read_all(plain.items(), BASE))
        return cls(**known, overrides=tuple(overrides))

    def to_settings(self) -> dict[str, Any]:
        """Every setting as JSON holds it; ``from_settings`` gives the same profile back."""
        settings: dict[str, Any] = {name: write(getattr(self, name)) for name in SPECS}
        settings["overrides"] = {
            scope: {name: write(value) for name, value in changes}
            for scope, changes in self.overrides
        }
        return settings

    @cached_property
    def fingerprint(self) -> str:
        """A stable name for these settings under this engine: any change gives another."""
        canonical = json.dumps([ENGINE_VERSION, self.currency, self.to_settings()], sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:24]

    def for_marketplace(self, code: str, category_ids: Iterable[int] = ()) -> Profile:
        """This profile as it applies on a marketplace and in a product's categories.

        ``category_ids`` go from the root down; a narrower category wins over a wider one, any
        category over the marketplace. Its amounts are in the marketplace's currency.
        """
        return _resolve(self, code, tuple(category_ids) if self.overrides else ())

    def cap_for(self, flag: FlagCode) -> Verdict | None:
        """The best verdict the flag leaves, or None when it caps nothing."""
        value: Verdict | None = getattr(self, f"cap_{flag.value}")
        return value

    def __hash__(self) -> int:
        return hash(self.fingerprint)


def _read_all(
    items: Iterable[tuple[str, object]], currency: str
) -> Iterable[tuple[str, SettingValue]]:
    specs = specs_in(currency)
    for name, value in items:
        spec = specs.get(name)
        if spec is None:
            raise InvalidSetting(str(name), "unknown")
        yield name, read(name, spec, value)


@lru_cache(maxsize=4096)
def _resolve(profile: Profile, code: str, category_ids: tuple[int, ...]) -> Profile:
    scopes = (code, *(f"{code}:{category}" for category in category_ids))
    by_scope = dict(profile.overrides)
    changes = _local(profile, code)
    for scope in scopes:
        changes.update(by_scope.get(scope, ()))
    return dataclasses.replace(profile, **changes)


def _local(profile: Profile, code: str) -> dict[str, Any]:
    """What becomes of a profile's own settings on a marketplace, exceptions apart.

    Amounts are asked for in its currency. VAT rates are those of Europe: they say nothing of a
    store whose prices hold another tax.
    """
    currency, market = currency_of(code), MARKETPLACES.get(code)
    changes: dict[str, Any] = {"overrides": (), "currency": currency}
    if currency != profile.currency:
        for name in MONEY_SETTINGS:
            amount = getattr(profile, name)
            if amount is not None:
                changes[name] = local_amount(amount, currency)
    if market is not None and market.holds_sales_tax:
        changes |= dict.fromkeys(VAT_RATES)
    return changes


# What each figure must reach for a CONSIDER, a BUY and a STRONG_BUY, by setting: each asks for at
# least as much as the one before.
FLOORS: Mapping[str, tuple[str, str, str]] = {
    "roi": ("consider_roi_percent", "roi_target_percent", "strong_roi_percent"),
    "profit": ("consider_profit", "min_profit", "strong_profit"),
    "margin": ("consider_margin_percent", "min_margin_percent", "strong_margin_percent"),
    "velocity": ("consider_velocity", "buy_velocity", "strong_velocity"),
    "confidence": ("consider_confidence", "buy_confidence", "strong_confidence"),
}

SPECS: Mapping[str, Spec] = {
    field.name: field.metadata["spec"]
    for field in dataclasses.fields(Profile)
    if "spec" in field.metadata
}
MONEY_SETTINGS = tuple(name for name, spec in SPECS.items() if spec.unit.startswith("money"))
VAT_RATES = ("sale_vat_percent", "purchase_vat_percent", "fee_vat_percent")


@cache
def specs_in(currency: str) -> Mapping[str, Spec]:
    """What each setting may hold where amounts are in that currency."""
    wider = {
        name: dataclasses.replace(spec, high=local_amount(spec.high, currency))
        for name, spec in SPECS.items()
        if name in MONEY_SETTINGS and spec.high is not None
    }
    return {**SPECS, **wider}
