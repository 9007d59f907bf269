"""What becomes of each line of a batch: its score, or why it has none. Touches no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from discovery.models import RunLine
from discovery.products.candidates import alive, from_json, is_ambiguous
from discovery.products.scored import (
    CacheState,
    ScoredProduct,
    StatedCost,
    sold_copy,
    stated_cost,
    to_breakdown,
)
from discovery.products.store import StoredProduct, product_card
from discovery.runs.summary import is_final
from discovery.scoring import Profile, VatBasis, score
from discovery.search.score_products import Funnel

LineState = RunLine.State

# The columns that a settled line changes.
SCORED_FIELDS = (
    "asin", "state", "title", "verdict", "sourcing", "buy_box_known", "price", "max_cost",
    "landed_cost", "profit", "roi_percent", "velocity_score", "rank_score", "bsr", "breakdown",
    "candidates", "cost_units", "lots",
)  # fmt: skip
UNSCORED_FIELDS = ("asin", "state", "reason", "value")


def waves(lines: Iterable[RunLine]) -> Iterator[list[RunLine]]:
    """The lines in groups in which no product occurs twice: each keeps a cost of its own."""
    left = list(lines)
    while left:
        wave = {line.asin: line for line in reversed(left)}
        yield list(wave.values())
        chosen = {id(line) for line in wave.values()}
        left = [line for line in left if id(line) not in chosen]


def stated_costs(
    lines: Iterable[RunLine], *, default: VatBasis, own: Mapping[str, StatedCost]
) -> dict[str, StatedCost]:
    """ASIN -> the cost of its line, else what its owner pays for it; absent where neither is known.

    ``default`` where nothing says the VAT of a line's cost; ``own`` is by ASIN.
    """
    stated = ((line.asin, stated_cost(line.cost, line.cost_vat, default=default)) for line in lines)
    return {**own, **{asin: cost for asin, cost in stated if cost is not None}}


def without_cost(lines: Iterable[RunLine]) -> list[str]:
    """The products of the lines that have no cost of their own."""
    return [line.asin for line in lines if line.asin and line.cost is None]


def open_candidates(line: RunLine) -> int:
    """Among how many products on sale the owner has still to choose; 1 when that is settled."""
    candidates = from_json(line.candidates)
    return len(alive(candidates)) if not line.is_chosen and is_ambiguous(candidates) else 1


def score_anew(
    line: RunLine,
    product: StoredProduct,
    *,
    own: StatedCost | None,
    profile: Profile,
    now: datetime,
) -> ScoredProduct:
    """The line's product from what is stored, for no token: at the line's own cost, else ``own``.

    ``profile`` is that of its run.
    """
    default = profile.for_marketplace(product.marketplace).cost_vat
    cost = stated_cost(line.cost, line.cost_vat, default=default) or own
    return ScoredProduct(
        card=product_card(product),
        score=score(
            product.facts,
            profile,
            now=now,
            cost=cost.amount if cost else None,
            cost_vat=cost.vat if cost else None,
            cost_units=cost.units_of(said=line.cost_units, pack_size=product.facts.pack_size)
            if cost
            else None,
            candidates=open_candidates(line),
            sold=sold_copy(cost),
        ),
        cache=CacheState.STORED,
        fetched_at=product.fetched_at,
        scored_at=now,
        tokens_spent=0,
        tokens_saved=0,
        buy_box_known=product.has_buy_box,
    )


def settle_what_is_known(line: RunLine, funnel: Funnel, *, stopped: bool) -> bool:
    """Put what is known on the line, provisional or out of date included; whether anything is."""
    product = funnel.products.get(line.asin)
    if product is None:
        return _settle_without_score(line, funnel, more_may_come=stopped)
    put_score(line, product)
    return True


def settle_what_is_final(line: RunLine, funnel: Funnel, *, stopped: bool) -> bool:
    """Put the final answer on the line; whether there is one.

    Where the work stopped, a score that is out of date or still provisional is none.
    """
    ended_early = stopped or funnel.problem is not None
    product = funnel.products.get(line.asin)
    if product is None:
        return _settle_without_score(line, funnel, more_may_come=stopped)
    if ended_early and not is_final(product, funnel):
        return False
    put_score(line, product)
    return True


def _settle_without_score(line: RunLine, funnel: Funnel, *, more_may_come: bool) -> bool:
    if line.asin in funnel.undecodable:
        left_out(line, "undecodable", LineState.UNREADABLE)
    elif line.asin in funnel.unusable or not (more_may_come or funnel.problem is not None):
        left_out(line, "no_data")
    else:
        return False
    return True


def left_out(line: RunLine, reason: str, state: RunLine.State = LineState.UNKNOWN) -> RunLine:
    """Settle the line without a score; ``reason`` is a code of ``lists.text``."""
    line.state, line.reason = state, reason
    return line


def put_score(line: RunLine, product: ScoredProduct) -> None:
    """Settle the line with the product's score, in all its columns."""
    score = product.score
    line.state = LineState.SCORED
    line.title = product.card.title[:500]
    line.verdict, line.sourcing = score.verdict.value, score.sourcing
    line.buy_box_known = product.buy_box_known
    line.price, line.max_cost = score.sell_price, score.max_cost
    line.landed_cost, line.profit = score.landed_cost, score.shown_profit
    line.roi_percent = None if score.shown_roi is None else float(score.shown_roi)
    line.velocity_score = score.velocity_score
    line.rank_score = float(score.rank_score)
    line.bsr = product.card.bsr
    line.breakdown = to_breakdown(product, detail_due=False)
    line.lots = lots_of(line.quantity, cost_units=line.cost_units, pack_size=score.pack_size)


def lots_of(quantity: int | None, *, cost_units: int | None, pack_size: int | None) -> int | None:
    """How many listings a quantity makes, where it counts ``cost_units`` and they sell lots.

    ``None`` where the quantity already counts what is sold, or nothing is known of it. Units that
    fill no lot are left over.
    """
    if quantity is None or not cost_units or not pack_size or cost_units == pack_size:
        return None
    return quantity * cost_units // pack_size
