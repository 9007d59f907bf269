"""Revue du jour as its user meets it, from the first job to the next day."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.models import AlertSettings, Pick
from discovery.pages.sourcing.review import SHOWN
from discovery.products.marks import Mark, mark_products
from discovery.profiles.service import ensure_shipped_profiles
from discovery.sourcing.queries import worth_showing
from discovery.sourcing.review import mark_reviewed
from tests.discovery.builders import build_job, build_pick, build_sighting
from tests.discovery.sourcing.looking import look, niche_job

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
PAGE = "/autosourcing/"
A, B = "B00000000A", "B00000000B"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    return client_of("anne")


def text_of(visitor: Any, address: str = PAGE) -> str:
    answer = visitor.get(address, headers=ENGLISH)
    assert answer.status_code == 200
    text: str = answer.content.decode().replace("\u00a0", " ").replace("&#x27;", "'")
    return text


def seen_now(owner: Any, asin: str = A, **changes: Any) -> Pick:
    now = timezone.now()
    return build_pick(owner=owner, asin=asin, seen_at=now, data_at=now, **changes)


def test_without_a_job_it_says_how_to_begin(anne: Any) -> None:
    text = text_of(anne)
    assert "No job yet" in text
    assert 'href="/autosourcing/" aria-current="page"' in text


def test_without_a_pick_it_says_which_job_runs_next(anne: Any) -> None:
    job = build_job(owner=anne.user, name="Old toys")
    assert "No job runs by itself now" in text_of(anne)
    job.next_run_at = timezone.now() + timedelta(hours=1)
    job.save()
    text = text_of(anne)
    assert "The job “Old toys” runs next" in text
    assert "No job yet" not in text


def test_the_best_is_shown_apart_and_once(anne: Any) -> None:
    seen_now(anne.user, A, rank_score=9.0)
    seen_now(anne.user, B)
    text = text_of(anne)
    assert text.count(f'data-asin="{A}"') == text.count(f'data-asin="{B}"') == 1
    assert text.index("Pick of the day") < text.index(f'data-asin="{A}"')
    assert text.index(f'data-asin="{A}"') < text.index('id="new"') < text.index(f'data-asin="{B}"')


def test_a_card_says_where_at_what_price_how_many_and_how_sure(anne: Any) -> None:
    job = build_job(owner=anne.user, name="Deals of the morning")
    seen_now(anne.user, job=job, cost_kind="europe", cost_source="de", quantity=5)
    text = text_of(anne)
    for said in (
        f"https://www.amazon.de/dp/{A}", "Amazon.de", "€8.00 incl. VAT", "at most €10.00",
        "5 units at most", "Confidence 80/100", "seen 1 time", "€4.00", "50%",
        "Deals of the morning",
    ):  # fmt: skip
        assert said in text, said
    assert "Identity to be checked" not in text


def test_a_review_stays_all_day_and_begins_anew_when_all_is_seen(anne: Any) -> None:
    before = timezone.now() - timedelta(days=1)
    mark_reviewed(user=anne.user, now=before)
    seen_now(anne.user, job=build_job(owner=anne.user))
    for _look in range(2):
        assert f'data-asin="{A}"' in text_of(anne)
    assert AlertSettings.objects.get(user=anne.user).compared_with == before
    answer = anne.post(PAGE, headers=ENGLISH)
    assert answer.headers["Location"] == PAGE
    Pick.objects.update(verdict="CONSIDER")  # else it is the pick of the day
    assert "All seen: the next review" in text_of(anne)
    assert "Nothing has changed since your last visit" in text_of(anne)


def test_to_ask_whether_the_page_is_there_is_no_visit(anne: Any) -> None:
    seen_now(anne.user, verdict="CONSIDER")
    assert anne.head(PAGE).status_code == 200
    assert not AlertSettings.objects.exists()


def test_another_device_shows_the_same_review_all_day(
    anne: Any, client_of: Callable[..., Any]
) -> None:
    mark_reviewed(user=anne.user, now=timezone.now() - timedelta(days=1))
    seen_now(anne.user, verdict="CONSIDER")
    assert f'data-asin="{A}"' in text_of(anne)
    anne.logout()
    assert f'data-asin="{A}"' in text_of(client_of("anne"))


def test_what_came_while_the_page_was_read_is_news_after_all_is_seen(anne: Any) -> None:
    seen_now(anne.user, A)
    until = anne.get(PAGE).context["page"].until
    seen_now(anne.user, B)
    anne.post(PAGE, {"until": until.isoformat()})
    Pick.objects.update(verdict="CONSIDER")  # else one is the pick of the day
    text = text_of(anne)
    assert f'data-asin="{B}"' in text
    assert f'data-asin="{A}"' not in text


def test_what_has_changed_is_said_on_the_card(anne: Any) -> None:
    before = timezone.now() - timedelta(days=1)
    mark_reviewed(user=anne.user, now=before)
    for asin, roi in ((A, 30.0), (B, 90.0)):
        pick = seen_now(anne.user, asin, first_seen_at=before, verdict="CONSIDER")
        build_sighting(pick=pick, seen_at=before, roi_percent=roi, verdict="CONSIDER")
    text = text_of(anne)
    better, worse = text.index('id="better"'), text.index('id="worse"')
    assert better < text.index("ROI 30% → 50%") < worse < text.index("ROI 90% → 50%")


def test_a_mark_given_elsewhere_counts_here(anne: Any) -> None:
    seen_now(anne.user)
    mark_products(user=anne.user, products=[("fr", A)], mark=Mark.IGNORED, is_given=True)
    assert f'data-asin="{A}"' not in text_of(anne)


def test_a_viewer_reads_and_leaves_no_trace(anne: Any) -> None:
    change_role(member=anne.user, role=Role.VIEWER)
    seen_now(anne.user)
    text = text_of(anne)
    assert f'data-asin="{A}"' in text
    assert "bought-form" not in text
    assert "All seen</button>" not in text
    assert not AlertSettings.objects.exists()
    assert anne.post(PAGE).status_code == 403


def test_many_picks_take_as_many_statements_as_few_and_no_more_cards_than_fit(anne: Any) -> None:
    job = build_job(owner=anne.user)

    def add(count: int) -> None:
        for number in range(count):
            seen_now(anne.user, f"B{count:04}{number:05}", job=job)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(anne)
        return len(asked)

    add(5)
    text_of(anne)  # the first look of the day writes
    few = statements()
    add(25)
    assert statements() == few
    text = text_of(anne)
    assert text.count("data-asin=") == SHOWN + 1
    assert "17 more" in text


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("keepa")
def test_what_a_job_has_really_found_comes_as_cards_that_lead_somewhere(anne: Any) -> None:
    ensure_shipped_profiles()
    look(niche_job(anne.user))
    text = text_of(anne)
    cards = text.split("<article")[1:]
    assert len(cards) == Pick.objects.filter(worth_showing()).count() > 0
    for card in cards:
        assert "High-tech" in card
        assert re.search(
            r"Where to buy</dt><dd><a href=.https://www.amazon.(fr|de|it|es)/dp/", card
        )
    product = html.unescape(cards[0].split('data-product-url="')[1].split('"')[0])
    assert 'id="found-by"' in text_of(anne, product)
    assert "tokens" in text.lower().split('id="funnel-title"')[1]
    shown = Pick.objects.get(asin=cards[0].split('data-asin="')[1][:10])
    assert 'class="history-chart"' in text_of(anne, f"{PAGE}trouvailles/{shown.pk}/")
