"""The scoring engine's public face: facts and a profile in, a verdict with its reasons out.

Pure: the standard library, pydantic and rapidfuzz, no clock, no I/O.

    measures = measure(history, now=now)              once, when a product is fetched
    facts = ProductFacts(..., measures=measures)
    answer = score(facts, EQUILIBRE, now=now, cost=Decimal("8.00"))
"""

from __future__ import annotations

from discovery.scoring.codecs import facts_from_json, facts_to_json
from discovery.scoring.codes import (
    ChangeCode,
    Condition,
    CostBasis,
    FlagCode,
    Grade,
    PriceBasis,
    PriceSeries,
    ReasonCode,
    SalesKind,
    Severity,
    ShownVerdict,
    VatRegime,
    Verdict,
)
from discovery.scoring.engine import profit_at, score
from discovery.scoring.found_cost import FoundCost, Identity
from discovery.scoring.history import History, measure
from discovery.scoring.inputs import (
    PriceStats,
    ProductFacts,
)
from discovery.scoring.profile import Profile
from discovery.scoring.purchases import PurchaseVat, purchase_vat, received_at
from discovery.scoring.results import Change, FeeCode, FeeLine, FeeSource, Flag, Reason, Score
from discovery.scoring.settings import InvalidSetting
from discovery.scoring.shipped_profiles import EQUILIBRE, SHIPPED
from discovery.scoring.used_prices import SoldCopy
from discovery.scoring.what_if import WhatIf
from discovery.vat_basis import VatBasis

__all__ = [
    "EQUILIBRE",
    "SHIPPED",
    "Change",
    "ChangeCode",
    "Condition",
    "CostBasis",
    "FeeCode",
    "FeeLine",
    "FeeSource",
    "Flag",
    "FlagCode",
    "FoundCost",
    "Grade",
    "History",
    "Identity",
    "InvalidSetting",
    "PriceBasis",
    "PriceSeries",
    "PriceStats",
    "ProductFacts",
    "Profile",
    "PurchaseVat",
    "Reason",
    "ReasonCode",
    "SalesKind",
    "Score",
    "Severity",
    "ShownVerdict",
    "SoldCopy",
    "VatBasis",
    "VatRegime",
    "Verdict",
    "WhatIf",
    "facts_from_json",
    "facts_to_json",
    "measure",
    "profit_at",
    "purchase_vat",
    "received_at",
    "score",
]
