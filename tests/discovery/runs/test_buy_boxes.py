"""The Buy Box that a run did not buy: offered with its price, bought once, scored again."""

from __future__ import annotations

import html
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import SearchHistory
from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.keepa.client import get_client
from discovery.keepa.errors import KeepaError, TokensExhausted
from discovery.models import KeepaProduct, Run, RunLine, ScoringCacheEntry, TokenLedgerEntry
from discovery.products import buy_box, store
from discovery.products.candidates import Candidate, to_json
from discovery.products.scored import from_breakdown
from discovery.profiles.service import active_profile
from discovery.runs.buy_boxes import Bought, StillAtWork, buy_buy_boxes
from discovery.runs.summary import obstacles
from discovery.scoring import FlagCode
from discovery.scoring.verdict import SHOWN_RANK
from discovery.search.score_products import Funnel, run_funnel
from tests.discovery.runs.working import ASKER, Begin, State, both_kinds, work

pytestmark = pytest.mark.django_db(transaction=True)

TOO_DEAR = 10_000  # no book passes the statistics at this cost, on whatever day


def unknown(run: Run) -> list[str]:
    lines = run.lines.filter(buy_box_known=False, state=RunLine.State.SCORED)
    return list(lines.order_by("position").values_list("asin", flat=True))


def in_browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(run: Run) -> str:
    return f"{run.get_absolute_url()}buy-box/"


@pytest.fixture
def run(begin: Begin) -> Run:
    """A finished search that left out the Buy Box of what had not passed the statistics."""
    found = work(begin(Run.Kind.SEARCH, 24))
    assert unknown(found)
    return found


@both_kinds
def test_it_is_bought_stored_and_the_line_scored_again(
    begin: Begin, keepa: Any, kind: Run.Kind
) -> None:
    run = work(begin(kind, 24, cost=TOO_DEAR))
    wanted, charged, spent = unknown(run)[:3], keepa.charged_total, run.tokens_spent
    bought = buy_buy_boxes(run=run, asins=wanted)
    assert (bought.lines, bought.tokens_spent) == (3, 9)
    assert keepa.charged_total - charged == 9
    assert KeepaProduct.objects.filter(asin__in=wanted, has_buy_box=True).count() == 3
    run.refresh_from_db()
    assert run.tokens_spent == spent + 9
    assert not set(wanted) & set(unknown(run))
    for line in run.lines.filter(asin__in=wanted):
        assert line.breakdown is not None
        assert line.breakdown["buy_box_known"]
        score = from_breakdown(line.breakdown)[1]
        assert (line.verdict, line.sourcing) == (score.verdict, score.sourcing)
    last = TokenLedgerEntry.objects.filter(endpoint="product").latest("pk")
    assert (last.purpose, last.tokens_consumed) == ("interactive", 9)


def test_a_line_keeps_the_units_and_the_candidates_of_its_cost(begin: Begin, keepa: Any) -> None:
    run = work(begin(Run.Kind.LIST, 24, cost=TOO_DEAR))
    asin, other, *_rest = unknown(run)
    candidates = to_json([Candidate(asin=asin), Candidate(asin=other)])
    run.lines.filter(asin=asin).update(cost=5, cost_units=6, candidates=candidates)
    assert buy_buy_boxes(run=run, asins=[asin]).lines == 1
    score = from_breakdown(run.lines.get(asin=asin).breakdown or {})[1]
    assert score.cost_units == 6
    assert score.has_flag(FlagCode.AMBIGUOUS_CODE)


def test_a_search_is_ranked_and_counted_anew(run: Run) -> None:
    told, wanted = SearchHistory.objects.count(), unknown(run)
    buy_buy_boxes(run=run, asins=wanted)
    run.refresh_from_db()
    lines = list(run.lines.order_by("position"))
    assert [line.position for line in lines] == list(range(1, len(lines) + 1))
    assert lines == sorted(
        lines, key=lambda line: (-_rank(line), -(line.rank_score or 0), line.asin)
    )
    assert run.outcome is not None
    scores = [from_breakdown(line.breakdown or {})[1] for line in lines]
    assert Counter(run.outcome["obstacles"]) == Counter(obstacles(scores))
    assert sum(stage["tokens_spent"] for stage in run.outcome["stages"]) == run.tokens_spent
    assert SearchHistory.objects.count() == told + 1
    assert SearchHistory.objects.latest("created_at").tokens_spent == 3 * len(wanted)


