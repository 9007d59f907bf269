"""Facts and scores as JSON objects (dicts of JSON values), and back, exactly.

Written for speed, because re-scoring a catalogue reads every product's facts: fields are named,
absent ones are left out, money is a string. Unknown keys are ignored, so that an older engine
reads what a newer one wrote.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from discovery.scoring.inputs import (
    NO_MEASURES,
    ChangeCode,
    Condition,
    CostBasis,
    FlagCode,
    Measures,
    PriceBasis,
    PriceDistribution,
    PriceMeasures,
    PriceSeries,
    PriceStats,
    ProductFacts,
    ReasonCode,
    SalesKind,
    Severity,
    VatRegime,
    Verdict,
)
from discovery.scoring.results import (
    BetterPrice,
    Change,
    Cliff,
    Corridor,
    FeeBreakdown,
    FeeCode,
    FeeKind,
    FeeLine,
    FeeSource,
    Flag,
    Obstacle,
    Reason,
    Score,
)

JsonObject = dict[str, Any]
Decode = Callable[[Any], Any]

_STATS = frozenset({"buy_box", "new_fba", "new", "amazon", "used", "used_buy_box"})
_TIMES = frozenset({"fetched_at", "listed_since", "first_data_at"})
_MONEY = frozenset(
    {
        "lowest_fbm_new",
        "warehouse",
        "list_price",
        "referral_percent",
        "fba_fee",
        "closing_fee",
        "rating",
    }
)
_FACT_FIELDS = tuple(field.name for field in dataclasses.fields(ProductFacts))
_FACT_DEFAULTS = {field.name: field.default for field in dataclasses.fields(ProductFacts)}


def facts_to_json(facts: ProductFacts) -> JsonObject:
    """The facts as a JSON object."""
    data: JsonObject = {}
    for name in _FACT_FIELDS:
        value = getattr(facts, name)
        if value is None or value == _FACT_DEFAULTS[name]:
            continue
        data[name] = _plain(value)
    if facts.measures != NO_MEASURES:
        data["measures"] = _measures_to_json(facts.measures)
    return data


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return int(value.timestamp())
        case PriceStats():
            prices = (value.current, value.avg30, value.avg90, value.avg180, value.avg365)
            return [None if price is None else str(price) for price in prices]
        case tuple():
            return list(value)
        case _:
            return value


def facts_from_json(data: Mapping[str, Any]) -> ProductFacts:
    """The facts back. Raises KeyError, TypeError or ValueError on what never was facts."""
    known: JsonObject = {}
    for name, value in data.items():
        decode = _FACT_DECODERS.get(name)
        if decode is not None:
            known[name] = decode(value)
        elif name in _FACT_DEFAULTS:
            known[name] = value
    return ProductFacts(**known)


def _stats(prices: list[str | None]) -> PriceStats:
    return PriceStats(*[None if price is None else Decimal(price) for price in prices])


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _measures_to_json(measures: Measures) -> JsonObject:
    data: JsonObject = {}
    for field in dataclasses.fields(Measures):
        value = getattr(measures, field.name)
        if isinstance(value, PriceMeasures):
            value = _price_measures_to_json(value)
        if value is not None:
            data[field.name] = value
    return data


def _price_measures_to_json(measures: PriceMeasures) -> JsonObject:
    data: JsonObject = {}
    for field in dataclasses.fields(PriceMeasures):
        value = getattr(measures, field.name)
        if isinstance(value, PriceDistribution):
            value = [value.prices, value.cumulative]
        if value is not None and value is not False:
            data[field.name] = value
    return data


def _measures(data: Mapping[str, Any]) -> Measures:
    known = {name: value for name, value in data.items() if name in _MEASURE_FIELDS}
    for name in ("new", "used"):
        if name in known:
            known[name] = _price_measures(known[name])
    return Measures(**known)


def _price_measures(data: Mapping[str, Any]) -> PriceMeasures:
    known = {name: value for name, value in data.items() if name in _PRICE_MEASURE_FIELDS}
    known["series"] = _PRICE_SERIES[known["series"]]
    for name in ("window_90", "window_180"):
        if name in known:
            prices, cumulative = known[name]
            known[name] = PriceDistribution(tuple(prices), tuple(cumulative))
    return PriceMeasures(**known)


_MEASURE_FIELDS = frozenset(field.name for field in dataclasses.fields(Measures))
_PRICE_MEASURE_FIELDS = frozenset(field.name for field in dataclasses.fields(PriceMeasures))
# Looking a member up in a dict is several times faster than calling the enum.
_PRICE_SERIES: Mapping[str, PriceSeries] = {member.value: member for member in PriceSeries}
_FACT_DECODERS: dict[str, Decode] = {
    **dict.fromkeys(_STATS, _stats),
    **dict.fromkeys(_TIMES, _time),
    **dict.fromkeys(_MONEY, Decimal),
    "category_ids": tuple,
    "measures": _measures,
}


# --- scores -------------------------------------------------------------------------------------
# Enum members are left as they are: they are strings to json.


def score_to_json(score: Score) -> JsonObject:
    """The score as a JSON object."""
    data: JsonObject = {}
    for name, encode in _SCORE_ENCODERS:
        value = getattr(score, name)
        data[name] = value if value is None or encode is None else encode(value)
    return data


def _breakdown_to_json(breakdown: FeeBreakdown) -> JsonObject:
    return {
        "price": str(breakdown.price),
        "lines": [_fee_line_to_json(line) for line in breakdown.lines],
        "amazon": str(breakdown.amazon),
        "own": str(breakdown.own),
        "vat": str(breakdown.vat),
        "total": str(breakdown.total),
        "net_proceeds": str(breakdown.net_proceeds),
        "category": breakdown.category,
        "size_tier": breakdown.size_tier,
    }


def _fee_line_to_json(line: FeeLine) -> JsonObject:
    since = line.effective_from
    return {
        "code": line.code,
        "kind": line.kind,
        "amount": str(line.amount),
        "source": line.source,
        "effective_from": None if since is None else since.isoformat(),
        "to_check": line.to_check,
        "params": line.params,
    }


def _flags_to_json(flags: tuple[Flag, ...]) -> list[JsonObject]:
    return [
        {"code": flag.code, "severity": flag.severity, "cap": flag.cap, "params": flag.params}
        for flag in flags
    ]


def _reasons_to_json(reasons: tuple[Reason, ...]) -> list[JsonObject]:
    return [
        {"code": reason.code, "supports": reason.supports, "params": reason.params}
        for reason in reasons
    ]


def _changes_to_json(changes: tuple[Change, ...]) -> list[JsonObject]:
    return [{"code": change.code, "params": change.params} for change in changes]


def _corridor_to_json(corridor: Corridor) -> JsonObject:
    return {
        "series": corridor.series,
        "p25": str(corridor.p25),
        "median": str(corridor.median),
        "p75": str(corridor.p75),
    }


def _cliffs_to_json(cliffs: tuple[Cliff, ...]) -> list[JsonObject]:
    return [
        {"price": str(cliff.price), "profit": str(cliff.profit), "drop": str(cliff.drop)}
        for cliff in cliffs
    ]


def _better_price_to_json(better: BetterPrice) -> JsonObject:
    return {
        "price": str(better.price),
        "profit": str(better.profit),
        "gain": str(better.gain),
    }


def score_from_json(data: Mapping[str, Any]) -> Score:
    """The score back. Raises KeyError, TypeError or ValueError on what never was a score."""
    known = {name: value for name, value in data.items() if name in _SCORE_DECODERS}
    for name, decode in _SCORE_DECODERS.items():
        if decode is not None and known.get(name) is not None:
            known[name] = decode(known[name])
    return Score(**known)


def _breakdown(data: Mapping[str, Any]) -> FeeBreakdown:
    return FeeBreakdown(
        price=Decimal(data["price"]),
        lines=tuple(_fee_line(line) for line in data["lines"]),
        amazon=Decimal(data["amazon"]),
        own=Decimal(data["own"]),
        vat=Decimal(data["vat"]),
        total=Decimal(data["total"]),
        net_proceeds=Decimal(data["net_proceeds"]),
        category=data["category"],
        size_tier=data["size_tier"],
    )


def _fee_line(data: Mapping[str, Any]) -> FeeLine:
    since = data["effective_from"]
    return FeeLine(
        code=FeeCode(data["code"]),
        kind=FeeKind(data["kind"]),
        amount=Decimal(data["amount"]),
        source=FeeSource(data["source"]),
        effective_from=None if since is None else date.fromisoformat(since),
        to_check=data["to_check"],
        params=data["params"],
    )


def _flag(data: Mapping[str, Any]) -> Flag:
    cap = data["cap"]
    return Flag(
        FlagCode(data["code"]),
        Severity(data["severity"]),
        None if cap is None else Verdict(cap),
        data["params"],
    )


def _reason(data: Mapping[str, Any]) -> Reason:
    return Reason(ReasonCode(data["code"]), data["supports"], data["params"])


def _change(data: Mapping[str, Any]) -> Change:
    return Change(ChangeCode(data["code"]), data["params"])


def _cliff(data: Mapping[str, Any]) -> Cliff:
    return Cliff(Decimal(data["price"]), Decimal(data["profit"]), Decimal(data["drop"]))


def _better_price(data: Mapping[str, Any]) -> BetterPrice:
    return BetterPrice(Decimal(data["price"]), Decimal(data["profit"]), Decimal(data["gain"]))


def _corridor(data: Mapping[str, Any]) -> Corridor:
    return Corridor(
        PriceSeries(data["series"]),
        Decimal(data["p25"]),
        Decimal(data["median"]),
        Decimal(data["p75"]),
    )


def _each(decode: Decode) -> Decode:
    def decode_all(items: list[Any]) -> tuple[Any, ...]:
        return tuple(decode(item) for item in items)

    return decode_all


_AMOUNTS = (
    "roi_percent",
    "profit",
    "margin_percent",
    "sell_price",
    "landed_cost",
    "landed_cost_net",
    "max_cost",
    "break_even",
    "target_price",
)
_SCORE_FIELDS = tuple(field.name for field in dataclasses.fields(Score))
_ENCODERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_AMOUNTS, str),
    "fees": _breakdown_to_json,
    "flags": _flags_to_json,
    "reasons": _reasons_to_json,
    "what_would_change": _changes_to_json,
    "corridor": _corridor_to_json,
    "cliffs": _cliffs_to_json,
    "better_price": _better_price_to_json,
    "scored_at": datetime.isoformat,
}
_SCORE_ENCODERS = tuple((name, _ENCODERS.get(name)) for name in _SCORE_FIELDS)
_OBSTACLES: dict[str, Obstacle] = {code.value: code for code in (*FlagCode, *ReasonCode)}
_SCORE_DECODERS: dict[str, Decode | None] = {
    **dict.fromkeys(_SCORE_FIELDS, None),
    **dict.fromkeys(_AMOUNTS, Decimal),
    "verdict": Verdict,
    "condition": Condition,
    "regime": VatRegime,
    "sell_price_series": PriceSeries,
    "sell_price_basis": PriceBasis,
    "cost_basis": CostBasis,
    "monthly_sales_kind": SalesKind,
    "fees": _breakdown,
    "flags": _each(_flag),
    "reasons": _each(_reason),
    "what_would_change": _each(_change),
    "buy_forbidden_by": _each(_OBSTACLES.__getitem__),
    "corridor": _corridor,
    "cliffs": _each(_cliff),
    "better_price": _better_price,
    "scored_at": datetime.fromisoformat,
}
