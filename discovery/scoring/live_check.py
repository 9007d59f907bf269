"""The check before buying: what got better or worse since a stored score. Pure.

Rules have a direction: a price that rose or a rank that improved is never held against a product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from discovery.scoring.codes import (
    Condition,
    FlagCode,
    Severity,
    Verdict,
)
from discovery.scoring.inputs import (
    ProductFacts,
)
from discovery.scoring.results import Params, Score
from discovery.scoring.verdict import BUYS, RANK, SHOWN_RANK

# Smaller moves of a price or of the number of sellers are the market's daily noise.
MOVED = Decimal(3)  # percent


class Outcome(StrEnum):
    """What to do with the order."""

    OK = "ok"  # nothing got worse
    CHANGED = "changed"  # something did, and the verdict still stands
    AVOID = "avoid"
    UNKNOWN = "unknown"  # the offers could not be read: nothing was learnt


class FindingCode(StrEnum):
    """What moved; parameters beside each."""

    VERDICT = "verdict"  # before, after
    NOT_WORTH_IT = "not_worth_it"  # verdict
    NO_OFFER = "no_offer"
    PRICE = "price"  # before, after, percent
    MAX_COST = "max_cost"  # before, after
    ABOVE_MAX_COST = "above_max_cost"  # cost, amount
    SELLERS = "sellers"  # before, after
    RANK = "rank"  # before, after
    FLAG = "flag"  # flag
    UNCHANGED = "unchanged"
    OFFERS_UNREAD = "offers_unread"


@dataclass(frozen=True, slots=True)
class Finding:
    """One change; ``better`` is None when it is neither better nor worse."""

    code: FindingCode
    better: bool | None
    params: Params


@dataclass(frozen=True, slots=True)
class LiveCheckResult:
    """What to do with the order, and everything that moved."""

    outcome: Outcome
    findings: tuple[Finding, ...]


# What stands when Keepa could not read the offers, and when it no longer has the product.
NOTHING_LEARNT = LiveCheckResult(Outcome.UNKNOWN, (Finding(FindingCode.OFFERS_UNREAD, None, {}),))
NOBODY_SELLS = LiveCheckResult(Outcome.AVOID, (Finding(FindingCode.NO_OFFER, False, {}),))


def live_check(
    before: Score, after: Score, *, known: ProductFacts, fresh: ProductFacts
) -> LiveCheckResult:
    """Compare two scores of one product, given for the same profile and the same cost."""
    findings = [
        *_verdict(before, after),
        *_money(before, after),
        *_market(known, fresh, after.condition),
        *_flags(before, after),
    ]
    if not findings:
        findings = [Finding(FindingCode.UNCHANGED, None, {})]
    fell = RANK[after.verdict] < RANK[before.verdict]
    worth_it = after.verdict in BUYS
    if (
        after.verdict is Verdict.SKIP
        or (fell and not worth_it)
        or any(finding.code is FindingCode.ABOVE_MAX_COST for finding in findings)
    ):
        outcome = Outcome.AVOID
    elif worth_it and not any(finding.better is False for finding in findings):
        outcome = Outcome.OK
    else:
        outcome = Outcome.CHANGED
    return LiveCheckResult(outcome, tuple(findings))


def _verdict(before: Score, after: Score) -> Iterator[Finding]:
    if after.sell_price is None:
        yield Finding(FindingCode.NO_OFFER, False, {})
    was, now = before.shown_verdict, after.shown_verdict
    if was is not now:
        params = {"before": was.value, "after": now.value}
        better = SHOWN_RANK[now] > SHOWN_RANK[was]
        yield Finding(FindingCode.VERDICT, better, params)
    elif after.verdict is Verdict.SKIP:
        yield Finding(FindingCode.NOT_WORTH_IT, False, {"verdict": after.verdict.value})


def _money(before: Score, after: Score) -> Iterator[Finding]:
    # A price read from another series is better known, not moved.
    same_series = before.sell_price_series is after.sell_price_series
    if same_series and (moved := _moved(before.sell_price, after.sell_price)):
        was, now, percent = moved
        params = {"before": f"{was:f}", "after": f"{now:f}", "percent": f"{abs(percent):.1f}"}
        yield Finding(FindingCode.PRICE, percent > 0, params)
    if moved := _moved(before.max_cost, after.max_cost):
        was, now, percent = moved
        params = {"before": f"{was:f}", "after": f"{now:f}"}
        yield Finding(FindingCode.MAX_COST, percent > 0, params)
    cost, most = after.landed_cost, after.max_cost
    if cost is None or most is None or after.hypothetical:
        return
    # A cost finer than the smallest unit may lie above the whole units and still earn a BUY.
    if cost > most and after.verdict not in BUYS:
        params = {"cost": f"{cost:f}", "amount": f"{most:f}"}
        yield Finding(FindingCode.ABOVE_MAX_COST, False, params)


def _market(known: ProductFacts, fresh: ProductFacts, condition: Condition) -> Iterator[Finding]:
    was, now = known.count_new_fba, fresh.count_new_fba
    competes = condition is Condition.NEW
    if competes and was is not None and now is not None and was != now:
        params = {"before": str(was), "after": str(now)}
        yield Finding(FindingCode.SELLERS, now < was, params)
    rank, newer = known.bsr, fresh.bsr
    if rank and newer and abs(newer - rank) * 10 >= rank:
        yield Finding(FindingCode.RANK, newer < rank, {"before": str(rank), "after": str(newer)})


def _flags(before: Score, after: Score) -> Iterator[Finding]:
    had, has = ({flag.code: flag for flag in score.flags} for score in (before, after))
    for code, flag in (has | had).items():
        gone = code not in has
        if (not gone and code in had) or flag.severity is Severity.INFO:
            continue
        # Reading the Buy Box is not news about the product, nor is its being unread.
        if code is not FlagCode.NO_BUY_BOX and not (gone and code is FlagCode.STALE_DATA):
            yield Finding(FindingCode.FLAG, gone, {"flag": code.value})


def _moved(
    before: Decimal | None, after: Decimal | None
) -> tuple[Decimal, Decimal, Decimal] | None:
    """Both amounts and the change in percent, when it is more than noise."""
    if not before or after is None:
        return None
    percent = 100 * (after - before) / before
    return (before, after, percent) if abs(percent) >= MOVED else None
