"""Answers that were not scored alike are not compared as they are, but scored again with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from discovery.models import BusinessProfile, KeepaProduct, Run, RunLine, TokenLedgerEntry
from discovery.profiles.service import copy_profile, ensure_shipped_profiles
from discovery.runs import rescoring
from discovery.runs.queries import standings_of
from discovery.runs.rescoring import rescore
from discovery.scoring import EQUILIBRE, Condition, CostBasis, FoundCost, Profile, VatBasis
from discovery.scoring.shipped_profiles import PRUDENT
from tests.discovery.builders import FINISHED, prices, scored_product
from tests.discovery.products.test_pages import stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("season_of_the_answers")]

Visitor = Callable[..., Any]
ASIN = "B000000001"
USED = replace(EQUILIBRE, condition=Condition.USED)


@pytest.fixture(autouse=True)
def shipped(db: None) -> None:
    ensure_shipped_profiles()


def answer(owner: User, *products: Any, profile: Profile = EQUILIBRE, **changes: Any) -> Run:
    kind = changes.pop("kind", "search")
    revision = {EQUILIBRE: 1, PRUDENT: 2}.get(profile, 3)
    known: dict[str, Any] = {
        "profile_revision": revision,
        "profile_settings": profile.to_settings(),
        "outcome": {"profile": {"slug": "equilibre", "revision": revision}},
    }
    return FINISHED[kind](owner=owner, products=[*products], **known | changes)


def at(price: str, *, asin: str = ASIN, cost: str | None = "12.00", **changes: Any) -> Any:
    sold = {"buy_box": prices(price), "new_fba": prices(price)}
    return scored_product(asin=asin, title=f"Book {asin}", cost=cost, **sold | changes)


@pytest.fixture
def anne() -> User:
    return User.objects.create_user("anne")


# --- the service ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["search", "list"])
@pytest.mark.parametrize("cost", ["12.00", "29.00", None])
def test_scored_again_with_its_own_profile_an_answer_says_what_it_said(
    anne: User, kind: str, cost: str | None
) -> None:
    stored(ASIN)
    run = answer(anne, at("30.00", cost=cost), kind=kind)
    again = rescore(before=run, after=run, profile=EQUILIBRE)
    assert list(again.after) == standings_of(run=run)
    assert (again.products, again.unknown, again.beyond, again.at_todays_price) == (1, 0, 0, 0)


def test_a_cost_found_elsewhere_is_scored_again_with_its_product(anne: User) -> None:
    stored(ASIN)
    abroad = FoundCost(
        basis=CostBasis.EUROPE, amount=Decimal("12.00"), vat=VatBasis.INCLUDED, source="de"
    )
    run = answer(anne, at("30.00", cost=None, found=abroad))
    again = rescore(before=run, after=run, profile=EQUILIBRE)
    assert list(again.after) == standings_of(run=run)
    (there,) = again.after
    (own,) = rescore(before=run, after=answer(anne, at("30.00")), profile=EQUILIBRE).after
    assert there.roi_percent == own.roi_percent


def test_price_rank_and_offers_are_those_that_each_answer_recorded(anne: User) -> None:
    stored(ASIN, buy_box=prices("99.00"), bsr=5)
    before = answer(anne, at("30.00", bsr=12_000))
    after = answer(anne, at("40.00", bsr=20_000))
    again = rescore(before=before, after=after, profile=PRUDENT)
    (was,), (now,) = again.before, again.after
    assert (was.price, now.price) == (Decimal("30.00"), Decimal("40.00"))
    assert (was.bsr, now.bsr) == (12_000, 20_000)
    assert was.roi_percent is not None
    assert now.roi_percent is not None
    assert was.roi_percent < now.roi_percent


def test_a_price_of_a_less_telling_series_stands_though_a_better_one_is_known_today(
    anne: User,
) -> None:
    stored(ASIN, buy_box=prices("99.00"))
    none = prices("30.00")._replace(current=None, avg30=None, avg90=None, avg180=None, avg365=None)
    run = answer(anne, scored_product(asin=ASIN, cost="12.00", buy_box=none))
    assert rescore(before=run, after=run, profile=EQUILIBRE).after[0].price == Decimal("30.00")


def test_both_are_judged_by_the_same_rules(anne: User) -> None:
    stored(ASIN)
    lenient = scored_product(asin=ASIN, cost="14.00", profile=EQUILIBRE)
    strict = scored_product(asin=ASIN, cost="14.00", profile=PRUDENT)
    assert lenient.score.shown_verdict is not strict.score.shown_verdict
    runs = {"before": answer(anne, lenient), "after": answer(anne, strict, profile=PRUDENT)}
    for profile, expected in ((EQUILIBRE, lenient), (PRUDENT, strict)):
        again = rescore(**runs, profile=profile)
        assert again.before[0].verdict is again.after[0].verdict is expected.score.shown_verdict


def test_a_used_copy_is_scored_at_todays_price_and_that_is_counted(anne: User) -> None:
    stored(ASIN, used=prices("20.00"))
    run = answer(anne, at("30.00"))
    again = rescore(before=run, after=run, profile=USED)
    assert again.after[0].price == Decimal("20.00")
    assert again.at_todays_price == 1


def test_products_of_which_nothing_is_stored_are_left_out_of_both_and_counted(anne: User) -> None:
    stored(ASIN)
    before = answer(anne, at("30.00"), at("30.00", asin="B000000002"))
    after = answer(anne, at("30.00"))
    KeepaProduct.objects.create(
        marketplace="us", asin="B000000002", facts={}, finder_values={}, history={},
        has_buy_box=False, is_usable=False, fetched_at=before.created_at,
    )  # fmt: skip
    again = rescore(before=before, after=after, profile=EQUILIBRE)
    assert [one.asin for one in again.before] == [ASIN]
    assert (again.products, again.unknown) == (1, 1)


def test_long_lists_are_scored_as_far_as_the_limit_in_both_alike(
    anne: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "MOST_PRODUCTS", 2)
    asins = [f"B00000000{number}" for number in range(4)]
    for asin in asins:
        stored(asin)
    before = answer(anne, *(at("30.00", asin=asin) for asin in asins), kind="list")
    after = answer(anne, *(at("30.00", asin=asin) for asin in reversed(asins)), kind="list")
    again = rescore(before=before, after=after, profile=EQUILIBRE)
    assert (again.products, again.beyond) == (2, 2)
    held = [{one.asin for one in side} for side in (again.before, again.after)]
    assert held[0] == held[1]
    assert len(held[0]) == 2


# --- the page -------------------------------------------------------------------------------------


def page_of(visitor: Any, run: Run, query: str = "") -> str:
    visitor.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = visitor.get(f"{run.get_absolute_url()}comparer/{query}")
    assert page.status_code == 200
    text: str = page.content.decode()
    return text


def two_profiles(owner: User, **changes: Any) -> Run:
    """The later of two answers: the price has risen, and the profile became stricter."""
    stored(ASIN)
    answer(owner, scored_product(asin=ASIN, cost="14.00"), **changes)
    dearer: dict[str, Any] = {"buy_box": prices("31.00"), "new_fba": prices("31.00")}
    return answer(
        owner,
        scored_product(asin=ASIN, cost="14.00", profile=PRUDENT, **dearer),
        profile=PRUDENT,
        **changes,
    )


@pytest.mark.parametrize("kind", ["search", "list"])
def test_verdicts_of_two_profiles_are_not_compared_and_prices_are(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of("anne")
    text = page_of(anne, two_profiles(anne.user, kind=kind))
    assert "not scored with the same profile" in text
    assert "they are not compared" in text
    assert 'data-kind="prices"' in text
    assert 'data-kind="verdicts"' not in text
    assert 'data-kind="moves"' not in text
    assert "Nothing changed" not in text
    offered = {part.split("&amp;")[0].split('"')[0] for part in text.split("?scored=")[1:]}
    assert offered == {"before", "after", "now"} - {"now"}  # the profile is as it was at first


@pytest.mark.parametrize("kind", ["search", "list"])
def test_both_are_scored_again_with_the_profile_chosen_and_nothing_stored_changes(
    client_of: Visitor, kind: str
) -> None:
    anne = client_of("anne")
    run = two_profiles(anne.user, kind=kind)
    before = list(RunLine.objects.order_by("pk").values())
    for chosen in ("before", "after"):
        text = page_of(anne, run, f"?scored={chosen}")
        assert "Both answers are scored again with" in text
        assert 'aria-current="true"' in text.split('id="unlike"')[1].split("</div>")[0]
        assert 'data-kind="moves"' in text
        # The price has risen: with one profile, nothing got worse.
        assert ">worse<" not in text
        assert 'data-kind="prices"' in text
    assert list(RunLine.objects.order_by("pk").values()) == before
    assert not TokenLedgerEntry.objects.exists()
    assert "they are not compared" in page_of(anne, run, "?scored=nonsense")


def test_what_is_left_out_is_said_on_the_page(client_of: Visitor) -> None:
    anne = client_of("anne")
    answer(anne.user, at("30.00"))
    strict = at("30.00", asin="B000000002", profile=PRUDENT)
    run = answer(anne.user, strict, profile=PRUDENT)
    text = page_of(anne, run, "?scored=after")
    assert "2 products are left out: nothing is stored of them any more." in text


def test_another_version_of_the_engine_is_not_compared_either(client_of: Visitor) -> None:
    anne = client_of("anne")
    old = at("30.00")
    older = replace(old.score, engine_version="1.1", profile_fingerprint="of then")
    answer(anne.user, replace(old, score=older))
    text = page_of(anne, answer(anne.user, at("30.00")))
    assert "not scored by the same version of the engine: 1.1 and" in text
    assert text.count("?scored=") == 1  # the settings are the same


def test_answers_scored_alike_are_compared_as_they_are(client_of: Visitor) -> None:
    anne = client_of("anne")
    answer(anne.user, at("30.00"))
    text = page_of(anne, answer(anne.user, at("40.00")), "?scored=after")
    assert 'id="unlike"' not in text
    assert "scored again" not in text
    assert 'data-kind="moves"' in text


def test_a_copy_of_a_profile_scores_alike_until_it_is_changed(client_of: Visitor) -> None:
    anne = client_of("anne")
    default = BusinessProfile.objects.get(is_default=True)
    answer(anne.user, at("30.00"))
    run = answer(anne.user, at("40.00"))
    copied = copy_profile(profile=default, name="Of Anne", owner=anne.user)
    outcome = (run.outcome or {}) | {"profile": [copied.slug, 1]}
    Run.objects.filter(pk=run.pk).update(profile=copied, outcome=outcome)
    assert 'id="unlike"' not in page_of(anne, run)


def test_prices_read_by_other_rules_are_not_compared(client_of: Visitor) -> None:
    anne = client_of("anne")
    answer(anne.user, at("30.00"))
    used = scored_product(asin=ASIN, cost="5.00", profile=USED, used=prices("20.00"))
    assert used.score.sell_price == Decimal("20.00")
    text = page_of(anne, answer(anne.user, used, profile=USED))
    assert 'data-kind="prices"' not in text
    assert "No product came or went." in text


def test_the_present_state_of_somebody_elses_profile_is_not_offered(client_of: Visitor) -> None:
    paul = User.objects.create_user("paul")
    default = BusinessProfile.objects.get(is_default=True)
    private = copy_profile(profile=default, name="Of Paul", owner=paul)
    BusinessProfile.objects.filter(pk=private.pk).update(settings=USED.to_settings())
    private.refresh_from_db()
    answer(paul, at("30.00"), shared=True, profile=EQUILIBRE)
    run = answer(paul, at("30.00", profile=PRUDENT), shared=True, profile=PRUDENT)
    Run.objects.update(profile=private)
    assert "?scored=now" not in page_of(client_of("anne"), run)
    browser = client_of("paul")
    assert "?scored=now" in page_of(browser, run)


def test_more_products_scored_again_need_no_more_statements(client_of: Visitor) -> None:
    anne, counts = client_of("anne"), []
    for count in (2, 20):
        Run.objects.all().delete()
        asins = [f"B{count:04}{number:05}" for number in range(count)]
        for asin in asins:
            stored(asin)
        answer(anne.user, *(at("30.00", asin=asin) for asin in asins))
        run = answer(anne.user, *(at("40.00", asin=asin) for asin in asins), profile=PRUDENT)
        page_of(anne, run, "?scored=after")
        with CaptureQueriesContext(connection) as seen:
            page_of(anne, run, "?scored=after")
        counts.append(len(seen))
    assert counts[0] == counts[1]
