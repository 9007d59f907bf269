"""Out of the box: what the shipped jobs find in a night, and each way from a job to a pick.

Everything is the site's own: the planner decides, the worker works, and Keepa is the sandbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db.models import Max, Min, Sum
from django.utils import timezone

from discovery.keepa.client import KeepaClient, using_client
from discovery.lists.reading.model import ReadList
from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list, start_list
from discovery.models import (
    CostKind,
    Pick,
    PickClass,
    PlannerTick,
    Run,
    RunLine,
    Sighting,
    SourcingJob,
    Storefront,
    TokenLedgerEntry,
)
from discovery.products.decisions import add_favourite, remove_favourite
from discovery.products.scored import StatedCost
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.runs.own_costs import state_own_cost
from discovery.runs.queue import wake_runs
from discovery.sandbox.server import SandboxApp, create_app
from discovery.sandbox.transport import SandboxTransport
from discovery.scoring import VatBasis
from discovery.scoring.verdict import BUYS
from discovery.sourcing.pick_text import buy_address, place_text, quantity_text
from discovery.sourcing.planning import plan_minute
from discovery.sourcing.queries import picks_of
from discovery.sourcing.shown import ShownPick, shown
from discovery.sourcing.starting import start_run
from discovery.sourcing.templates import create_from_templates, templates_for
from discovery.tasks import work_on_run
from tests.discovery.sourcing.looking import niche_job, told_by

pytestmark = pytest.mark.django_db(transaction=True)

EVENING = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)  # eleven in Paris
NOON = EVENING + timedelta(hours=14, minutes=30)
CAPACITY, FLOOR, LARGEST_BATCH = 1200, 240, 120  # of 20 tokens a minute
MOST = 40  # of the 200 products a shipped job looks at: as much is seen, sooner
SHOP = "A0617743044000"  # of the sandbox's amazon.fr


@pytest.fixture(autouse=True)
def profiles(db: None) -> None:
    ensure_shipped_profiles()


class Night:
    """The hours from ``now`` on, as planner, queue and sandbox live through them."""

    def __init__(self, clock: Any, keepa: SandboxApp) -> None:
        self.clock, self.keepa = clock, keepa

    def until(self, end: datetime) -> None:
        """Live through every minute in which something is due or a wait is over."""
        while (now := self._next()) is not None and now <= end:
            if now > timezone.now():
                self.clock.move_to(now)
            plan_minute(now=timezone.now())
            wake_runs(now=timezone.now())
            for run in Run.objects.filter(state=Run.State.QUEUED).order_by("created_at"):
                work_on_run(str(run.pk))
            self.clock.shift(timedelta(minutes=1))
        self.clock.move_to(max(end, timezone.now()))

    @staticmethod
    def _next() -> datetime | None:
        due = SourcingJob.objects.aggregate(at=Min("next_run_at"))["at"]
        waiting = Run.objects.filter(state=Run.State.WAITING).aggregate(at=Min("resume_at"))["at"]
        return min((at for at in (due, waiting) if at is not None), default=None)


@contextmanager
def nights_over(began: datetime = EVENING) -> Iterator[Night]:
    """A sandbox of 20 tokens a minute, everybody's clock at the moment."""
    with time_machine.travel(began, tick=False) as clock:
        keepa = create_app(refill_rate=20)
        client = KeepaClient(
            api_key="sandbox",
            base_url="http://sandbox.test",
            transport=SandboxTransport(keepa),
            sleep=clock.shift,
        )
        with using_client(client):
            yield Night(clock, keepa)
        client.close()


def cards(owner: User, **narrowed: Any) -> list[ShownPick]:
    return shown(list(picks_of(owner=owner).filter(**narrowed)), user=owner)


def test_one_night_of_the_shipped_jobs_brings_what_can_be_bought(anne: User) -> None:
    with nights_over() as night:
        jobs = create_from_templates(owner=anne, now=EVENING, marketplace="fr")
        SourcingJob.objects.update(max_results=MOST)
        night.until(NOON)
        every_job_has_run_at_its_times(jobs)
        tokens_were_spent_as_planned(night.keepa)
        buys = cards(anne, verdict__in=BUYS)
        assert len(buys) >= 20
        kinds = Counter(card.pick.cost_kind for card in buys)
        assert min(kinds[kind] for kind in ("same_listing", "europe", "dip")) >= 3
        for card in buys:
            is_a_purchase_a_reseller_would_make(card)
        what_is_not_sure_is_no_buy(anne)
        sources = set(
            Sighting.objects.filter(verdict__in=BUYS).values_list("job__source", flat=True)
        )
        assert sources >= {"niche", "deals"}
        classes = set(Pick.objects.values_list("pick_class", flat=True))
        assert classes >= {PickClass.FLUKE, PickClass.WATCH, PickClass.JACKPOT, PickClass.REJECT}
        what_is_watched_grows_stable_goes_and_comes_back(anne, night)


