"""A search's page: its progress, its ranked answer, and what went wrong."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django_q.models import OrmQ

from discovery.models import Run, RunLine
from discovery.runs.service import time_left
from discovery.runs.summary import obstacles
from discovery.runs.text import stage_text
from discovery.scoring import (
    EQUILIBRE,
    FlagCode,
    PriceStats,
    ReasonCode,
    ShownVerdict,
    Verdict,
)
from discovery.text import formats
from discovery.text.reasons import OBSTACLES, obstacle_label
from tests.discovery.builders import BOOKS, NOW, finished_run, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]


def products(count: int, **changes: Any) -> list[Any]:
    return [scored_product(asin=f"B{number:09}", **changes) for number in range(count)]


def page_of(visitor: Any, run: Run, query: str = "") -> str:
    answer = visitor.get(f"/niches/recherche/{run.pk}/{query}")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def test_the_answer_shows_the_price_to_pay_the_verdict_and_why(client_of: Visitor) -> None:
    anne = client_of()
    product = scored_product(title="The C Programming Language", cost="5.00")
    text = page_of(anne, finished_run(owner=anne.user, products=[product]))
    assert "The C Programming Language" in text
    assert "Acheter au plus" in text
    assert 'data-spent="106"' in text
    assert "Pourquoi" in text


def test_a_product_without_a_known_cost_shows_the_price_to_look_for(client_of: Visitor) -> None:
    anne = client_of()
    product = scored_product(new=PriceStats(), lowest_fbm_new=None)
    run = finished_run(owner=anne.user, products=[product])
    score = product.score
    assert score.sourcing
    text = html.unescape(page_of(anne, run))
    row = text.split('class="main-row"')[1].split("</tbody>")[0]
    line = run.lines.get()
    asked = anne.get(f"/produits/us/{line.asin}/pourquoi/?line={line.pk}&key={line.pk}&span=13")
    why = html.unescape(asked.content.decode())
    assert "À sourcer" in row
    assert f"≤\xa0{formats.money(score.max_cost, 'USD')}" in row
    assert formats.money(score.profit_at_max_cost, "USD") in row
    assert formats.percent(score.roi_at_max_cost) in row
    # What an assumed cost would earn stands in the details, and is called hypothetical there.
    assert formats.money(score.profit, "USD") not in row
    assert formats.money(score.landed_cost, "USD") not in row
    assert formats.money(score.profit, "USD") in why
    assert "hypothétique" in why.casefold()


def test_a_skip_without_a_known_cost_shows_no_profit_at_all(client_of: Visitor) -> None:
    anne = client_of()
    product = scored_product(new=PriceStats(), lowest_fbm_new=None, is_variation_parent=True)
    text = page_of(anne, finished_run(owner=anne.user, products=[product]))
    row = text.split('class="main-row"')[1].split("</tbody>")[0]
    assert product.score.verdict is Verdict.SKIP
    assert formats.money(product.score.profit, "USD") not in html.unescape(row)
    assert RunLine.objects.get().roi_percent is None


def test_what_is_to_be_sourced_is_counted_and_filtered_apart(client_of: Visitor) -> None:
    anne = client_of()
    nobody: dict[str, Any] = {"new": PriceStats(), "lowest_fbm_new": None}
    products = [
        scored_product(asin="B000000001", cost="5.00"),
        scored_product(asin="B000000002", cost="20.00"),
        scored_product(asin="B000000003", **nobody),
        scored_product(asin="B000000004", is_variation_parent=True, **nobody),
    ]
    run = finished_run(owner=anne.user, products=products)
    page = anne.get(run.get_absolute_url()).context["page"]
    assert page.results.counts[ShownVerdict.SOURCING] == 1
    assert sum(page.results.counts.values()) == 4
    assert "1 à sourcer" in page.answer.yield_text
    for verdict, asins in {
        "SOURCING": ["B000000003"],
        "CONSIDER": ["B000000001"],
        "SKIP": ["B000000002", "B000000004"],
        "sourcing": [f"B00000000{n}" for n in range(1, 5)],
    }.items():
        shown = anne.get(f"{run.get_absolute_url()}?verdict={verdict}").context["page"].results
        assert sorted(row.line.asin for row in shown.rows) == asins
    by_verdict = anne.get(f"{run.get_absolute_url()}?sort=verdict").context["page"].results
    found = [row.line.shown_verdict for row in by_verdict.rows]
    assert found == sorted(found, key=list(ShownVerdict).index)


class TestWhy:
    """The explanation is no part of the page: it is asked for when a row is opened."""

    def why(self, visitor: Any, run: Run, query: str = "") -> Any:
        line = run.lines.get()
        return visitor.get(f"/produits/us/{line.asin}/pourquoi/?{query or f'line={line.pk}'}")

    def test_the_page_does_without_it(self, client_of: Visitor) -> None:
        anne = client_of()
        run = finished_run(owner=anne.user, products=products(1, cost="5.00"))
        assert 'class="reasons"' not in page_of(anne, run)
        text = self.why(anne, run, f"line={run.lines.get().pk}&span=13").content.decode()
        assert 'class="reasons"' in text
        assert '<td colspan="13">' in text
        assert "Frais" in text
        assert "/100" in text  # velocity and confidence, which have no column of their own

    def test_it_is_that_of_the_stored_line(self, client_of: Visitor) -> None:
        anne = client_of()
        run = finished_run(owner=anne.user, products=products(1, cost="5.00"))
        assert "240" in self.why(anne, run).content.decode()  # the ROI at the line's own cost
        # Nothing of the product itself is stored here: without the line there is nothing to say.
        assert self.why(anne, run, "profile=equilibre").status_code == 404

    @pytest.mark.parametrize("line", ["0", "-1", "x", "9" * 30, "٣"])
    def test_no_such_line(self, client_of: Visitor, line: str) -> None:
        anne = client_of()
        run = finished_run(owner=anne.user, products=products(1))
        assert self.why(anne, run, f"line={line}").status_code == 404

    def test_nobody_elses_and_of_no_other_product(self, client_of: Visitor) -> None:
        run = finished_run(owner=client_of("paul").user, products=products(2))
        first, second = run.lines.order_by("position")
        address = f"/produits/us/{first.asin}/pourquoi/?line="
        assert client_of("paul").get(f"{address}{first.pk}").status_code == 200
        assert client_of("paul").get(f"{address}{second.pk}").status_code == 404
        assert client_of("anne").get(f"{address}{first.pk}").status_code == 404


def test_a_row_stays_on_one_line_and_says_the_rest_in_tips(client_of: Visitor) -> None:
    anne = client_of()
    run = finished_run(owner=anne.user, products=products(1, cost="5.00"))
    run.lines.update(buy_box_known=False)
    row = page_of(anne, run).split('class="main-row"')[1].split("</tr>")[0]
    assert row.count("jours d’historique") == 2  # a risk: where a pointer rests, and in words
    assert 'data-act="explain"' in row
    assert "Buy Box jamais lue" in row
    assert re.search(r'class="product-title" href="[^"]+profile=', row)


def test_the_caption_says_the_order_the_table_is_in(client_of: Visitor) -> None:
    anne = client_of()
    run = finished_run(owner=anne.user, products=products(2))
    assert "Les meilleurs d’abord\xa0: verdict" in page_of(anne, run)
    sorted_by = page_of(anne, run, "?sort=bsr&dir=asc")
    assert "Les meilleurs d’abord\xa0: verdict" not in sorted_by
    assert "Trié par BSR, croissant." in sorted_by
    assert '<option value="bsr" selected>' in sorted_by


def test_html_in_a_title_is_shown_not_run(client_of: Visitor) -> None:
    anne = client_of()
    product = scored_product(title="<script>alert(1)</script>")
    text = page_of(anne, finished_run(owner=anne.user, products=[product]))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_more_products_need_no_more_statements(client_of: Visitor) -> None:
    anne = client_of()
    counts = []
    for count in (5, 25):
        run = finished_run(owner=anne.user, products=products(count))
        with CaptureQueriesContext(connection) as seen:
            page_of(anne, run)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_twenty_five_products_a_page(client_of: Visitor) -> None:
    anne = client_of()
    run = finished_run(owner=anne.user, products=products(30))
    assert page_of(anne, run).count("main-row") == 25
    assert page_of(anne, run, "?page=2").count("main-row") == 5
    assert page_of(anne, run, "?page=beaucoup").count("main-row") == 25


@pytest.mark.parametrize(
    "sort", ["price", "roi", "bsr", "verdict", "title", "max_cost", "nonsense"]
)
def test_every_heading_sorts_and_nonsense_is_left_out(client_of: Visitor, sort: str) -> None:
    anne = client_of()
    run = finished_run(owner=anne.user, products=products(3))
    for direction in ("asc", "desc", "sideways"):
        assert page_of(anne, run, f"?sort={sort}&dir={direction}").count("main-row") == 3


def test_one_verdict_at_a_time(client_of: Visitor) -> None:
    anne = client_of()
    good = scored_product(asin="B000000001", cost="5.00")
    bad = scored_product(asin="B000000002", cost="29.00")
    run = finished_run(owner=anne.user, products=[good, bad])
    assert good.score.verdict != bad.score.verdict
    text = page_of(anne, run, f"?verdict={bad.score.verdict.value}")
    assert "B000000002" in text
    assert "B000000001" not in text


@pytest.mark.parametrize("address", ["", "progression/", "export.csv"])
def test_nobody_elses_search_is_to_be_had(client_of: Visitor, address: str) -> None:
    run = finished_run(owner=client_of("paul").user, products=products(1))
    assert client_of("anne").get(f"/niches/recherche/{run.pk}/{address}").status_code == 404


FAILURES = {
    "tokens_exhausted": "jetons",
    "keepa_unavailable": "Keepa",
    "invalid_key": "clé",
}


@pytest.mark.parametrize("code", FAILURES)
def test_a_failed_search_says_what_happened_and_when_to_retry(
    client_of: Visitor, code: str
) -> None:
    anne = client_of()
    failure = {"code": code, "retry_after": 600, "at": timezone.now().isoformat()}
    run = finished_run(
        owner=anne.user, products=[], state=Run.State.FAILED, failure=failure, outcome={}
    )
    text = page_of(anne, run)
    assert 'role="alert"' in text
    assert FAILURES[code] in text
    assert "10 minutes" in text.replace("\u00a0", " ")


def test_an_answer_out_of_date_is_labelled_and_still_shown(client_of: Visitor) -> None:
    anne = client_of()
    failure = {"code": "keepa_unavailable", "retry_after": 60, "at": timezone.now().isoformat()}
    run = finished_run(
        owner=anne.user,
        products=products(2),
        failure=failure,
        outcome={"cache": "stale", "discovery_cache": "stale"},
    )
    text = page_of(anne, run)
    assert "Cette réponse est périmée." in text
    assert text.count("main-row") == 2


def test_a_search_under_way_shows_its_progress_and_a_way_out(client_of: Visitor) -> None:
    anne = client_of()
    run = Run.objects.create(
        owner=anne.user,
        filters={"marketplace": "us"},
        max_results=50,
        marketplace="us",
        kind=Run.Kind.SEARCH,
        total=50,
        done=20,
        state=Run.State.RUNNING,
        progressed_at=timezone.now(),
    )
    text = page_of(anne, run)
    assert "<progress" in text
    assert f"/niches/recherche/{run.pk}/annuler/" in text
    anne.post(f"/niches/recherche/{run.pk}/annuler/")
    run.refresh_from_db()
    assert run.cancel_requested


def test_a_search_whose_worker_died_is_gone_on_with(client_of: Visitor) -> None:
    anne = client_of()
    run = Run.objects.create(
        owner=anne.user,
        kind=Run.Kind.SEARCH,
        marketplace="us",
        filters={"marketplace": "us"},
        max_results=50,
        state=Run.State.RUNNING,
        progressed_at=timezone.now() - timedelta(minutes=30),
    )
    page_of(anne, run)
    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    assert OrmQ.objects.count() == 1


def test_an_ended_search_tells_the_page_to_load_its_results(client_of: Visitor) -> None:
    anne = client_of()
    run = finished_run(owner=anne.user, products=products(1))
    answer = anne.get(f"/niches/recherche/{run.pk}/progression/")
    assert answer["HX-Refresh"] == "true"


def test_the_export_opens_in_a_french_spreadsheet(client_of: Visitor) -> None:
    anne = client_of()
    product = scored_product(title="=HYPERLINK(1)", cost="5.50")
    run = finished_run(owner=anne.user, products=[product])
    answer = anne.get(f"/niches/recherche/{run.pk}/export.csv")
    content = answer.content.decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert content.startswith("\ufeff")
    heading, line = content.strip().splitlines()[:2]
    assert heading.count(";") == line.count(";") > 20
    assert "30,00" in line
    assert ";=" not in line


def test_the_plain_export_is_for_programs(client_of: Visitor) -> None:
    anne = client_of()
    run = finished_run(owner=anne.user, products=products(2))
    answer = anne.get(f"/niches/recherche/{run.pk}/export.csv?format=plain")
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("position,asin,title")
    assert len(lines) == 3
    assert "30.00" in lines[1]


def test_the_moment_of_the_answer_is_told(client_of: Visitor) -> None:
    anne = client_of()
    run = finished_run(
        owner=anne.user,
        products=products(1),
        finished_at=NOW + timedelta(hours=2),
        outcome={"cache": "hit", "discovery_cache": "hit"},
    )
    assert "2 heures" in page_of(anne, run).replace("\u00a0", " ")


# Content with what is known of the made-up book, which has no history.
TRUSTING = replace(
    EQUILIBRE, cap_few_data=None, consider_confidence=Decimal(0), buy_confidence=Decimal(0)
)


class TestThinAnswers:
    def test_what_stood_against_how_many_is_counted(self) -> None:
        good = scored_product(asin="B000000001", cost="5.00", profile=TRUSTING).score
        dear = scored_product(asin="B000000002", cost="29.00").score
        assumed = scored_product(asin="B000000003", new=PriceStats(), lowest_fbm_new=None).score
        counts = obstacles([good, dear, dear, assumed])
        assert good.verdict in {"BUY", "STRONG_BUY"}
        assert counts["roi_missed"] >= 2
        assert counts["hypothetical_cost"] == 1
        assert list(counts.values()) == sorted(counts.values(), reverse=True)

    def test_every_reason_and_risk_has_its_words_in_both_languages(self) -> None:
        against = [code for code in ReasonCode if code in OBSTACLES]
        keys = [code.value for code in against] + [f"flag:{flag.value}" for flag in FlagCode]
        for language in ("fr", "en"):
            with translation.override(language):
                assert all(obstacle_label(key) for key in keys)

    def test_no_reason_against_a_product_is_without_words(self) -> None:
        scores = [
            scored_product(cost=cost, **changes).score
            for cost in ("1.00", "29.00", None)
            for changes in (
                {},
                {"buy_box": PriceStats(), "new_fba": PriceStats(), "new": PriceStats()},
                {"rank_drops_30": 0, "rank_drops_90": 0, "monthly_sold": None, "bsr": 4_000_000},
                {"amazon_availability": 0, "buy_box_is_amazon": True},
            )
        ]
        assert all(obstacle_label(key) for key in obstacles(scores))

    def test_a_thin_answer_says_it_on_its_page(self, client_of: Visitor) -> None:
        anne = client_of()
        dear = [scored_product(asin=f"B{n:09}", cost="29.00") for n in range(3)]
        counted = obstacles(product.score for product in dear)
        run = finished_run(owner=anne.user, products=dear, outcome={"obstacles": counted})
        text = page_of(anne, run)
        assert "<b>3</b> ROI trop faible" in text
        shown = [int(count) for count in re.findall(r'class="chip"><b>(\d+)</b>', text)]
        assert shown == sorted(shown, reverse=True) != []

    def test_a_good_answer_needs_no_explanation(self, client_of: Visitor) -> None:
        anne = client_of()
        good = scored_product(cost="5.00", profile=TRUSTING)
        outcome = {"obstacles": {"roi_missed": 1}}
        run = finished_run(owner=anne.user, products=[good], outcome=outcome)
        assert "ROI trop faible" not in page_of(anne, run)


def test_a_search_under_way_tells_how_long_it_will_go_on(client_of: Visitor) -> None:
    anne, now = client_of("anne"), timezone.now()
    run = Run.objects.create(
        owner=anne.user, filters=BOOKS, kind=Run.Kind.SEARCH, marketplace="us",
        max_results=40, total=40, done=10,
        state=Run.State.RUNNING, started_at=now - timedelta(seconds=20), progressed_at=now,
    )  # fmt: skip
    assert time_left(run) == timedelta(seconds=60)
    text = anne.get(f"/niches/recherche/{run.pk}/progression/").content.decode()
    assert "Temps restant" in text
    run.done = 0
    assert time_left(run) is None


def test_a_stage_of_one_product_is_said_in_the_singular() -> None:
    with translation.override("fr"):
        assert stage_text(items=1, tokens_spent=3, survivors=1).endswith(", 1 retenu")
        assert stage_text(items=1, tokens_spent=3, survivors=0).startswith("1 produit pour 3")
        assert stage_text(items=40, tokens_spent=40, survivors=2).endswith(", 2 retenus")
