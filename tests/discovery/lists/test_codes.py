"""A list whose codes stand for several products, for lots, for one product twice, or for none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from discovery.accounts.members import change_role
from discovery.accounts.roles import Role
from discovery.lists.reading.reader import read_list
from discovery.lists.service import create_list, start_list
from discovery.models import CodeChoice, ProductCode, Run, RunLine
from discovery.profiles.service import active_profile, ensure_shipped_profiles
from discovery.runs.worker import work_on
from discovery.search.quote import quote_list
from tests.discovery.shelf import Shelf, shelved, sold

pytestmark = pytest.mark.django_db(transaction=True)

Visitor = Callable[..., Any]
State = RunLine.State
EAN, OTHER, THIRD = "3700000000129", "3700000000235", "3700000000341"
UNIT, LOT, DEAD = "B0UNIT0001", "B0ALOT0001", "B0ADEAD001"


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    ensure_shipped_profiles()
    unit = sold(UNIT, "Savon noir 200 g", EAN, price=2490, rank=9_000, items=1)
    lot = sold(LOT, "Savon noir 200 g - lot de 12", EAN, price=19900, rank=4_000, items=12)
    dead = sold(DEAD, "Savon noir 200 g (ancienne étiquette)", EAN)
    with shelved(lot, dead, unit) as shelf:
        yield shelf


def kept(owner: User, text: str) -> Run:
    read = read_list(text, currency="EUR")
    return create_list(owner=owner, name="Savons", read=read, marketplace="fr")


def analysed(owner: User, text: str) -> Run:
    listed = start_list(run=kept(owner, text), profile=active_profile(), marketplace="fr")
    return worked(listed)


def worked(listed: Run) -> Run:
    work_on(run_id=listed.pk)
    listed.refresh_from_db()
    return listed


def only(listed: Run) -> RunLine:
    return listed.lines.get()


def flags(line: RunLine) -> set[str]:
    assert line.breakdown is not None
    return {flag["code"] for flag in line.breakdown["score"]["flags"]}


def say(visitor: Any, line: RunLine, **said: str) -> Any:
    return visitor.post(f"/listes/{line.run_id}/lignes/{line.pk}/choisir/", said)


def page(visitor: Any, listed: Run) -> str:
    answer = visitor.get(f"/listes/{listed.pk}/", headers={"accept-language": "en"})
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return " ".join(text.replace("\xa0", " ").replace("\u202f", " ").split())


class TestSeveralProducts:
    def test_the_unit_is_taken_and_each_candidate_compared_at_its_own_cost(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        line = only(analysed(client_of("anne").user, f"EAN;PA\n{EAN};1,90"))
        assert (line.asin, line.landed_cost) == (UNIT, Decimal("1.90"))
        unit, lot, dead = line.candidates
        assert (unit["asin"], unit["landed_cost"]) == (UNIT, "1.90")
        assert (lot["asin"], lot["pack_size"], lot["landed_cost"]) == (LOT, 12, "22.80")
        assert (dead["asin"], dead["is_alive"], dead["profit"]) == (DEAD, False, None)
        assert unit["profit"] == f"{line.profit:f}"

    def test_it_is_never_a_buy_until_somebody_has_chosen(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        anne = client_of("anne")
        line = only(analysed(anne.user, f"EAN;PA\n{EAN};1,90"))
        assert line.verdict == "CONSIDER"
        assert "ambiguous_code" in flags(line)
        say(anne, line, asin=UNIT)
        line.refresh_from_db()
        assert line.verdict in ("BUY", "STRONG_BUY")
        assert "ambiguous_code" not in flags(line)

    def test_the_choice_is_scored_for_nothing_and_used_by_the_next_list(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        anne = client_of("anne")
        line = only(analysed(anne.user, f"EAN;PA;Qté\n{EAN};1,90;30"))
        charged = shelf.charged
        answer = say(anne, line, asin=LOT, query="sort=title&dir=asc")
        assert answer["Location"] == f"/listes/{line.run_id}/?sort=title&dir=asc#results"
        line.refresh_from_db()
        assert shelf.charged == charged
        assert (line.asin, line.landed_cost) == (LOT, Decimal("22.80"))
        assert (line.quantity, line.lots) == (30, 2)  # six units fill no third lot
        again = only(analysed(anne.user, f"{EAN};1,90;12"))
        assert (again.asin, again.landed_cost, again.lots) == (LOT, Decimal("22.80"), 1)
        assert "ambiguous_code" not in flags(again)

    def test_the_choice_may_be_that_the_cost_is_for_the_whole_lot(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        anne = client_of("anne")
        line = only(analysed(anne.user, f"EAN;PA\n{EAN};22,80"))
        say(anne, line, asin=LOT)
        line.refresh_from_db()
        assert line.landed_cost == Decimal("273.60")
        say(anne, line, units="12")
        line.refresh_from_db()
        assert (line.asin, line.landed_cost) == (LOT, Decimal("22.80"))

    def test_the_page_shows_them_and_lets_choose(self, client_of: Visitor, shelf: Shelf) -> None:
        anne = client_of("anne")
        listed = analysed(anne.user, f"EAN;PA\n{EAN};1,90")
        text = page(anne, listed)
        assert "3 products for this code" in text
        for asin in (UNIT, LOT, DEAD):
            assert f'name="asin" value="{asin}"' in text
        assert "lot of 12" in text
        assert "22.80" in text
        assert "nobody sells it" in text
        say(anne, only(listed), asin=LOT)
        text = page(anne, listed)
        assert "your choice" in text
        assert "12 × €1.90" in text

    def test_only_the_owner_chooses_and_only_among_the_candidates(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        anne = client_of("anne")
        line = only(analysed(anne.user, f"EAN;PA\n{EAN};1,90"))
        assert say(anne, line, asin="B0ELSEWHER").status_code == 404
        assert anne.get(f"/listes/{line.run_id}/lignes/{line.pk}/choisir/").status_code == 405
        assert say(client_of("bob"), line, asin=LOT).status_code == 404
        change_role(member=client_of("anne").user, role=Role.VIEWER)
        assert say(client_of("anne"), line, asin=LOT).status_code == 403
        assert not CodeChoice.objects.exists()

    def test_nobody_pays_more_than_the_quote_said(self, client_of: Visitor, shelf: Shelf) -> None:
        anne = client_of("anne").user
        listed = kept(anne, f"EAN;PA\n{EAN};1,90\n{OTHER};2")
        quoted = quote_list(run=listed, profile=active_profile(), marketplace="fr")
        assert (quoted.lookup_tokens, quoted.candidate_tokens) == (2, 4)
        listed = worked(start_list(run=listed, profile=active_profile(), marketplace="fr"))
        assert quoted.total <= listed.tokens_spent == shelf.charged <= quoted.most
        again = kept(anne, f"EAN;PA\n{EAN};1,90\n{OTHER};2")
        assert quote_list(run=again, profile=active_profile(), marketplace="fr").is_free


class TestLots:
    def test_a_cost_is_asked_about_and_the_answer_remembered(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        anne = client_of("anne")
        line = only(analysed(anne.user, f"ASIN;PA\n{LOT};22,80"))
        assert "pack_cost" in flags(line)
        assert line.verdict == "CONSIDER"
        assert "What is your cost for?" in page(anne, line.run)
        say(anne, line, units="12")
        line.refresh_from_db()
        assert (line.landed_cost, "pack_cost" in flags(line)) == (Decimal("22.80"), False)
        assert line.verdict in ("BUY", "STRONG_BUY")
        again = only(analysed(anne.user, f"ASIN;PA\n{LOT};23"))
        assert "pack_cost" not in flags(again)
        assert again.landed_cost == Decimal(23)

    def test_a_unit_cost_is_multiplied_in_words(self, client_of: Visitor, shelf: Shelf) -> None:
        anne = client_of("anne")
        line = only(analysed(anne.user, f"ASIN;PA\n{LOT};1,90"))
        say(anne, line, units="1")
        line.refresh_from_db()
        assert line.landed_cost == Decimal("22.80")
        assert "12 × €1.90, €22.80 landed" in page(anne, line.run)

    def test_nonsense_for_units_says_nothing(self, client_of: Visitor, shelf: Shelf) -> None:
        anne = client_of("anne")
        line = only(analysed(anne.user, f"ASIN;PA\n{LOT};22,80"))
        for nonsense in ("0", "-3", "twelve", "²", "99999999"):
            say(anne, line, units=nonsense)
            line.refresh_from_db()
            assert line.cost_units is None

    def test_the_product_page_asks_too(self, client_of: Visitor, shelf: Shelf) -> None:
        anne = client_of("anne")
        analysed(anne.user, f"ASIN\n{LOT}")
        address = f"/produits/fr/{LOT}/"
        unsaid = anne.get(f"{address}?cost=1.90", headers={"accept-language": "en"})
        assert 'name="units"' in unsaid.content.decode()
        said = anne.get(f"{address}?cost=1.90&units=1", headers={"accept-language": "en"})
        assert "€22.80 landed" in said.content.decode().replace("\xa0", " ")


class TestOneProductUnderSeveralCodes:
    @pytest.fixture(autouse=True)
    def candle(self, shelf: Shelf) -> None:
        page = sold("B0CANDLE01", "Bougie", OTHER, THIRD, price=2490, rank=9_000, items=1)
        shelf.products.append(page)

    def test_lines_that_turn_out_to_be_one_product_are_one(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        anne = client_of("anne")
        listed = analysed(anne.user, f"Code;PA;Qté\nB0CANDLE01;8,00;4\n{OTHER};8,20;6\n{THIRD};8;")
        line = only(listed)
        assert (line.asin, line.quantity, line.also) == ("B0CANDLE01", 11, [3, 4])
        assert line.cost == Decimal("8.1091")  # (4 × 8 + 6 × 8.20 + 8) / 11
        assert (listed.total, listed.done, listed.merged) == (1, 1, 2)
        text = page(anne, listed)
        assert "Lines 2, 3, 4 are this one product." in text
        assert "4 × €8.00, 6 × €8.20, 1 × €8.00" in text

    def test_it_is_paid_for_once(self, client_of: Visitor, shelf: Shelf) -> None:
        listed = analysed(client_of("anne").user, f"{OTHER};8;1\n{THIRD};8;2")
        assert only(listed).cost == Decimal(8)
        assert listed.tokens_spent == shelf.charged <= 2 + 3  # two codes, one Buy Box

    def test_a_line_already_analysed_is_analysed_anew_with_the_later_one(
        self, client_of: Visitor, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("discovery.runs.worker.BATCH", 1)
        listed = analysed(client_of("anne").user, f"B0CANDLE01;8,00;4\n{OTHER};8,20;6")
        line = only(listed)
        assert (line.cost, line.quantity, line.state) == (Decimal("8.12"), 10, State.SCORED)
        assert line.landed_cost == Decimal("8.12")
        assert (listed.total, listed.done) == (1, 1)


class TestUnknownCodes:
    def test_the_page_says_since_when_and_asks_again_for_its_price(
        self, client_of: Visitor, shelf: Shelf
    ) -> None:
        anne = client_of("anne")
        listed = analysed(anne.user, f"{OTHER};8;1\n{UNIT};8;1")
        ProductCode.objects.filter(code=OTHER).update(
            resolved_at=timezone.now() - timedelta(days=12)
        )
        listed = analysed(anne.user, f"{OTHER};8;1\n{UNIT};8;1")
        text = page(anne, listed)
        assert "Asked on" in text
        assert "Ask for these codes again (1 token)" in text
        shelf.products.append(sold("B0CANDLE01", "Bougie", OTHER, price=2490, rank=9, items=1))
        charged = shelf.charged
        anne.post(f"/listes/{listed.pk}/redemander/")
        listed = worked(listed)
        assert listed.lines.get(code=OTHER).asin == "B0CANDLE01"
        assert (listed.state, listed.total, listed.done) == (Run.State.DONE, 2, 2)
        assert shelf.charged - charged <= 1 + 3
        assert "Ask for these codes again" not in page(anne, listed)

    def test_there_may_be_nothing_to_ask(self, client_of: Visitor, shelf: Shelf) -> None:
        anne = client_of("anne")
        listed = analysed(anne.user, f"{UNIT};8;1")
        anne.post(f"/listes/{listed.pk}/redemander/")
        listed.refresh_from_db()
        assert listed.state == Run.State.DONE
        assert client_of("bob").post(f"/listes/{listed.pk}/redemander/").status_code == 404