def every_job_has_run_at_its_times(jobs: list[SourcingJob]) -> None:
    assert len(jobs) == len(templates_for("fr"))
    assert set(Run.objects.values_list("state", flat=True)) == {Run.State.DONE}
    ran = Counter(Run.objects.values_list("job", flat=True))
    due = {
        job.pk: sum(
            EVENING <= datetime.fromisoformat(f"2026-11-26T{at}:00+01:00") <= NOON
            for at in job.times
        )
        for job in jobs
    }
    assert ran == due
    assert max(due.values()) > 1
    started = [pk for tick in PlannerTick.objects.all() for pk in tick.started]
    assert Counter(started) == due


def tokens_were_spent_as_planned(keepa: SandboxApp) -> None:
    ledger = TokenLedgerEntry.objects.aggregate(
        spent=Sum("tokens_consumed"), lowest=Min("tokens_left"), largest=Max("tokens_consumed")
    )
    runs = Run.objects.aggregate(spent=Sum("tokens_spent"))["spent"]
    assert keepa.charged_total == ledger["spent"] == runs
    assert ledger["lowest"] >= FLOOR
    assert ledger["largest"] <= LARGEST_BATCH
    paid = Counter(
        (call.params["domain"], asin, "buybox" in call.params)
        for call in keepa.calls
        if call.endpoint == "product"
        for asin in call.params["asin"].split(",")
    )
    # Prices are good for 6 hours: what is looked at in the morning and at noon is asked twice.
    assert max(paid.values()) <= 2
    assert paid.total() < 1.2 * len(paid)


def is_a_purchase_a_reseller_would_make(card: ShownPick) -> None:
    pick = card.pick
    assert pick.cost is not None
    assert pick.price is not None
    assert pick.profit is not None
    assert 0 < pick.cost < pick.cost + pick.profit < pick.price
    assert pick.cost <= (pick.max_cost or 0)
    assert (pick.roi_percent or 0) >= 30
    assert ((pick.roi_percent or 0) > 150) == (pick.pick_class == PickClass.JACKPOT)
    assert pick.pick_class != PickClass.REJECT
    assert (pick.quantity or 0) >= 1
    assert quantity_text(pick)
    assert place_text(pick, "fr")
    # Where it is bought, and nowhere else.
    shop = f"amazon.{pick.cost_source}" if pick.cost_kind == CostKind.EUROPE else "amazon.fr"
    assert buy_address(card) == f"https://www.{shop}/dp/{pick.asin}"
    told = card.cost
    assert (told["kind"], told["asin"]) == (pick.cost_kind, pick.asin)
    assert Decimal(told["price"]) + Decimal(told.get("carriage") or 0) == pick.cost
    if pick.cost_kind == CostKind.EUROPE:
        assert told["identity"] == "proved"
        assert Decimal(told["carriage"]) > 0
    flags = {flag.code.value for flag in card.flags}
    assert not flags & {"identity_to_check", "dip_unproven", "amazon_holds_buy_box"}
    if pick.cost_kind == CostKind.DIP:  # today's price says nothing of what it is sold at later
        assert "dip" in flags
        assert not flags & {"price_below_corridor", "coupon"}


def what_is_watched_grows_stable_goes_and_comes_back(anne: User, night: Night) -> None:
    others = SourcingJob.objects.exclude(source=SourcingJob.Source.FAVOURITES)
    others.update(state=SourcingJob.State.PAUSED, next_run_at=None)
    sure = Pick.objects.filter(verdict__in=BUYS).exclude(pick_class=PickClass.JACKPOT)
    kinds = ("same_listing", "europe", "dip")
    asins = [pick.asin for kind in kinds for pick in sure.filter(cost_kind=kind).order_by("pk")[:2]]
    for asin in asins:
        add_favourite(user=anne, marketplace="fr", asin=asin)
    watched = Pick.objects.filter(asin__in=asins)
    night.until(NOON + timedelta(hours=6))
    assert watched.filter(pick_class=PickClass.STABLE).count() >= 3
    assert set(watched.values_list("cost_kind", flat=True)) == set(kinds)
    for asin in asins:
        remove_favourite(user=anne, marketplace="fr", asin=asin)
    night.until(NOON + timedelta(hours=20))
    assert watched.filter(gone_at=None).count() == 0
    night.until(NOON + timedelta(days=2))
    for asin in asins:
        add_favourite(user=anne, marketplace="fr", asin=asin)
    night.until(NOON + timedelta(days=2, hours=6))
    assert watched.filter(gone_at=None, pick_class=PickClass.REVENANT).exists()


