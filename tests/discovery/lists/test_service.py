"""Lists through the real client against the sandbox: what is kept, what it costs, what resumes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from analytics.activity import activity_lines
from analytics.models import SearchHistory
from discovery.keepa.client import get_client
from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list, start_list
from discovery.lists.text import no_answer_text
from discovery.models import (
    BusinessProfile,
    Run,
    RunLine,
    TokenLedgerEntry,
)
from discovery.products.columns import Row
from discovery.products.scored import from_breakdown
from discovery.profiles.service import ActiveProfile, active_profile, save_profile
from discovery.runs.queries import purchase_of
from discovery.runs.service import resume_run
from discovery.runs.worker import work_on
from discovery.search.discover import discover
from discovery.search.quote import quote_list
from discovery.search.request import read_filters
from discovery.search.results import Asker

pytestmark = pytest.mark.django_db(transaction=True)

State = Run.State
LineState = RunLine.State
ASKER = Asker(source="manual")
BATCH = 20


@pytest.fixture
def profile() -> ActiveProfile:
    return active_profile()


@pytest.fixture
def anne(django_user_model: Any) -> User:
    user: User = django_user_model.objects.create_user("anne")
    return user


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of 20 tell the same story as Keepa's 100, sooner."""
    for module in ("lists.service", "runs.worker", "search.score_products"):
        monkeypatch.setattr(f"discovery.{module}.BATCH", BATCH)


@pytest.fixture
def books(keepa: Any) -> Callable[[int], list[str]]:
    """``books(24)`` are that many ASINs; finding them is not counted in ``spent``."""

    def find(count: int) -> list[str]:
        filters = read_filters({"marketplace": "us", "categories": ["Books"]})
        found = list(discover(filters=filters, max_results=count, asker=ASKER).asins)
        assert len(found) == count
        keepa.charged_total = 0
        TokenLedgerEntry.objects.all().delete()
        SearchHistory.objects.all().delete()
        return found

    return find


def kept(owner: User, text: str) -> Run:
    read = read_list(text, currency="USD")
    return create_list(owner=owner, name="A list", read=read, marketplace="us")


def started(owner: User, lines: list[str], profile: ActiveProfile) -> Run:
    return start_list(run=kept(owner, "\n".join(lines)), profile=profile, marketplace="us")


def work(listed: Run, **options: Any) -> Run:
    work_on(run_id=listed.pk, **options)
    listed.refresh_from_db()
    return listed


def states(listed: Run) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in listed.lines.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def test_a_list_is_kept_as_given_bad_lines_included(anne: User) -> None:
    listed = kept(anne, "ASIN;Coût;Qté\nB00000000A;12,50;3\nhello;1;1\nB00000000A;10;1\n")
    assert (listed.state, listed.total, listed.bad, listed.merged) == (State.DRAFT, 1, 1, 1)
    good, bad = listed.lines.all()
    assert (good.number, good.asin, good.cost, good.quantity, good.also) == (
        2, "B00000000A", Decimal("11.875"), 4, [4],
    )  # fmt: skip
    assert (bad.number, bad.state, bad.reason) == (3, LineState.BAD, "not_an_identifier")
    assert listed.columns["cost"] == "Coût"


