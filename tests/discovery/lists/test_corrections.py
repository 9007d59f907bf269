"""A list is confirmed as it was understood: corrected, read again, and nothing is spent before."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ
from openpyxl import Workbook

from discovery.lists.reading.model import NO_COLUMN, Corrections, DoubtCode
from discovery.lists.service import (
    SOURCE_KEPT,
    UnansweredDoubts,
    correct_list,
    corrections_of,
    reading_of,
    source_of,
    start_list,
)
from discovery.models import BusinessProfile, ListSource, Run, RunLine, TokenLedgerEntry
from discovery.profiles.service import active_profile, ensure_shipped_profiles, save_profile
from discovery.scoring import VatBasis
from discovery.tasks import forget_list_sources

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
State = Run.State
CHOSEN = {"marketplace": "fr", "profile": "equilibre"}
# Two prices, one of them before VAT, and the number of units in a case.
CATALOGUE = (
    "Tarif revendeurs;;;;\n"
    "ASIN;Désignation;PA HT;PVC TTC;Stock\n"
    "B00000000A;Tasse;6,40;14,90;5\n"
    "B00000000B;Bol;7,25;19,90;2\n"
)
CASES = "ASIN;Prix du colis HT;Colisage\nB00000000A;36,00;12\nB00000000B;20,00;8\n"
DOLLARS = "ASIN;Cost\nB00000000A;$12.00\nB00000000B;$8.50\n"


@pytest.fixture
def anne(client_of: Visitor) -> Any:
    ensure_shipped_profiles()
    return client_of("anne")


def given(visitor: Any, content: str | bytes, name: str = "tarif.csv") -> Run:
    """The draft of a file sent to the French marketplace."""
    sent = content.encode() if isinstance(content, str) else content
    visitor.post("/listes/ajouter/", {"text": "", "file": SimpleUploadedFile(name, sent)})
    return Run.objects.filter(owner=visitor.user).latest("created_at")


def plain(content: bytes) -> str:
    return content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def corrected(visitor: Any, listed: Run, **said: object) -> Any:
    return visitor.post(f"/listes/{listed.pk}/relire/", CHOSEN | said, follow=True)


def started(visitor: Any, listed: Run, **said: object) -> Any:
    return visitor.post(f"/listes/{listed.pk}/lancer/", CHOSEN | said)


def rows_of(page: bytes) -> list[str]:
    """The rows as they are understood, their cells joined."""
    (body,) = re.findall(
        r'class="data-table understood">.*?<tbody>(.*?)</tbody>', plain(page), re.S
    )
    return [
        " | ".join(re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row))
        for row in re.findall(r"<tr.*?</tr>", body, re.S)
    ]


def costs_of(listed: Run) -> list[tuple[str, Decimal | None, str]]:
    return [(line.asin, line.cost, line.cost_vat) for line in listed.lines.order_by("position")]


class TestWhatWasUnderstood:
    def test_the_first_rows_are_shown_with_cost_vat_and_pack(self, anne: Any) -> None:
        page = anne.get(f"/listes/{given(anne, CASES).pk}/").content
        first, second = rows_of(page)
        assert first.startswith("B00000000A | 36,00 / 12 | 3,00 € HT | —")
        assert second.startswith("B00000000B | 20,00 / 8 | 2,50 € HT | —")
        assert not TokenLedgerEntry.objects.exists()

    def test_what_nothing_says_is_shown_as_the_profile_says(self, anne: Any) -> None:
        listed = given(anne, "ASIN;Prix d’achat\nB00000000A;9,00\n")
        assert "9,00 € TTC" in rows_of(anne.get(f"/listes/{listed.pk}/").content)[0]
        profile = BusinessProfile.objects.get(is_default=True)
        save_profile(profile=profile, settings={"cost_vat": "excl"}, saved_by=None)
        assert "9,00 € HT" in rows_of(anne.get(f"/listes/{listed.pk}/").content)[0]
        started(anne, listed)
        listed.refresh_from_db()
        assert listed.state == State.QUEUED
        assert costs_of(listed) == [("B00000000A", Decimal(9), "excl")]

    def test_in_english_too(self, anne: Any) -> None:
        listed = given(anne, CASES)
        anne.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        page = anne.get(f"/listes/{listed.pk}/").content
        assert "€3.00 excl. VAT" in rows_of(page)[0]
        assert b"The first rows, as they are understood" in page

    def test_a_list_without_its_source_can_still_be_started(self, anne: Any) -> None:
        listed = given(anne, CASES)
        ListSource.objects.all().delete()
        assert b'id="correct"' not in anne.get(f"/listes/{listed.pk}/").content
        started(anne, listed)
        listed.refresh_from_db()
        assert listed.state == State.QUEUED


class TestCorrecting:
    def test_another_column_is_the_cost(self, anne: Any) -> None:
        listed = given(anne, CATALOGUE)
        assert [cost for _asin, cost, _vat in costs_of(listed)] == [Decimal("6.4"), Decimal("7.25")]
        page = corrected(anne, listed, cost="3").content
        assert "14,90 € TTC" in rows_of(page)[0]
        assert [cost for _asin, cost, _vat in costs_of(listed)] == [
            Decimal("14.9"),
            Decimal("19.9"),
        ]
        corrected(anne, listed, cost=str(NO_COLUMN))
        assert [cost for _asin, cost, _vat in costs_of(listed)] == [None, None]
        corrected(anne, listed)  # said no more: as the reader understands it
        assert costs_of(listed)[0][1] is None
        corrected(anne, listed, cost="")
        assert costs_of(listed)[0][1] == Decimal("6.4")

    def test_columns_of_one_heading_are_told_apart(self, anne: Any) -> None:
        listed = given(anne, "ASIN;Prix;Prix\nB00000000A;12,00;25,00\nB00000000B;13,00;44,00\n")
        page = plain(anne.get(f"/listes/{listed.pk}/").content)
        assert "Prix (colonne 2)" in page
        assert "Prix (colonne 3)" in page
        corrected(anne, listed, cost="2")
        assert costs_of(listed)[0][1] == Decimal(25)

    def test_vat_and_unit_are_the_owners_to_say(self, anne: Any) -> None:
        listed = given(anne, CASES)
        assert (
            "36,00 € TTC"
            in rows_of(corrected(anne, listed, cost_vat="incl", pack_priced="unit").content)[0]
        )
        assert costs_of(listed)[0] == ("B00000000A", Decimal(36), "incl")
        source = source_of(run=listed)
        assert source is not None
        assert corrections_of(source) == Corrections(vat=VatBasis.INCLUDED, pack_priced=False)

    def test_the_row_of_headings_can_be_said_and_forgets_the_columns(self, anne: Any) -> None:
        listed = given(anne, CATALOGUE)
        corrected(anne, listed, cost="3")
        corrected(anne, listed, cost="3", heading_row="2")
        source = source_of(run=listed)
        assert source is not None
        assert corrections_of(source) == Corrections(heading_row=2)

    def test_a_sheet_can_be_chosen(self, anne: Any) -> None:
        book = Workbook()
        for name, cost in (("Jouets", 5), ("Déstockage", 2)):
            sheet = book.create_sheet(name)
            sheet.append(["EAN", "Réf.", "Prix HT"])
            sheet.append(["3760001234503", "J1", cost])
        del book["Sheet"]
        content = io.BytesIO()
        book.save(content)
        listed = given(anne, content.getvalue(), "stock.xlsx")
        corrected(anne, listed, sheet="Déstockage")
        listed.refresh_from_db()
        assert [cost for _asin, cost, _vat in costs_of(listed)] == [Decimal(2)]
        assert listed.columns["sheet"] == "Déstockage"

    def test_htmx_gets_the_page_anew_and_a_browser_without_it_is_sent_back(self, anne: Any) -> None:
        listed = given(anne, CATALOGUE)
        address = f"/listes/{listed.pk}/relire/"
        by_htmx = anne.post(address, CHOSEN | {"cost": "3"}, headers={"HX-Request": "true"})
        assert by_htmx.status_code == 200
        assert "14,90 € TTC" in rows_of(by_htmx.content)[0]
        without = anne.post(address, CHOSEN | {"cost": "2"})
        assert without["Location"] == f"/listes/{listed.pk}/"

    @pytest.mark.parametrize(
        "nonsense",
        [
            {"cost": "99"},
            {"cost": "PA HT"},
            {"identifier": "-1"},
            {"cost_vat": "both"},
            {"pack_priced": "dozen"},
            {"currency": "DOUBLOON"},
            {"rate": "-1"},
            {"rate": "zéro"},
            {"heading_row": "2,5"},
            {"marketplace": "mars"},
            {"profile": "somebody-elses"},
        ],
    )
    def test_nonsense_is_refused_beside_its_field_and_changes_nothing(
        self, anne: Any, nonsense: dict[str, str]
    ) -> None:
        listed = given(anne, CATALOGUE)
        before = costs_of(listed)
        for address in ("relire", "lancer"):
            answer = anne.post(f"/listes/{listed.pk}/{address}/", CHOSEN | nonsense)
            assert answer.status_code == 422
            assert b'class="errors"' in answer.content
        assert costs_of(listed) == before
        assert not OrmQ.objects.exists()

    def test_what_cannot_be_read_that_way_is_explained(self, anne: Any) -> None:
        listed = given(anne, CATALOGUE)
        before = costs_of(listed)
        answer = anne.post(f"/listes/{listed.pk}/relire/", CHOSEN | {"heading_row": "9000"})
        assert answer.status_code in {302, 422}
        if answer.status_code == 422:
            assert b'role="alert"' in answer.content
            assert costs_of(listed) == before

    def test_nobody_else_may_read_or_correct_it(self, anne: Any, client_of: Visitor) -> None:
        listed = given(anne, CATALOGUE)
        bob = client_of("bob")
        assert bob.get(f"/listes/{listed.pk}/").status_code == 404
        for address in ("relire", "lancer"):
            assert bob.post(f"/listes/{listed.pk}/{address}/", CHOSEN).status_code == 404

    def test_as_many_statements_for_many_lines_as_for_few(self, anne: Any) -> None:
        def asked(lines: int) -> int:
            rows = "".join(f"B{number:09};{number + 1},50\n" for number in range(lines))
            listed = given(anne, f"ASIN;Prix HT\n{rows}")
            anne.get(f"/listes/{listed.pk}/")
            with CaptureQueriesContext(connection) as seen:
                anne.get(f"/listes/{listed.pk}/")
                corrected(anne, listed, cost_vat="incl")
            return len(seen)

        assert asked(3) == asked(300)


class TestCurrencies:
    def test_another_currency_blocks_until_its_rate_is_confirmed(self, anne: Any) -> None:
        listed = given(anne, DOLLARS)
        page = anne.get(f"/listes/{listed.pk}/").content
        assert b"USD" in page
        assert started(anne, listed).status_code == 422
        assert not OrmQ.objects.exists()
        assert not listed.lines.filter(state=RunLine.State.PENDING).exists()

        corrected(anne, listed, rate="0,92")
        assert costs_of(listed)[0][:2] == ("B00000000A", Decimal("11.04"))
        assert started(anne, listed, rate="0,92").status_code == 302
        listed.refresh_from_db()
        assert listed.state == State.QUEUED
        assert (listed.columns["rate"], listed.columns["currency"]) == ("0.92", "USD")
        assert "1 USD = 0,92 EUR" in plain(anne.get(f"/listes/{listed.pk}/").content)

    def test_a_rate_that_converts_nothing_is_not_shown(self, anne: Any) -> None:
        listed = given(anne, CATALOGUE)
        corrected(anne, listed, currency="USD", rate="0,92")
        assert "1 USD = 0,92 EUR" in plain(anne.get(f"/listes/{listed.pk}/").content)
        corrected(anne, listed, currency="EUR", rate="0,92")
        page = plain(anne.get(f"/listes/{listed.pk}/").content)
        assert "0,92 EUR" not in page
        assert costs_of(listed)[0][1] == Decimal("6.4")

    def test_where_they_are_the_marketplaces_own_there_is_no_question(self, anne: Any) -> None:
        listed = given(anne, DOLLARS)
        american = {"marketplace": "us", "profile": "equilibre"}
        assert anne.post(f"/listes/{listed.pk}/lancer/", american).status_code == 302
        listed.refresh_from_db()
        assert (listed.state, listed.marketplace) == (State.QUEUED, "us")
        assert [cost for _asin, cost, _vat in costs_of(listed)] == [Decimal(12), Decimal("8.5")]

    def test_the_service_refuses_by_itself(self, anne: Any) -> None:
        listed = given(anne, DOLLARS)
        with pytest.raises(UnansweredDoubts) as refused:
            start_list(run=listed, profile=active_profile(), marketplace="fr")
        assert [doubt.code for doubt in refused.value.doubts] == [DoubtCode.FOREIGN_CURRENCY]
        source = source_of(run=listed)
        assert source is not None
        assert reading_of(source).doubts == refused.value.doubts


class TestStarting:
    def test_corrections_nobody_has_seen_read_are_shown_first(self, anne: Any) -> None:
        listed = given(anne, CATALOGUE)
        started(anne, listed, cost="3")
        listed.refresh_from_db()
        assert listed.state == State.DRAFT
        assert costs_of(listed)[0][1] == Decimal("14.9")
        started(anne, listed, cost="3")
        listed.refresh_from_db()
        assert listed.state == State.QUEUED

    def test_the_source_is_forgotten_and_the_reading_stays(self, anne: Any) -> None:
        listed = given(anne, CASES)
        started(anne, listed)
        assert not ListSource.objects.exists()
        page = plain(anne.get(f"/listes/{listed.pk}/").content)
        for fact in ("Prix du colis HT", "coûts HT", "unités par carton : Colisage"):
            assert fact in page
        again = correct_list(run=listed, corrections=Corrections(cost=2), marketplace="fr")
        assert again.columns == listed.columns | {"cost_vat": "excl"}

    def test_rows_without_a_code_are_counted(self, anne: Any) -> None:
        listed = given(anne, f"{CATALOGUE}Total;;13,65;;\n")
        started(anne, listed)
        listed.refresh_from_db()
        assert listed.columns["ignored"] > 0
        anne.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        sentence = f"{listed.columns['ignored']} rows without a code left out"
        assert sentence in plain(anne.get(f"/listes/{listed.pk}/").content)

    def test_a_source_is_not_kept_for_ever(self, anne: Any) -> None:
        given(anne, CASES)
        old = given(anne, CATALOGUE)
        ListSource.objects.filter(run=old).update(
            created_at=timezone.now() - SOURCE_KEPT - timedelta(hours=1)
        )
        assert forget_list_sources() == 1
        assert not ListSource.objects.filter(run=old).exists()
        assert Run.objects.filter(pk=old.pk).exists()