def what_is_not_sure_is_no_buy(anne: User) -> None:
    scored = RunLine.objects.filter(state=RunLine.State.SCORED)
    unsure = scored.filter(evidence__cost__identity="to_check")
    assert unsure.exists()
    assert not unsure.filter(verdict__in=BUYS).exists()
    unproven = [card for card in cards(anne) if "dip_unproven" in {f.code for f in card.flags}]
    assert unproven
    assert not [card for card in unproven if card.pick.verdict in BUYS]


def test_a_niche_looked_at_again_buys_only_what_changed_and_its_picks_grow_stable(
    anne: User,
) -> None:
    with nights_over() as night:
        job = niche_job(anne, most=40, times=["23:00", "10:00"], next_run_at=EVENING)
        night.until(EVENING + timedelta(hours=12))
        first, second = Run.objects.order_by("created_at")
        told = told_by(second)["source"]
        assert (told["kind"], told["looked_at"]) == ("niche", job.max_results)
        assert told["unchanged"] > told["changed"]
        assert second.tokens_spent < first.tokens_spent / 3
        assert second.done == second.total == job.max_results
        buys = cards(anne, verdict__in=BUYS)
        assert buys
        for card in buys:
            assert card.pick.sightings_count == 2
            assert buy_address(card)
        assert {card.pick.pick_class for card in buys} & {PickClass.STABLE, PickClass.JACKPOT}


class TestWhatSellersBring:
    """The cheapest look of all, at goods whose cost the user knows."""

    @pytest.fixture
    def news(self, anne: User, keepa: Any) -> list[str]:
        """Two products that a storefront has had since the first look at it, which said nothing."""
        job = SourcingJob.objects.create(
            owner=anne,
            name="Rivals",
            source=SourcingJob.Source.SELLERS,
            marketplace="fr",
            criteria={"sellers": [SHOP]},
        )
        assert look(job).total == 0
        shop = Storefront.objects.get()
        news, shop.known = shop.known[:2], shop.known[2:]
        shop.looked_at = timezone.now() - timedelta(hours=2)
        shop.save()
        return list(news)

    def test_a_cost_that_was_stated_and_one_of_a_list_make_picks(
        self, anne: User, news: list[str]
    ) -> None:
        stated, listed = news
        state_own_cost(
            user=anne,
            marketplace="fr",
            asin=stated,
            cost=StatedCost(Decimal(1), VatBasis.INCLUDED),
            now=timezone.now(),
        )
        start(read_list(f"{listed};1", currency="EUR"), "Supplier", anne)
        run = look(SourcingJob.objects.get())
        assert set(run.lines.values_list("asin", flat=True)) == set(news)
        by_asin = {card.pick.asin: card for card in cards(anne)}
        assert by_asin[stated].pick.cost_kind == CostKind.STATED
        assert by_asin[listed].pick.cost_kind == CostKind.LIST
        assert "Supplier" in place_text(by_asin[listed].pick, "fr")
        assert place_text(by_asin[stated].pick, "fr")
        assert [buy_address(card) for card in by_asin.values()] == ["", ""]
        assert set(Sighting.objects.values_list("cost", flat=True)) == {Decimal(1)}


def look(job: SourcingJob) -> Run:
    run = start_run(job=SourcingJob.objects.get(pk=job.pk), now=timezone.now())
    work_on_run(str(run.pk))
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    return run


def start(read: ReadList, name: str, owner: User) -> Run:
    """The list, worked on to its end."""
    listed = create_list(owner=owner, name=name, read=read, marketplace="fr")
    start_list(run=listed, profile=active_profile(), marketplace="fr")
    work_on_run(str(listed.pk))
    listed.refresh_from_db()
    assert listed.state == Run.State.DONE
    return listed
