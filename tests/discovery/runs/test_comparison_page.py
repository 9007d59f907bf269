"""The page that says what changed since the same question was last asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import SearchHistory
from discovery.models import Niche, Run
from discovery.scoring import PriceStats, Verdict
from discovery.scoring.shipped_profiles import PRUDENT
from tests.discovery.builders import BOOKS, FINISHED, prices, scored_product

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]


def asked(
    visitor: Any, products: list[Any], *, days_ago: int, kind: str = "search", **changes: Any
) -> Run:
    run = FINISHED[kind](owner=visitor.user, products=products, **changes)
    run.created_at = timezone.now() - timedelta(days=days_ago)
    run.save(update_fields=["created_at"])
    return run


def named(*asins: str, **changes: Any) -> list[Any]:
    return [
        scored_product(asin=asin, title=f"Book {asin}", cost="5.00", **changes) for asin in asins
    ]


def page_of(visitor: Any, run: Run, query: str = "", *, status: int = 200) -> str:
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    answer = visitor.get(f"{run.get_absolute_url()}comparer/{query}")
    assert answer.status_code == status
    text: str = answer.content.decode()
    return text


def section(text: str, kind: str) -> str:
    return text.split(f'data-kind="{kind}"')[1].split("</section>")[0]


@pytest.mark.parametrize("kind", ["search", "list"])
def test_the_page_says_first_what_came_what_went_and_what_moved(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of()
    dear = scored_product(asin="B000000003", title="Book 3", cost="29.00")
    asked(anne, [*named("B000000001", "B000000002"), dear], days_ago=3, kind=kind)
    now = [
        *named("B000000002", buy_box=prices("33.00"), new_fba=prices("33.00")),
        scored_product(asin="B000000003", title="Book 3", cost="5.00"),
        *named("B000000004"),
    ]
    text = page_of(anne, asked(anne, now, days_ago=0, kind=kind))
    summary = text.split('class="comparison-summary"')[1].split("</p>")[0]
    assert "1 new, 1 gone, 1 price change, 1 verdict better, 2 ROI or rank moves" in summary
    assert "B000000004" in section(text, "appeared")
    assert "B000000001" in section(text, "vanished")
    price = section(text, "prices")
    assert "$30.00" in price
    assert "$33.00" in price
    assert "+10.0%" in price
    assert ">better<" in section(text, "verdicts")


@pytest.mark.parametrize("kind", ["search", "list"])
def test_the_same_answer_again_says_that_nothing_changed(client_of: Visitor, kind: str) -> None:
    anne = client_of()
    asked(anne, named("B000000001"), days_ago=1, kind=kind)
    text = page_of(anne, asked(anne, named("B000000001"), days_ago=0, kind=kind))
    assert "Nothing changed" in text
    assert "data-kind" not in text


@pytest.mark.parametrize("kind", ["search", "list"])
def test_the_search_just_before_is_taken_unless_another_is_chosen(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of()
    old = asked(anne, named("B000000009"), days_ago=9, kind=kind)
    asked(anne, named("B000000001"), days_ago=1, kind=kind)
    run = asked(anne, named("B000000001"), days_ago=0, kind=kind)
    assert "Nothing changed" in page_of(anne, run)
    text = page_of(anne, run, f"?avec={old.pk}")
    assert "B000000009" in section(text, "vanished")
    assert f'<option value="{old.pk}" selected>' in text


def test_a_list_sent_again_is_held_against_itself_and_not_against_another_one_since(
    client_of: Visitor,
) -> None:
    anne = client_of()
    may = asked(anne, named("B000000001", "B000000002"), days_ago=9, kind="list", name="may.csv")
    asked(anne, named("B000000002", "B000000008"), days_ago=1, kind="list", name="another.csv")
    june = asked(anne, named("B000000001", "B000000002"), days_ago=0, kind="list", name="june.csv")
    text = page_of(anne, june)
    assert f'<option value="{may.pk}" selected>' in text
    assert "Nothing changed" in text


@pytest.mark.parametrize("kind", ["search", "list"])
def test_the_older_search_comes_first_whichever_page_is_open(client_of: Visitor, kind: str) -> None:
    anne = client_of()
    old = asked(anne, named("B000000009"), days_ago=9, kind=kind)
    run = asked(anne, named("B000000001"), days_ago=0, kind=kind)
    assert "B000000009" in section(page_of(anne, old, f"?avec={run.pk}"), "vanished")


def test_a_niche_stays_the_same_question_when_it_was_adjusted_and_the_page_says_so(
    client_of: Visitor,
) -> None:
    anne = client_of()
    niche = Niche.objects.create(owner=anne.user, name="Law", marketplace="us", filters=BOOKS)
    asked(anne, named("B000000001"), days_ago=1, niche=niche)
    narrower = BOOKS | {"bsr_max": 40_000}
    text = page_of(
        anne, asked(anne, named("B000000001"), days_ago=0, niche=niche, filters=narrower)
    )
    assert "adjusted in between" in text


@pytest.mark.parametrize(
    ("changes", "notice"),
    [
        ({"max_results": 20}, "asked for 50 products"),
        ({"failure": {"code": "tokens_exhausted", "retry_after": 60}}, "incomplete"),
    ],
)
def test_what_else_may_explain_a_difference_is_told(
    client_of: Visitor, changes: dict[str, Any], notice: str
) -> None:
    anne = client_of()
    asked(anne, named("B000000001"), days_ago=1)
    assert notice in page_of(anne, asked(anne, named("B000000002"), days_ago=0, **changes))


@pytest.mark.parametrize("kind", ["search", "list"])
def test_what_is_to_be_sourced_is_told_from_what_has_a_cost(client_of: Visitor, kind: str) -> None:
    anne = client_of()
    asked(anne, [], days_ago=1, kind=kind)
    product = scored_product(asin="B000000001", new=PriceStats(), lowest_fbm_new=None)
    assert product.score.sourcing
    text = page_of(anne, asked(anne, [product, *named("B000000002")], days_ago=0, kind=kind))
    assert section(text, "appeared").count("at the price to look for") == 1
    assert section(text, "appeared").count("To source") == 1


@pytest.mark.parametrize("kind", ["search", "list"])
def test_a_cost_found_since_is_a_better_verdict(client_of: Visitor, kind: str) -> None:
    anne = client_of()
    nobody: dict[str, Any] = {"new": PriceStats(), "lowest_fbm_new": None}
    asked(anne, [scored_product(asin="B000000001", **nobody)], days_ago=1, kind=kind)
    bought = scored_product(asin="B000000001", cost="5.00", **nobody)
    bought = replace(bought, score=replace(bought.score, verdict=Verdict.BUY))
    changed = section(page_of(anne, asked(anne, [bought], days_ago=0, kind=kind)), "verdicts")
    assert "To source" in changed
    assert "better" in changed


@pytest.mark.parametrize("kind", ["search", "list"])
def test_nobody_elses_search_is_compared(client_of: Visitor, kind: str) -> None:
    paul = client_of("paul")
    his = asked(paul, named("B000000001"), days_ago=1, kind=kind)
    anne = client_of("anne")
    hers = asked(anne, named("B000000002"), days_ago=0, kind=kind)
    page_of(anne, his, status=404)
    page_of(anne, hers, f"?avec={his.pk}", status=404)
    page_of(anne, hers, f"?avec={uuid4()}", status=404)
    alone = {"search": "This question has no earlier answer", "list": "There is no earlier list"}
    assert alone[kind] in page_of(anne, hers)


@pytest.mark.parametrize(
    ("kind", "which", "reason"),
    [
        ("search", "itself", "A search cannot be compared with itself."),
        ("search", "other", "These two searches asked different questions."),
        ("search", "failed", "The other search has no answer to compare."),
        ("search", "nonsense", "No search bears this name."),
        ("list", "itself", "A list cannot be compared with itself."),
        ("list", "other", "These two lists are not of the same marketplace."),
        ("list", "failed", "The other list was not analysed to its end."),
        ("list", "nonsense", "No list bears this name."),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_reason(
    client_of: Visitor, kind: str, which: str, reason: str
) -> None:
    anne = client_of()
    run = asked(anne, named("B000000001"), days_ago=0, kind=kind)
    elsewhere = {"marketplace": "fr"} | (
        {"filters": {"marketplace": "fr"}} if run.is_search else {}
    )
    others: dict[str, Callable[[], object]] = {
        "itself": lambda: run.pk,
        "other": lambda: asked(anne, [], days_ago=1, kind=kind, **elsewhere).pk,
        "failed": lambda: asked(anne, [], days_ago=1, kind=kind, state=Run.State.FAILED).pk,
        "nonsense": lambda: "nonsense",
    }
    text = page_of(anne, run, f"?avec={others[which]()}", status=422)
    assert 'role="alert"' in text
    assert reason in text
    assert "data-kind" not in text


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("search", "This search has no answer to compare."),
        ("list", "This list was not analysed to its end: nothing to compare."),
    ],
)
def test_what_has_not_ended_well_has_nothing_to_compare(
    client_of: Visitor, kind: str, reason: str
) -> None:
    anne = client_of()
    asked(anne, [], days_ago=1, kind=kind)
    run = asked(anne, [], days_ago=0, kind=kind, state=Run.State.CANCELLED)
    assert reason in page_of(anne, run, status=422)


def test_a_list_is_offered_by_its_name_and_never_beside_a_search(client_of: Visitor) -> None:
    anne = client_of()
    search = asked(anne, named("B000000009"), days_ago=2)
    old = asked(anne, named("B000000001"), days_ago=1, kind="list", name="spring.csv")
    run = asked(anne, named("B000000001"), days_ago=0, kind="list")
    text = page_of(anne, run)
    assert f'<option value="{old.pk}" selected>spring.csv · ' in text
    assert str(search.pk) not in text
    page_of(anne, run, f"?avec={search.pk}", status=404)
    page_of(anne, search, f"?avec={run.pk}", status=404)


@pytest.mark.parametrize("kind", ["search", "list"])
def test_answers_scored_with_another_state_of_the_profile_say_so(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of()
    asked(anne, named("B000000001"), days_ago=1, kind=kind, profile_revision=1)
    later = named("B000000001", profile=PRUDENT)
    run = asked(anne, later, days_ago=0, kind=kind, profile_revision=2)
    assert "not scored with the same profile" in page_of(anne, run)


@pytest.mark.parametrize("kind", ["search", "list"])
def test_answers_of_which_nothing_tells_the_settings_are_told_by_the_profiles_revision(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of()
    asked(anne, [], days_ago=1, kind=kind, outcome={"profile": {"slug": "a", "revision": 1}})
    changed = {"profile": {"slug": "a", "revision": 2}}
    run = asked(anne, named("B000000001"), days_ago=0, kind=kind, outcome=changed)
    assert "not scored with the same profile" in page_of(anne, run)


@pytest.mark.parametrize("kind", ["search", "list"])
def test_long_lists_are_cut_and_paged(client_of: Visitor, kind: str) -> None:
    anne = client_of()
    asked(anne, [], days_ago=1, kind=kind)
    many = asked(anne, named(*(f"B{number:09}" for number in range(30))), days_ago=0, kind=kind)
    text = page_of(anne, many)
    assert section(text, "appeared").count("<tr>") == 1 + 10
    assert "See all 30" in text
    assert section(page_of(anne, many, "?kind=appeared"), "appeared").count("<tr>") == 1 + 25
    second = page_of(anne, many, "?kind=appeared&page=2")
    assert section(second, "appeared").count("<tr>") == 1 + 5


@pytest.mark.parametrize("kind", ["search", "list"])
def test_more_products_need_no_more_statements(client_of: Visitor, kind: str) -> None:
    anne = client_of()
    counts = []
    for count in (3, 40):
        Run.objects.all().delete()
        asked(anne, named(*(f"B{number:09}" for number in range(count))), days_ago=1, kind=kind)
        dearer = named(*(f"B{n:09}" for n in range(2, count + 2)), buy_box=prices("40.00"))
        run = asked(anne, dearer, days_ago=0, kind=kind)
        page_of(anne, run)
        with CaptureQueriesContext(connection) as seen:
            page_of(anne, run)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_answer_leads_here_only_when_there_is_something_to_compare(client_of: Visitor) -> None:
    anne = client_of()
    first = asked(anne, named("B000000001"), days_ago=1)
    address = f"/niches/recherche/{first.pk}/"
    assert "/comparer/" not in anne.get(address).content.decode()
    second = asked(anne, named("B000000001"), days_ago=0)
    page = anne.get(f"/niches/recherche/{second.pk}/").content.decode()
    assert f"/niches/recherche/{second.pk}/comparer/" in page


def test_the_history_leads_to_the_newest_answer_of_a_question_asked_twice(
    client_of: Visitor,
) -> None:
    anne = client_of()
    for filters in (BOOKS, {"marketplace": "fr"}, {"identifiers": ["B000000001"]}, "another's"):
        SearchHistory.objects.create(
            user_id=str(anne.user.pk), search_type="discovery", filters=filters, results_count=1
        )
    asked(anne, [], days_ago=2)
    newest = asked(anne, [], days_ago=0)
    asked(anne, [], days_ago=1, filters={"marketplace": "fr"})
    text = anne.get("/historique/").content.decode()
    assert re.findall(r"/niches/recherche/([0-9a-f-]+)/comparer/", text) == [str(newest.pk)]
