"""Which picks are on the list, in which order, and what became of all that was looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from discovery.models import Pick, PickClass, Run
from discovery.scoring import Verdict
from discovery.sourcing.queries import (
    Decided,
    PickNarrowing,
    best_picks,
    funnel,
    narrowed_picks,
    next_job,
    pick_of,
    pick_of_product,
)
from tests.discovery.builders import (
    NOW,
    build_job,
    build_pick,
    build_sighting,
    finished_run,
    scored_product,
)

pytestmark = pytest.mark.django_db

A, B, C = "B00000000A", "B00000000B", "B00000000C"
EARLIER = NOW - timedelta(days=1)


def listed(owner: Any, **narrowing: Any) -> list[str]:
    found = narrowed_picks(owner=owner, narrowing=PickNarrowing(**narrowing))
    return [pick.asin for pick in found]


def test_what_was_bought_leaves_the_list_and_is_found_among_the_bought(anne: Any) -> None:
    build_pick(owner=anne, asin=A, decision=Pick.Decision.BOUGHT)
    build_pick(owner=anne, asin=B)
    assert listed(anne) == [B]
    assert listed(anne, decided=Decided.BOUGHT) == [A]
    assert listed(anne, decided=Decided.ALL) == [B, A]


@pytest.mark.parametrize(
    ("ignored", "now", "comes_back"),
    [
        ("CONSIDER", {"verdict": "BUY"}, True),
        ("CONSIDER", {"verdict": "CONSIDER", "sourcing": True}, True),
        ("BUY", {"verdict": "STRONG_BUY"}, True),
        ("BUY", {"verdict": "BUY"}, False),
        ("SOURCING", {"verdict": "CONSIDER"}, False),
        ("STRONG_BUY", {"verdict": "STRONG_BUY"}, False),
        ("", {"verdict": "STRONG_BUY"}, False),
    ],
)
def test_what_is_ignored_stays_away_until_its_verdict_is_better(
    anne: Any, ignored: str, now: dict[str, Any], comes_back: bool
) -> None:
    ignoring: dict[str, Any] = {"decision": Pick.Decision.IGNORED, "ignored_verdict": ignored}
    build_pick(owner=anne, asin=A, **ignoring, **now)
    assert listed(anne) == ([A] if comes_back else [])
    assert listed(anne, decided=Decided.IGNORED) == [A]


def test_other_peoples_picks_are_not_there(anne: Any, django_user_model: Any) -> None:
    bobs = build_pick(owner=django_user_model.objects.create_user("bob"), asin=A)
    assert listed(anne, decided=Decided.ALL) == []
    assert pick_of_product(owner=anne, marketplace="fr", asin=A) is None
    with pytest.raises(Pick.DoesNotExist):
        pick_of(owner=anne, pick_id=bobs.pk)
    assert pick_of_product(owner=bobs.owner, marketplace="fr", asin=A) == bobs


def test_what_is_gone_is_shown_on_demand_alone(anne: Any) -> None:
    build_pick(owner=anne, asin=A, gone_at=NOW)
    assert listed(anne) == []
    assert listed(anne, is_gone=True) == listed(anne, decided=Decided.ALL) == [A]


def test_what_is_skipped_or_rejected_is_shown_on_demand_alone(anne: Any) -> None:
    build_pick(owner=anne, asin=A, verdict=Verdict.SKIP.value)
    build_pick(owner=anne, asin=B, pick_class=PickClass.REJECT)
    assert listed(anne) == []
    assert listed(anne, verdict="SKIP") == [A]
    assert listed(anne, pick_class="REJECT") == [B]
    assert listed(anne, is_gone=True) == [B, A]


def test_each_filter_keeps_what_it_names(anne: Any) -> None:
    mine, other = build_job(owner=anne), build_job(owner=anne, name="Other")
    first = build_pick(
        owner=anne, asin=A, job=mine, pick_class=PickClass.STABLE, cost_kind="europe",
        marketplace="de", title="Red lamp",
    )  # fmt: skip
    build_pick(owner=anne, asin=B, job=other, verdict="CONSIDER", sourcing=True)
    narrowings: tuple[dict[str, Any], ...] = (
        {"pick_class": "STABLE"}, {"cost_kind": "europe"}, {"marketplace": "de"},
        {"words": "lamp red"}, {"words": A.lower()}, {"verdict": "BUY"}, {"job": mine.pk},
    )  # fmt: skip
    for narrowing in narrowings:
        assert listed(anne, **narrowing) == [A], narrowing
    assert listed(anne, verdict="SOURCING") == [B]
    assert listed(anne, verdict="CONSIDER") == []
    build_sighting(pick=first, job=other)
    assert listed(anne, job=other.pk) == [A, B]  # every job that saw it, not the last alone


def test_the_best_come_first_sureness_counted_in(anne: Any) -> None:
    build_pick(owner=anne, asin=A, rank_score=3.0, confidence=20)
    build_pick(owner=anne, asin=B, rank_score=1.0, confidence=90)
    build_pick(owner=anne, asin=C, verdict="STRONG_BUY", rank_score=None, confidence=10)
    assert listed(anne) == [C, B, A]


def test_an_unknown_figure_comes_last_whichever_way_it_is_sorted(anne: Any) -> None:
    for asin, roi in ((A, 10.0), (B, None), (C, 30.0)):
        build_pick(owner=anne, asin=asin, roi_percent=roi)
    assert listed(anne, sort="roi") == [A, C, B]
    assert listed(anne, sort="roi", is_descending=True) == [C, A, B]


def test_the_best_to_buy_are_undecided_fresh_and_not_too_good(anne: Any) -> None:
    build_pick(owner=anne, asin=A)
    others: tuple[dict[str, Any], ...] = (
        {"decision": Pick.Decision.BOUGHT},
        {"gone_at": NOW},
        {"pick_class": PickClass.JACKPOT},
        {"pick_class": PickClass.REJECT},
        {"verdict": Verdict.CONSIDER.value},
        {"seen_at": EARLIER - timedelta(seconds=1)},
    )
    for number, changes in enumerate(others):
        build_pick(owner=anne, asin=f"B0000000{number}0", rank_score=9.0, **changes)
    assert [pick.asin for pick in best_picks(owner=anne, since=EARLIER)] == [A]


def test_the_funnel_counts_runs_of_jobs_alone(anne: Any) -> None:
    job = build_job(owner=anne)
    products = [scored_product(asin=asin) for asin in (A, B, C)]
    run = finished_run(
        owner=anne, products=products, kind=Run.Kind.SOURCING, job=job, tokens_spent=30
    )
    run.lines.filter(asin=C).update(state="unknown")
    finished_run(owner=anne, products=products)
    build_pick(owner=anne, asin=A)
    build_pick(owner=anne, asin=B, decision=Pick.Decision.BOUGHT)
    build_pick(owner=anne, asin=C, verdict="CONSIDER")
    build_pick(owner=anne, asin="B00000000D", verdict="SKIP")
    Run.objects.update(created_at=NOW)
    found = funnel(owner=anne, now=NOW + timedelta(hours=1))
    figures = (found.looked, found.scored, found.picks, found.buys, found.bought, found.tokens)
    assert figures == (3, 2, 3, 2, 1, 30)
    assert found.tokens_a_pick == 10
    later = funnel(owner=anne, now=NOW + timedelta(days=31))
    assert (later.looked, later.picks, later.tokens_a_pick) == (0, 0, None)


def test_the_job_that_runs_next_is_the_one_told_of(anne: Any) -> None:
    assert next_job(owner=anne) is None
    idle = build_job(owner=anne)
    assert next_job(owner=anne) == idle
    build_job(owner=anne, next_run_at=NOW + timedelta(hours=2))
    soon = build_job(owner=anne, next_run_at=NOW + timedelta(hours=1))
    assert next_job(owner=anne) == soon