class TestAnalysis:
    def test_every_line_is_scored_with_its_own_cost(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        first, second = books(2)
        listed = work(started(anne, [f"{first};2,50;4", f"{second};900;1"], profile))
        assert listed.state == State.DONE
        cheap, dear = listed.lines.all()
        assert (cheap.landed_cost, dear.landed_cost) == (Decimal("2.5"), Decimal(900))
        assert cheap.breakdown is not None
        assert cheap.breakdown["score"]["hypothetical"] is False
        assert dear.verdict == "SKIP"
        assert (dear.profit or 0) < 0

    def test_spent_is_what_keepa_charged_and_never_more_than_quoted(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        listed = kept(anne, "\n".join(f"{asin};3" for asin in books(30)))
        quoted = quote_list(run=listed, profile=profile, marketplace="us")
        assert (quoted.total, quoted.known) == (30, 0)
        listed = work(start_list(run=listed, profile=profile, marketplace="us"))
        assert 30 <= listed.tokens_spent == keepa.charged_total <= quoted.most
        assert states(listed) == {LineState.SCORED: 30}

    def test_the_same_list_again_is_free_and_answered_at_once(
        self, anne: User, books: Any, profile: ActiveProfile, keepa: Any
    ) -> None:
        lines = [f"{asin};3" for asin in books(15)]
        first = work(started(anne, lines, profile))
        again = kept(anne, "\n".join(lines))
        assert quote_list(run=again, profile=profile, marketplace="us").is_free
        again = start_list(run=again, profile=profile, marketplace="us")
        assert (again.state, again.tokens_spent) == (State.DONE, 0)
        assert again.tokens_saved == first.tokens_spent == keepa.charged_total
        fields = ("asin", "verdict", "profit", "cost")
        assert list(again.lines.values_list(*fields)) == list(first.lines.values_list(*fields))

    def test_codes_are_resolved_once_and_unknown_ones_are_listed(
        self, anne: User, keepa: Any, profile: ActiveProfile
    ) -> None:
        toys = read_filters({"marketplace": "us", "categories": ["Toys & Games"]})
        asin = discover(filters=toys, max_results=1, asker=ASKER).asins[0]
        ean = get_client().products([asin], marketplace="us").snapshots[asin].eans[0]
        lines = [f"{ean};3;2", "4006381333931;5;1"]
        before = keepa.charged_total
        listed = kept(anne, "\n".join(lines))
        assert quote_list(run=listed, profile=profile, marketplace="us").lookup_tokens == 2
        listed = work(start_list(run=listed, profile=profile, marketplace="us"))
        known, unknown = listed.lines.all()
        assert (known.asin, known.state, known.text) == (asin, LineState.SCORED, ean)
        assert (unknown.state, unknown.reason) == (LineState.UNKNOWN, "no_product")
        assert listed.tokens_spent == keepa.charged_total - before
        assert quote_list(
            run=kept(anne, "\n".join(lines)), profile=profile, marketplace="us"
        ).is_free

    def test_a_code_of_which_the_answer_could_not_be_read_is_not_said_to_have_no_product(
        self, anne: User, keepa: Any, profile: ActiveProfile
    ) -> None:
        toys = read_filters({"marketplace": "us", "categories": ["Toys & Games"]})
        asin = discover(filters=toys, max_results=1, asker=ASKER).asins[0]
        ean = get_client().products([asin], marketplace="us").snapshots[asin].eans[0]
        keepa.faults.push("wrong_types", endpoint="product")
        line = work(started(anne, [f"{ean};3"], profile)).lines.get()
        assert (line.state, line.reason) == (LineState.UNREADABLE, "unread_code")
        assert "Keepa" in no_answer_text(line)
        line = work(started(anne, [f"{ean};3"], profile)).lines.get()
        assert (line.state, line.asin) == (LineState.SCORED, asin)

    def test_a_code_and_the_asin_behind_it_are_one_line_at_their_mean_cost(
        self, anne: User, keepa: Any, profile: ActiveProfile
    ) -> None:
        toys = read_filters({"marketplace": "us", "categories": ["Toys & Games"]})
        asin = discover(filters=toys, max_results=1, asker=ASKER).asins[0]
        ean = get_client().products([asin], marketplace="us").snapshots[asin].eans[0]
        listed = work(started(anne, [f"{ean};3;2", f"{asin};4;1"], profile))
        line = listed.lines.get()
        assert (line.asin, line.quantity, line.also) == (asin, 3, [2])
        assert line.landed_cost == Decimal("3.3333")

    def test_what_buying_takes_and_brings_counts_the_quantities(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = work(started(anne, [f"{asin};0,50;3" for asin in books(40)], profile))
        worth = listed.lines.filter(verdict__in=("BUY", "STRONG_BUY"))
        found = purchase_of(run=listed)
        assert found.lines == worth.count() > 0
        assert (found.units, found.investment) == (3 * found.lines, Decimal("1.5") * found.lines)
        assert found.profit == sum(3 * line.profit for line in worth if line.profit)

    def test_profit_is_that_of_what_sells_in_sixty_days(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = work(started(anne, [f"{asin};0,50;100000" for asin in books(40)], profile))
        worth = list(listed.lines.filter(verdict__in=("BUY", "STRONG_BUY")))
        rows = [Row(line, *from_breakdown(line.breakdown or {})) for line in worth]
        found = purchase_of(run=listed)
        assert found.units == 100_000 * len(rows) > found.sold
        assert found.sold == sum(row.sold for row in rows if row.sold)
        assert found.profit == sum(row.total_profit for row in rows if row.total_profit)

    def test_the_profile_is_the_one_of_the_start_even_if_it_changes_meanwhile(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = started(anne, [f"{asin};3" for asin in books(24)], profile)
        work(listed, work_for=0)
        stored = BusinessProfile.objects.get(pk=profile.pk)
        save_profile(profile=stored, settings={"roi_target_percent": "45"}, saved_by=None)
        work(listed)
        assert listed.state == State.DONE
        assert listed.profile_revision == profile.revision
        same = kept(anne, "\n".join(f"{line.asin};3" for line in listed.lines.all()))
        assert quote_list(run=same, profile=profile, marketplace="us").is_free

    def test_history_says_what_was_analysed_and_what_it_cost(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        listed = work(started(anne, [f"{asin};3" for asin in books(5)], profile))
        row = SearchHistory.objects.get()
        assert (row.search_type, row.source, row.user_id) == ("bulk", "frontend", str(anne.pk))
        assert (row.results_count, row.tokens_spent) == (5, listed.tokens_spent)
        assert activity_lines([row])[0].question == "A list"

    def test_another_batch_takes_the_same_statements(
        self, anne: User, books: Any, profile: ActiveProfile
    ) -> None:
        asins = books(40)
        counts = []
        for chosen in (asins, asins[:20]):  # known by then: no first time differs
            listed = started(anne, [f"{asin};3" for asin in chosen], profile)
            work(listed)
        for chosen in (asins[:10], asins[:20]):
            listed = kept(anne, "\n".join(f"{asin};3" for asin in chosen))
            with CaptureQueriesContext(connection) as seen:
                start_list(run=listed, profile=profile, marketplace="us")
            counts.append(len(seen))
        assert counts[0] == counts[1]


def test_a_list_is_started_once(anne: User, books: Any, profile: ActiveProfile) -> None:
    listed = started(anne, [f"{asin};3" for asin in books(5)], profile)
    start_list(run=listed, profile=profile, marketplace="us")
    assert OrmQ.objects.count() == 1
    assert not resume_run(run=listed)
