"""The codes of the engine and of the searches as sentences in the active language.

Pure modules return codes and parameters; every sentence a person reads is made here.
"""

from __future__ import annotations

from discovery.wording.checks import (
    OUTCOME_TONES,
    finding_text,
    offer_condition,
    outcome_text,
    seller_label,
)
from discovery.wording.filters import (
    CategoryNames,
    bounds,
    category_label,
    filters_in_words,
    joined,
    marketplace_label,
)
from discovery.wording.flags import flag_label, flag_text
from discovery.wording.labels import (
    VERDICT_ICONS,
    basis_label,
    condition_label,
    confidence_text,
    cost_label,
    cost_source_label,
    days_text,
    fee_label,
    fee_source_text,
    regime_label,
    sales_kind_text,
    sales_text,
    series_label,
    verdict_label,
)
from discovery.wording.reasons import change_text, obstacle_label, reason_text
from discovery.wording.searches import (
    CACHE_ICONS,
    cache_label,
    cache_text,
    problem_text,
    retry_text,
    run_title,
    stage_label,
    stage_text,
    state_label,
    yield_text,
)
from discovery.wording.settings import (
    GROUPS,
    choice_label,
    scope_label,
    setting_group,
    setting_help,
    setting_label,
    setting_problem,
    setting_unit,
    setting_value,
)
from discovery.wording.warnings import conflict_text

__all__ = [
    "CACHE_ICONS",
    "GROUPS",
    "OUTCOME_TONES",
    "VERDICT_ICONS",
    "CategoryNames",
    "basis_label",
    "bounds",
    "cache_label",
    "cache_text",
    "category_label",
    "change_text",
    "choice_label",
    "condition_label",
    "confidence_text",
    "conflict_text",
    "cost_label",
    "cost_source_label",
    "days_text",
    "fee_label",
    "fee_source_text",
    "filters_in_words",
    "finding_text",
    "flag_label",
    "flag_text",
    "joined",
    "marketplace_label",
    "obstacle_label",
    "offer_condition",
    "outcome_text",
    "problem_text",
    "reason_text",
    "regime_label",
    "retry_text",
    "run_title",
    "sales_kind_text",
    "sales_text",
    "scope_label",
    "seller_label",
    "series_label",
    "setting_group",
    "setting_help",
    "setting_label",
    "setting_problem",
    "setting_unit",
    "setting_value",
    "stage_label",
    "stage_text",
    "state_label",
    "verdict_label",
    "yield_text",
]
