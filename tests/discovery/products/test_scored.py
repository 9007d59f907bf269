"""Scored products as stored: the format of rows already written, and every way to read them."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from discovery.cache import CachedScore
from discovery.products.scored import (
    CacheState,
    ScoredProduct,
    from_breakdown,
    from_cached,
    to_breakdown,
    to_row,
)
from discovery.scoring import Verdict
from discovery.scoring.verdict import RANK
from tests.discovery.builders import scored_product
from tests.discovery.scoring.codecs import score_to_json

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def product() -> ScoredProduct:
    return scored_product()


def test_a_breakdown_is_written_in_the_format_of_the_rows_there_are(product: ScoredProduct) -> None:
    stored = to_breakdown(product, detail_due=True)
    assert stored == {
        "card": asdict(product.card) | {"eans": list(product.card.eans)},
        "score": json.loads(json.dumps(score_to_json(product.score))),
        "fetched_at": product.fetched_at.isoformat(),
        "detail_due": True,
        "buy_box_known": True,
        "found": None,
    }
    assert stored["fetched_at"].endswith("+00:00")
    row = to_row(product, cache_key="k", expires_at=NOW, detail_due=True, tokens_invested=4)
    assert json.loads(row.breakdown) == stored


def test_it_is_read_from_its_values_and_from_its_text(product: ScoredProduct) -> None:
    stored: dict[str, Any] = to_breakdown(product, detail_due=False)
    assert from_breakdown(stored) == (product.card, product.score)
    assert from_breakdown(json.dumps(stored)) == (product.card, product.score)


@pytest.mark.parametrize("changes", [{}, {"card": None}, {"score": {"verdict": "BUY"}}])
def test_what_never_was_a_breakdown_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Breakdown"):
        from_breakdown(changes)


@pytest.mark.parametrize(("written", "due"), [({"detail_due": True}, True), ({}, False)])
def test_a_cached_score_cost_nothing_this_time(
    product: ScoredProduct, written: dict[str, Any], due: bool
) -> None:
    stored = to_breakdown(product, detail_due=False)
    del stored["detail_due"]  # as a row of another program may be
    made = NOW - timedelta(hours=1)
    hit = from_cached(CachedScore(product.asin, json.dumps(stored | written), 4, made))
    assert (hit.card, hit.score) == (product.card, product.score)
    assert (hit.cache, hit.tokens_spent, hit.tokens_saved) == (CacheState.HIT, 0, 4)
    assert (hit.fetched_at, hit.scored_at) == (product.fetched_at, made)
    assert hit.detail_due is due


def test_a_title_fits_its_column(product: ScoredProduct) -> None:
    long = replace(product, card=replace(product.card, title="x" * 600))
    row = to_row(long, cache_key="k", expires_at=NOW, detail_due=False, tokens_invested=4)
    assert row.title == "x" * 500


def test_the_best_verdict_comes_first() -> None:
    assert [RANK[verdict] for verdict in Verdict] == [3, 2, 1, 0]
