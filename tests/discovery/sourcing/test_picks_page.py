"""Trouvailles as their user meets them: the list, one pick, what is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from discovery.models import Alert, Pick, ProductDecision, Purchase
from discovery.profiles.service import ensure_shipped_profiles
from tests.discovery.builders import NOW, build_job, build_pick, build_sighting

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
PAGE = "/autosourcing/trouvailles/"
A, B = "B00000000A", "B00000000B"
ENGLISH = {"accept-language": "en"}
BY_SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    ensure_shipped_profiles()
    return client_of("anne")


def text_of(visitor: Any, address: str = PAGE, status: int = 200) -> str:
    answer = visitor.get(address, headers=ENGLISH)
    assert answer.status_code == status
    return answer.content.decode().replace("\u00a0", " ")


def decide(visitor: Any, pick: Pick, *, by_script: bool = False, **data: Any) -> Any:
    headers = ENGLISH | (BY_SCRIPT if by_script else {})
    return visitor.post(f"{PAGE}{pick.pk}/decision/", data, headers=headers)


def test_no_pick_says_what_comes_here(anne: Any) -> None:
    assert "No pick to decide on" in text_of(anne)


def test_a_filter_that_keeps_nothing_says_so(anne: Any) -> None:
    build_pick(owner=anne.user)
    assert "No pick passes these filters" in text_of(anne, f"{PAGE}?kind=europe")


def test_the_address_narrows_down_and_what_it_does_not_know_is_left_out(anne: Any) -> None:
    job = build_job(owner=anne.user)
    build_pick(owner=anne.user, asin=A, job=job, pick_class="STABLE", cost_kind="europe")
    build_pick(owner=anne.user, asin=B, verdict="CONSIDER")
    for asked in ("class=STABLE", "kind=europe", "verdict=BUY", f"job={job.pk}", f"q={A}"):
        text = text_of(anne, f"{PAGE}?{asked}")
        assert f'data-asin="{A}"' in text, asked
        assert f'data-asin="{B}"' not in text, asked
    text = text_of(anne, f"{PAGE}?class=x&kind=x&verdict=x&decided=x&sort=x&marketplace=x&page=x")
    assert text.count("data-asin=") == 2


def test_a_job_of_somebody_else_is_not_there(anne: Any, django_user_model: Any) -> None:
    bobs = build_job(owner=django_user_model.objects.create_user("bob"))
    for job in (bobs.pk, "9" * 30, "x"):
        text_of(anne, f"{PAGE}?job={job}", status=404)
        assert anne.get(f"{PAGE}export.csv?job={job}").status_code == 404


def test_the_export_holds_what_the_list_shows(anne: Any) -> None:
    build_pick(owner=anne.user, asin=A, cost_kind="europe", cost_source="de")
    build_pick(owner=anne.user, asin=B)
    answer = anne.get(f"{PAGE}export.csv?kind=europe&format=plain")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"{A},fr,")


def test_many_picks_take_as_many_statements_as_few(anne: Any) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            text_of(anne)
        return len(asked)

    found = []
    for count in (5, 25):
        for number in range(count):
            build_pick(owner=anne.user, asin=f"B{count:04}{number:05}")
        found.append(statements())
    assert found[0] == found[1]


def test_ignored_by_a_key_it_stays_away_and_comes_back_with_undo(anne: Any) -> None:
    pick = build_pick(owner=anne.user, asin=A)
    answer = decide(anne, pick, by_script=True, decision="ignore")
    assert (answer.status_code, answer["X-Undo"]) == (204, "restore")
    assert f'data-asin="{A}"' not in text_of(anne)
    assert f'data-asin="{A}"' in text_of(anne, f"{PAGE}?decided=ignored")
    answer = decide(anne, pick, by_script=True, decision=answer["X-Undo"])
    assert (answer.status_code, answer["X-Undo"]) == (204, "ignore")
    assert f'data-asin="{A}"' in text_of(anne)


def test_without_a_script_one_is_back_where_one_was(anne: Any) -> None:
    pick = build_pick(owner=anne.user)
    answer = decide(anne, pick, decision="ignore", next=f"{PAGE}?class=WATCH")
    assert answer.headers["Location"] == f"{PAGE}?class=WATCH"
    for elsewhere in ("https://evil.test/", "//evil.test", ""):
        answer = decide(anne, pick, decision="restore", next=elsewhere)
        assert answer.headers["Location"] == PAGE


def test_bought_it_is_a_purchase_and_leaves_the_list(anne: Any) -> None:
    pick = build_pick(owner=anne.user, asin=A)
    answer = decide(anne, pick, decision="bought", price="7.50", quantity="3")
    assert answer.status_code == 302
    purchase = Purchase.objects.get(user=anne.user)
    assert (purchase.asin, purchase.unit_cost, purchase.quantity) == (A, Decimal("7.50"), 3)
    text = text_of(anne)
    assert "Noted as bought" in text
    assert f'data-asin="{A}"' not in text
    assert f'data-asin="{A}"' in text_of(anne, f"{PAGE}?decided=bought")


@pytest.mark.parametrize(
    "said", [{}, {"price": "0", "quantity": "1"}, {"price": "8", "quantity": "0"}]
)
def test_a_wrong_price_or_quantity_is_said_and_nothing_kept(
    anne: Any, said: dict[str, str]
) -> None:
    pick = build_pick(owner=anne.user)
    answer = decide(anne, pick, decision="bought", **said)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    assert not Purchase.objects.exists()
    assert not ProductDecision.objects.exists()


def test_a_decision_that_does_not_exist_is_refused(anne: Any) -> None:
    assert decide(anne, build_pick(owner=anne.user), decision="sell").status_code == 400


def test_somebody_elses_pick_is_neither_seen_nor_decided_on(
    anne: Any, django_user_model: Any
) -> None:
    bobs = build_pick(owner=django_user_model.objects.create_user("bob"))
    text_of(anne, f"{PAGE}{bobs.pk}/", status=404)
    assert decide(anne, bobs, decision="ignore").status_code == 404
    bobs.refresh_from_db()
    assert bobs.decision == ""


def test_the_page_of_a_pick_shows_every_look_and_how_it_moved(anne: Any) -> None:
    pick = build_pick(owner=anne.user, asin=A)
    build_sighting(pick=pick, seen_at=NOW - timedelta(days=3), roi_percent=20.0, cost=9)
    Alert.objects.create(owner=anne.user, pick=pick, reason="crossed", created_at=NOW)
    text = text_of(anne, f"{PAGE}{pick.pk}/")
    assert "Seen 2 times since" in text
    assert text.count('<path class="line') == 3  # sell price, purchase price, ROI
    assert text.count("20%") >= 1
    assert "Alerts sent about it" in text
    assert "What the classes mean" in text


def test_a_pick_without_a_cost_has_a_page_too(anne: Any) -> None:
    nothing = dict.fromkeys(("cost", "price", "profit", "roi_percent", "offers", "bsr"))
    pick = build_pick(owner=anne.user, cost_kind="", cost_source="", quantity=None, **nothing)
    text_of(anne, f"{PAGE}{pick.pk}/")
    assert "data-asin" in text_of(anne)