def _rank(line: RunLine) -> int:
    return SHOWN_RANK[line.shown_verdict]


def test_nothing_is_bought_twice(run: Run, keepa: Any) -> None:
    wanted = unknown(run)
    buy_buy_boxes(run=run, asins=wanted)
    charged = keepa.charged_total
    assert buy_buy_boxes(run=run, asins=wanted).lines == 0
    # As if another run had bought them: this one only scores again.
    run.lines.filter(asin__in=wanted).update(buy_box_known=False)
    assert buy_box.still_to_buy(marketplace="us", asins=wanted) == frozenset()
    assert buy_buy_boxes(run=run, asins=wanted) == Bought(len(wanted), 0)
    assert keepa.charged_total == charged


def test_two_who_ask_at_once_pay_once(run: Run, keepa: Any) -> None:
    wanted, charged = unknown(run)[:4], keepa.charged_total

    def ask(_nth: int) -> int:
        try:
            return buy_box.buy(marketplace="us", asins=wanted).tokens_spent
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(ask, range(3))) == [0, 0, 12]
    assert keepa.charged_total - charged == 12


def test_no_more_is_asked_for_at_once_than_the_tokens_bear(
    run: Run, keepa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is refused, and what the first part has cost is on the run."""
    wanted, charged, spent = unknown(run), keepa.charged_total, run.tokens_spent
    most = 3
    monkeypatch.setattr("discovery.keepa.budget.LOWEST_BALANCE", 0)
    monkeypatch.setattr(keepa.bucket, "refill_rate", 1)  # a plan of 60 tokens
    keepa.bucket.set(3 * most)
    get_client().token_status()
    assert len(wanted) > most
    with pytest.raises(TokensExhausted) as caught:
        buy_buy_boxes(run=run, asins=wanted)
    assert caught.value.tokens_spent == keepa.charged_total - charged == 3 * most
    run.refresh_from_db()
    assert run.tokens_spent == spent + 3 * most
    assert len(unknown(run)) == len(wanted) - most


def test_what_keepa_no_longer_has_is_not_paid_for_at_every_click(
    run: Run, keepa: Any, anne: User
) -> None:
    asin, browser = unknown(run)[0], in_browser(anne)
    before = store.product_of(marketplace="us", asin=asin)
    keepa.faults.push("null_products", endpoint="product")
    answer = browser.post(address(run), {"only": asin}, follow=True)
    assert "Keepa n’avait rien sur 1 produit" in answer.content.decode()
    charged = keepa.charged_total
    for _click in range(2):
        text = browser.post(address(run), {"only": asin}, follow=True).content.decode()
        assert f'name="only" value="{asin}"' not in text
        assert "Keepa n’a plus rien sur ce produit" in text
    # Neither by a search that would have its Buy Box, with whatever profile.
    ScoringCacheEntry.objects.all().delete()
    funnel = Funnel(marketplace="us", profile=active_profile(), asker=ASKER)
    funnel.due.add(asin)
    run_funnel(funnel, asins=[asin], detail=True)
    assert (funnel.problem, funnel.due, list(funnel.products)) == (None, set(), [asin])
    assert keepa.charged_total == charged
    # Its statistics and its page are kept, and it may be asked for again another day.
    after = store.product_of(marketplace="us", asin=asin)
    assert before is not None
    assert after is not None
    assert replace(after, gone_at=None) == before
    KeepaProduct.objects.update(gone_at=timezone.now() - timedelta(days=1))
    assert buy_box.still_to_buy(marketplace="us", asins=[asin]) == {asin}
    assert buy_box.buy(marketplace="us", asins=[asin]).tokens_spent == 3
    assert KeepaProduct.objects.get(asin=asin).gone_at is None


def test_a_refusal_changes_nothing_and_says_why(run: Run, keepa: Any, anne: User) -> None:
    before = list(run.lines.values("asin", "verdict", "buy_box_known"))
    keepa.faults.push("429", endpoint="product", times=3)
    with pytest.raises(KeepaError):
        buy_buy_boxes(run=run, asins=unknown(run)[:1])
    assert list(run.lines.values("asin", "verdict", "buy_box_known")) == before
    keepa.faults.push("429", endpoint="product", times=3)
    answer = in_browser(anne).post(address(run), {"only": unknown(run)[0]}, follow=True)
    assert answer.status_code == 200
    assert 'class="banner error"' in answer.content.decode()


def test_a_run_at_work_is_left_alone(begin: Begin, anne: User) -> None:
    queued = begin(Run.Kind.SEARCH, 24)
    with pytest.raises(StillAtWork):
        buy_buy_boxes(run=queued, asins=["B000000001"])
    assert in_browser(anne).post(address(queued), {"only": "B000000001"}).status_code == 302
    assert Run.objects.get(pk=queued.pk).state == State.QUEUED


def test_the_page_offers_each_and_all_with_their_price(run: Run, anne: User) -> None:
    browser, wanted = in_browser(anne), unknown(run)
    text = html.unescape(browser.get(run.get_absolute_url()).content.decode())
    assert text.count('name="only"') == len(wanted)
    assert text.count("La lire\N{NO-BREAK SPACE}: 3") == len(wanted)
    assert f"Les lire pour cette page\N{NO-BREAK SPACE}: {3 * len(wanted)}" in text

    answer = browser.post(f"{address(run)}?sort=bsr", {"only": wanted[0], "asin": wanted})
    assert answer["Location"] == f"{run.get_absolute_url()}?sort=bsr#results"
    assert unknown(run) == [asin for asin in unknown(run) if asin != wanted[0]]
    assert len(unknown(run)) == len(wanted) - 1

    browser.post(address(run), {"asin": wanted})
    assert unknown(run) == []
    assert 'id="buy-boxes"' not in browser.get(run.get_absolute_url()).content.decode()


def test_what_was_bought_elsewhere_since_is_offered_for_nothing(run: Run, anne: User) -> None:
    wanted = unknown(run)
    buy_box.buy(marketplace="us", asins=wanted)
    text = html.unescape(in_browser(anne).get(run.get_absolute_url()).content.decode())
    assert text.count("Connue depuis") == len(wanted)
    assert "Les lire pour cette page\N{NO-BREAK SPACE}: 0" in text


def test_a_viewer_reads_it_and_buys_nothing(run: Run, anne: User, keepa: Any) -> None:
    change_role(member=anne, role=Role.VIEWER)
    browser, charged = in_browser(anne), keepa.charged_total
    text = browser.get(run.get_absolute_url()).content.decode()
    assert "Buy Box jamais lue" in text
    assert 'name="only"' not in text
    assert browser.post(address(run), {"only": unknown(run)[0]}).status_code == 403
    assert keepa.charged_total == charged


def test_nobody_buys_for_somebody_elses_run(run: Run, django_user_model: Any) -> None:
    paul = django_user_model.objects.create_user("paul")
    assert in_browser(paul).post(address(run), {"only": unknown(run)[0]}).status_code == 404
    assert Client(enforce_csrf_checks=True).get(address(run)).status_code in {302, 405}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(run.owner)
    assert strict.post(address(run), {"only": unknown(run)[0]}).status_code == 403


def test_more_rows_without_it_need_no_more_statements(run: Run, anne: User) -> None:
    browser, counts = in_browser(anne), []
    for left in (len(unknown(run)), 1):
        run.lines.filter(asin__in=unknown(run)[left:]).update(buy_box_known=True)
        browser.get(run.get_absolute_url())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(run.get_absolute_url())
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_page_of_a_product_offers_its_own(run: Run, anne: User, keepa: Any) -> None:
    browser, asin = in_browser(anne), unknown(run)[0]
    page = f"/produits/us/{asin}/"
    text = html.unescape(browser.get(page).content.decode())
    assert "Sa Buy Box n’a jamais été lue" in text
    assert "La lire\N{NO-BREAK SPACE}: 3" in text
    charged = keepa.charged_total
    answer = browser.post(f"{page}buy-box/?cost=5")
    assert answer["Location"] == f"{page}?cost=5"
    assert keepa.charged_total - charged == 3
    assert KeepaProduct.objects.get(asin=asin).has_buy_box
    assert 'id="buy-box"' not in browser.get(page).content.decode()
    assert browser.post("/produits/us/B0NOTHERE0/buy-box/").status_code == 404
