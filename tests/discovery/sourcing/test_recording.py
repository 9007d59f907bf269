"""Sightings and picks: what a look leaves behind, look after look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from discovery.models import (
    Alert,
    AlertSettings,
    Pick,
    ProductDecision,
    Run,
    RunLine,
    Sighting,
    SourcingJob,
)
from discovery.products.scored import ScoredProduct
from discovery.profiles.service import active_profile
from discovery.runs.lines import left_out, put_score
from discovery.runs.service import frozen
from discovery.sourcing.recording import record_gone, record_sightings
from tests.discovery.builders import NOW, prices, scored_product

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
BOUGHT_AT = {"kind": "same_listing", "source": "fbm"}


@pytest.fixture
def job(anne: User) -> SourcingJob:
    return SourcingJob.objects.create(
        owner=anne, name="Books", source="niche", marketplace="us", alert_rule={"on": True}
    )


def books(count: int = 1, **changes: Any) -> list[ScoredProduct]:
    """Books that can be bought for 9 dollars on their own listing, and sold for 30."""
    return [scored_product(asin=f"01311{number:05d}", **changes) for number in range(count)]


def hardly_sold() -> ScoredProduct:
    return books(new=prices("29.00"), lowest_fbm_new=None)[0]


def looked(
    job: SourcingJob, products: Sequence[ScoredProduct], now: datetime = NOW, **evidence: Any
) -> Run:
    """A run of the job with a line for each, settled and recorded as the worker does it."""
    Run.objects.filter(job=job).update(state=Run.State.DONE)
    run = Run.objects.create(
        kind=Run.Kind.SOURCING, owner_id=job.owner_id, job=job, marketplace="us",
        **frozen(active_profile()),
    )  # fmt: skip
    lines = []
    for position, product in enumerate(products, start=1):
        line = RunLine(run=run, position=position, asin=product.asin, evidence=evidence)
        put_score(line, product)
        if not product.score.hypothetical:
            line.evidence = {"cost": BOUGHT_AT} | evidence
        lines.append(line)
    RunLine.objects.bulk_create(lines)
    with transaction.atomic():
        record_sightings(run, lines, now)
    return run


def test_a_first_look_makes_a_pick_with_its_evidence(job: SourcingJob) -> None:
    [book] = books()
    run = looked(job, [book])
    pick = Pick.objects.get()
    assert (pick.asin, pick.owner, pick.job) == (book.asin, job.owner, job)
    assert (pick.pick_class, pick.verdict) == ("FLUKE", book.score.verdict.value)
    assert (pick.cost_kind, pick.cost_source, pick.cost) == ("same_listing", "fbm", Decimal(9))
    assert (pick.price, pick.profit) == (Decimal(30), book.score.profit)
    assert (pick.seen_at, pick.first_seen_at, pick.data_at) == (NOW, NOW, book.fetched_at)
    assert (pick.offers, pick.bsr, pick.max_cost) == (6, 12_000, book.score.max_cost)
    assert pick.quantity == int(book.score.expected_sales_per_month or 0)
    assert pick.breakdown == run.lines.get().breakdown
    seen = Sighting.objects.get()
    assert (seen.pick, seen.run, seen.cost, seen.price) == (pick, run, pick.cost, pick.price)


def test_what_nobody_asks_a_price_for_is_no_pick(job: SourcingJob) -> None:
    assert hardly_sold().score.hypothetical
    looked(job, [hardly_sold()])
    assert not Pick.objects.exists()


def test_a_kind_of_cost_the_job_does_not_look_for_is_no_pick(job: SourcingJob) -> None:
    job.cost_kinds = ["europe"]
    job.save()
    looked(job, books())
    assert not Pick.objects.exists()


def test_a_favourite_that_amazon_sells_again_is_told_of_even_without_a_price_to_buy_at(
    job: SourcingJob,
) -> None:
    AlertSettings.objects.create(user=job.owner, by_email=True)
    looked(job, [hardly_sold()], source={"changes": [{"code": "amazon_back", "params": {}}]})
    assert Pick.objects.get().cost is None
    assert Alert.objects.get().reason == "amazon_back"


def test_looks_apart_and_alike_make_it_stable_and_are_counted(job: SourcingJob) -> None:
    looked(job, books())
    looked(job, books(), NOW + HOUR)
    assert Pick.objects.get().pick_class == "WATCH"
    looked(job, books(), NOW + 4 * HOUR)
    pick = Pick.objects.get()
    assert (pick.pick_class, pick.sightings_count) == ("STABLE", 3)
    assert (pick.first_seen_at, pick.seen_at) == (NOW, NOW + 4 * HOUR)


def test_written_again_a_look_says_the_same(job: SourcingJob) -> None:
    run = looked(job, books(3))
    before = list(Pick.objects.order_by("pk").values())
    with transaction.atomic():
        record_sightings(run, list(run.lines.all()), NOW)
    assert list(Pick.objects.order_by("pk").values()) == before
    assert Sighting.objects.count() == 3


def test_a_pick_that_can_no_longer_be_bought_says_so_and_is_rejected(job: SourcingJob) -> None:
    looked(job, books())
    looked(job, [hardly_sold()], NOW + HOUR)
    pick = Pick.objects.get()
    assert (pick.cost, pick.cost_kind) == (None, "")
    assert pick.gone_at is None
    assert Sighting.objects.count() == 2


def test_one_pick_for_a_product_however_many_jobs_see_it(job: SourcingJob) -> None:
    other = SourcingJob.objects.create(
        owner=job.owner, name="More", source="deals", marketplace="us"
    )
    looked(job, books())
    looked(other, books(), NOW + HOUR)
    pick = Pick.objects.get()
    assert (pick.job, pick.sightings_count) == (other, 2)


class TestAPickAnotherJobHolds:
    """A job that does not look for the way in which it is bought says nothing of it."""

    def blind(self, job: SourcingJob, **changes: Any) -> SourcingJob:
        fields: dict[str, Any] = {"name": "Europe", "source": "deals", "cost_kinds": ["europe"]}
        return SourcingJob.objects.create(owner=job.owner, marketplace="us", **fields | changes)

    def test_it_stays_as_it_is(self, job: SourcingJob) -> None:
        looked(job, books())
        before = Pick.objects.values().get()
        looked(self.blind(job), [hardly_sold()], NOW + HOUR)
        assert Pick.objects.values().get() == before
        assert Sighting.objects.count() == 1

    @pytest.mark.parametrize(("rank", "kind"), [(1.0, "europe"), (1e9, "same_listing")])
    def test_a_way_that_is_better_is_put_on_it_and_no_other(
        self, job: SourcingJob, rank: float, kind: str
    ) -> None:
        looked(job, books())
        Pick.objects.update(rank_score=rank)
        looked(self.blind(job), books(), NOW + HOUR, cost={"kind": "europe", "source": "de"})
        assert Pick.objects.get().cost_kind == kind

    def test_what_nobody_has_seen_for_too_long_holds_no_longer(self, job: SourcingJob) -> None:
        looked(job, books())
        looked(self.blind(job), [hardly_sold()], NOW + 49 * HOUR)
        assert Pick.objects.get().cost_kind == ""

    def test_a_job_that_runs_no_more_holds_nothing(self, job: SourcingJob) -> None:
        looked(job, books())
        SourcingJob.objects.filter(pk=job.pk).update(state=SourcingJob.State.PAUSED)
        looked(self.blind(job), [hardly_sold()], NOW + HOUR)
        assert Pick.objects.get().cost_kind == ""

    def test_what_has_happened_to_it_is_told_all_the_same(self, job: SourcingJob) -> None:
        AlertSettings.objects.create(user=job.owner, by_email=True)
        job.alert_rule = {"on": False}
        job.save()
        looked(job, books())
        watching = self.blind(job, alert_rule={"on": True})
        changes = [{"code": "amazon_back", "params": {}}]
        looked(watching, [hardly_sold()], NOW + HOUR, source={"changes": changes})
        assert Alert.objects.get().reason == "amazon_back"
        assert Pick.objects.get().cost_kind == "same_listing"


def test_everybody_has_picks_of_their_own(job: SourcingJob, django_user_model: Any) -> None:
    paul = django_user_model.objects.create_user("paul")
    his = SourcingJob.objects.create(owner=paul, name="Mine", source="niche", marketplace="us")
    looked(job, books())
    looked(his, books(), NOW + HOUR)
    assert Pick.objects.get(owner=paul).pick_class == "FLUKE"


class TestGone:
    def test_what_a_whole_answer_no_longer_brings_is_gone_and_may_come_back(
        self, job: SourcingJob
    ) -> None:
        looked(job, books(2))
        run = looked(job, books(1), NOW + HOUR)
        assert record_gone(run, now=NOW + HOUR) == 1
        gone = Pick.objects.get(gone_at=NOW + HOUR)
        assert gone.asin == "0131100001"
        looked(job, books(2), NOW + 30 * HOUR)
        gone.refresh_from_db()
        assert (gone.gone_at, gone.pick_class) == (None, "REVENANT")

    def test_sellers_bring_news_only_so_what_they_do_not_name_stays(self, job: SourcingJob) -> None:
        job.source = SourcingJob.Source.SELLERS
        job.save()
        looked(job, books(3))
        run = looked(job, books(1), NOW + HOUR)
        assert record_gone(run, now=NOW) == 0
        run.outcome = {"gone": ["0131100001"]}
        assert record_gone(run, now=NOW) == 1

    def test_picks_another_job_saw_last_are_left_alone(self, job: SourcingJob) -> None:
        other = SourcingJob.objects.create(
            owner=job.owner, name="More", source="niche", marketplace="us"
        )
        looked(other, books(2))
        assert record_gone(looked(job, []), now=NOW) == 0

    def test_a_product_keepa_knows_nothing_of_any_more_is_gone_at_once(
        self, job: SourcingJob
    ) -> None:
        looked(job, books())
        run = Run.objects.create(
            kind=Run.Kind.SOURCING, owner=job.owner, job=job, marketplace="us", state="done",
            **frozen(active_profile()),
        )  # fmt: skip
        line = left_out(RunLine(run=run, position=1, asin="0131100000"), "no_data")
        with transaction.atomic():
            record_sightings(run, [line], NOW + HOUR)
        assert Pick.objects.get().gone_at == NOW + HOUR


def test_a_crossing_of_the_alert_rule_is_told_with_the_look(job: SourcingJob) -> None:
    AlertSettings.objects.create(user=job.owner, by_email=True)
    job.alert_rule = {"verdict": books()[0].score.verdict.value}
    job.save()
    looked(job, books())
    looked(job, books(), NOW + HOUR)
    assert Alert.objects.get().pick == Pick.objects.get()


def test_a_product_marked_as_ignored_makes_an_ignored_pick(job: SourcingJob) -> None:
    ProductDecision.objects.create(
        user=job.owner, marketplace="us", asin="0131100000", kind=ProductDecision.Kind.IGNORED
    )
    looked(job, books())
    pick = Pick.objects.get()
    assert (pick.decision, pick.ignored_verdict) == (Pick.Decision.IGNORED, pick.verdict)


def statements(job: SourcingJob, products: Sequence[ScoredProduct], now: datetime) -> int:
    with CaptureQueriesContext(connection) as captured:
        looked(job, products, now)
    return len(captured)


def test_as_many_statements_for_one_line_as_for_many(job: SourcingJob) -> None:
    few = [statements(job, books(5), NOW + hours * HOUR) for hours in (0, 5)]
    many = [statements(job, books(25), NOW + hours * HOUR) for hours in (10, 15)]
    assert few == many
