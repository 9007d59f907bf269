"""What a job will cost: what its source says, then what its runs have cost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from discovery.models import Pick, Sighting, SourcingJob
from discovery.sourcing.forecast import forecast, job_yield, yields
from discovery.sourcing.sources.registry import source_of
from tests.discovery.sourcing.jobs import NOW, bucket_holds, ended_run, job_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def anne(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("anne")


def seen(job: SourcingJob, asin: str) -> None:
    """The job has looked at a pick of its owner."""
    common = {"seen_at": NOW, "data_at": NOW, "pick_class": "FLUKE", "verdict": "BUY"}
    pick, _is_new = Pick.objects.get_or_create(
        owner=job.owner,
        marketplace="fr",
        asin=asin,
        defaults={**common, "job": job, "first_seen_at": NOW},
    )
    Sighting.objects.create(pick=pick, job=job, **common)


def test_before_its_first_run_its_source_tells(anne: Any) -> None:
    job = SourcingJob(
        owner=anne,
        source=SourcingJob.Source.FAVOURITES,
        marketplace="fr",
        criteria={"favourites": True, "purchases": True},
        times=["07:30", "12:30", "18:30"],
    )
    told = forecast(job, now=NOW)
    assert told.tokens_a_run == source_of(job).expected_tokens(job, now=NOW)
    assert told.runs_a_day == 3
    assert not told.is_measured
    assert told.share is None  # Keepa has not told the plan


def test_a_day_costs_what_its_runs_cost_as_a_share_of_the_plan(anne: Any) -> None:
    bucket_holds(500)
    job = job_of(anne, times=["07:30", "12:30", "18:30"])
    ended_run(job, tokens=60)
    told = forecast(job, now=NOW)
    assert (told.tokens_a_run, told.tokens_a_day, told.is_measured) == (60, 180, True)
    assert told.share == Decimal("0.625")  # of 28 800


def test_only_the_newest_runs_count_and_never_the_first_which_bought_everything(anne: Any) -> None:
    job = job_of(anne)
    ended_run(job, tokens=900, ago=timedelta(days=9))
    ended_run(job, tokens=40, ago=timedelta(days=8))
    assert forecast(job, now=NOW).tokens_a_run == 40
    for day in range(5):
        ended_run(job, tokens=20, ago=timedelta(days=day))
    assert forecast(job, now=NOW).tokens_a_run == 20


def test_a_job_of_some_weekdays_costs_a_part_of_the_week(anne: Any) -> None:
    job = job_of(anne, times=["07:30", "07:30"], weekdays=[0, 3])
    ended_run(job, tokens=70)
    assert forecast(job, now=NOW).runs_a_day == Decimal(2) / 7
    assert forecast(job, now=NOW).tokens_a_day == 20


def test_a_day_never_costs_more_than_its_cap(anne: Any) -> None:
    job = job_of(anne, times=["07:30", "12:30"], daily_cap=100)
    ended_run(job, tokens=90)
    assert forecast(job, now=NOW).tokens_a_day == 100


def test_the_yield_counts_products_not_looks_at_them(anne: Any) -> None:
    job, other = job_of(anne), job_of(anne)
    ended_run(job, tokens=70)
    ended_run(job, tokens=26)
    for asin in ("B000000001", "B000000002", "B000000001"):
        seen(job, asin)
    seen(other, "B000000003")
    brought = job_yield(job)
    assert (brought.tokens, brought.picks, brought.runs) == (96, 2, 2)
    assert brought.tokens_a_pick == 48


def test_before_the_first_pick_there_is_no_price_for_one(anne: Any) -> None:
    job = job_of(anne)
    assert job_yield(job).tokens_a_pick is None
    ended_run(job, tokens=70)
    assert job_yield(job).tokens_a_pick is None
    assert job_yield(job).picks_a_token == 0


def test_the_yields_of_many_jobs_take_as_many_statements_as_of_one(
    anne: Any, django_assert_num_queries: Any
) -> None:
    jobs = [job_of(anne) for _ in range(5)]
    for job in jobs:
        ended_run(job, tokens=10)
        seen(job, "B000000001")
    with django_assert_num_queries(2):
        assert len(yields([job.pk for job in jobs])) == 5
