"""Purchases out as CSV and in from any table: what is read, what is refused, what comes twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.translation import override
from django_q.models import Schedule

from discovery.lists.purchase_file import KEPT, give_file
from discovery.models import ProductCode, ProductCost, Purchase, PurchaseFile, Sale
from discovery.pages.products.purchase_files import SHOWN
from discovery.products.candidates import MOST_CANDIDATES
from discovery.products.purchase_export import csv_of
from discovery.products.purchase_import import bring_in, pending_file, understand
from discovery.products.purchase_lines import NoHeadings, read_lines
from discovery.products.purchase_queries import Narrowing, purchases_of
from discovery.products.purchase_totals import totals_of
from discovery.products.scored import StatedCost
from discovery.profiles.service import ensure_shipped_profiles
from discovery.scoring import VatBasis
from discovery.tasks import forget_purchase_files
from tests.discovery.builders import finished_run, scored_product
from tests.discovery.lists.reading.examples import workbook
from tests.discovery.products.buying import LAMP, buy, profile_under, sell
from tests.discovery.products.test_pages import ASIN, stored

pytestmark = pytest.mark.django_db
EAN = "4006381333931"
PAGE = "/achats/importer/"


@pytest.fixture
def anne() -> User:
    ensure_shipped_profiles()
    return User.objects.create_user("anne")


@pytest.fixture
def in_french() -> Iterator[None]:
    """What a page before has left active is another language, in which a date has two readings."""
    with override("fr"):
        yield


def rows_of(text: str) -> list[tuple[int, list[str]]]:
    return [(number, line.split(";")) for number, line in enumerate(text.splitlines(), start=1)]


def read(text: str, language: str = "fr") -> Any:
    with override(language):
        return read_lines(
            rows_of(text), marketplace="fr", usual_vat=lambda _market: VatBasis.INCLUDED
        )


def imported(user: User, text: str) -> Any:
    give_file(user=user, name="achats.csv", source=text, marketplace="fr")
    return bring_in(user=user)


def exported(user: User, language: str | None = "fr") -> str:
    return csv_of(purchases_of(owner=user, narrowing=Narrowing()), language=language)


class TestReading:
    def test_a_simple_table_is_understood(self) -> None:
        [line], bad = read(
            "Date d'achat;EAN;Coût;Qté;Lieu;TVA;Vendu le;Quantité vendue;Prix de vente;Reçu\n"
            f"05/10/2026;{EAN};8,40 €;3;Emmaüs;HT;02/11/2026;2;24,90;17,5\n"
        )
        assert not bad
        assert (line.number, line.code, line.marketplace) == (2, EAN, "fr")
        bought = line.bought
        assert (bought.bought_on, bought.quantity, bought.place) == (
            date(2026, 10, 5), 3, "Emmaüs",
        )  # fmt: skip
        assert bought.cost == StatedCost(Decimal("8.4"), VatBasis.EXCLUDED)
        sale = line.sale
        assert (sale.sold_on, sale.quantity) == (date(2026, 11, 2), 2)
        assert (sale.price, sale.received) == (Decimal("24.9"), Decimal("17.5"))

    def test_headings_may_be_english_and_a_title_may_stand_above_them(self) -> None:
        [line], bad = read(f"My purchases\nPurchase date;ASIN;Unit cost\n2026-10-05;{LAMP};8.40\n")
        assert not bad
        assert (line.asin, line.bought.quantity, line.sale) == (LAMP, 1, None)

    def test_without_headings_nothing_is_guessed(self) -> None:
        with pytest.raises(NoHeadings):
            read(f"{LAMP};8,40;3\n")

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            (";2026-10-05;8", "no_product"),
            ("hello;2026-10-05;8", "not_a_product"),
            ("4006381333932;2026-10-05;8", "not_a_product"),  # its check digit is wrong
            (f"{LAMP};;8", "no_date"),
            (f"{LAMP};demain;8", "date"),
            (f"{LAMP};31/02/2026;8", "date"),
            (f"{LAMP};2999-01-01;8", "future"),
            (f"{LAMP};2026-10-05;", "no_cost"),
            (f"{LAMP};2026-10-05;gratuit", "amount"),
            (f"{LAMP};2026-10-05;0", "amount"),
            (f"{LAMP};2026-10-05;1e300", "amount"),
            (f"{LAMP};2026-10-05;1.500", "amount"),  # fifteen hundred, or one and a half?
            (f"{LAMP};2026-10-05;8;0", "quantity"),
            (f"{LAMP};2026-10-05;8;1,5", "quantity"),
            (f"{LAMP};2026-10-05;8;1;?", "vat"),
            (f"{LAMP};2026-10-05;8;1;HT;xx", "marketplace"),
            (f"{LAMP};2026-10-05;8;1;HT;fr;2026-11-02", "half_a_sale"),
            (f"{LAMP};2026-10-05;8;1;HT;fr;2026-10-04;1;20", "sold_before"),
            (f"{LAMP};2026-10-05;8;1;HT;fr;2026-11-02;1;20;abc", "reference"),
            (f"{LAMP};2026-10-05;8;1;HT;fr;2026-11-02;1;20;;1e300", "amount"),
            (f"{LAMP};2026-10-05;8;1;HT;fr;2026-11-02;1;20;;-1e12", "amount"),
        ],
    )
    def test_a_bad_line_is_named_by_number_and_the_others_stay(self, cells: str, code: str) -> None:
        good, [bad] = read(
            "ASIN;Date;Coût;Quantité;TVA;Place de marché;Vendu le;Quantité vendue;Prix de vente;"
            f"Référence d’achat;Reçu\n{cells}\n{LAMP};2026-10-05;8\n"
        )
        assert (bad.number, bad.code) == (2, code)
        assert str(bad)
        assert [line.number for line in good] == [3]

    @pytest.mark.parametrize(
        ("language", "text", "day"),
        [
            ("fr", "05/10/2026", date(2026, 10, 5)),
            ("fr", "5.10.26", date(2026, 10, 5)),
            ("en", "10/25/2026", date(2026, 10, 25)),
            ("en", "25/10/2026", date(2026, 10, 25)),
            ("en", "2026-10-05 00:00:00", date(2026, 10, 5)),
            ("en", "10/05/2026", None),
        ],
    )
    def test_a_date_with_two_readings_is_refused(
        self, language: str, text: str, day: date | None
    ) -> None:
        good, bad = read(f"ASIN;Date;Cost\n{LAMP};{text};8\n", language)
        assert [line.bought.bought_on for line in good] == ([day] if day else [])
        assert [line.code for line in bad] == ([] if day else ["date"])


@pytest.mark.usefixtures("in_french")
class TestBringingIn:
    LINES = f"ASIN;Date;Coût;Quantité;Lieu;Vendu le;Quantité vendue;Prix de vente;Reçu\n{LAMP};05/10/2026;8;3;Vinted;02/11/2026;1;20;15\n"  # noqa: E501

    def test_what_is_new_is_written_once(self, anne: User) -> None:
        first = imported(anne, self.LINES)
        assert (first.new_purchases, first.new_sales, first.known) == (1, 1, 0)
        again = imported(anne, self.LINES + self.LINES.splitlines()[1])
        assert (again.new_purchases, again.new_sales, again.known) == (0, 0, 2)
        purchase = Purchase.objects.get()
        assert (purchase.quantity, purchase.place, purchase.score) == (3, "Vinted", None)
        assert Sale.objects.get().received == 15
        assert pending_file(user=anne) is None

    def test_a_second_sale_of_a_known_purchase_is_added_to_it(self, anne: User) -> None:
        purchase = buy(anne, "8", 3, place="Vinted")
        sell(purchase, "20", received="15")
        lines = self.LINES + f"{LAMP};05/10/2026;8;3;vinted;03/11/2026;2;21;16\n"
        understood = imported(anne, lines)
        assert (understood.new_purchases, understood.new_sales, understood.known) == (0, 1, 1)
        assert Purchase.objects.get() == purchase
        assert sorted(Sale.objects.values_list("quantity", flat=True)) == [1, 2]

    def test_more_sold_than_bought_is_a_bad_line(self, anne: User) -> None:
        understood = imported(anne, self.LINES + f"{LAMP};05/10/2026;8;3;Vinted;03/11/2026;3;21;16")
        [bad] = understood.bad
        assert (bad.number, bad.code, bad.value) == (3, "more_than_bought", "2")
        assert Sale.objects.count() == 1

    def test_an_ean_is_looked_up_among_what_is_known(self, anne: User) -> None:
        lines = f"EAN;Date;Coût\n{EAN};2026-10-05;8\n5901234123457;2026-10-05;8\n"
        ProductCode.objects.create(
            marketplace="fr",
            code=EAN,
            asin=LAMP,
            candidates=[{"asin": LAMP, "is_alive": True}],
            limit=MOST_CANDIDATES,
            resolved_at=timezone.now(),
        )
        understood = imported(anne, lines)
        assert Purchase.objects.get().asin == LAMP
        assert [(bad.number, bad.code) for bad in understood.bad] == [(3, "unknown_code")]

    def test_a_cost_typed_since_is_not_replaced_by_an_old_purchase(self, anne: User) -> None:
        imported(anne, self.LINES)
        assert ProductCost.objects.get().cost == 8
        ProductCost.objects.update(cost=5)
        imported(anne, self.LINES.replace("05/10/2026", "04/10/2026"))
        assert ProductCost.objects.get().cost == 5

    def test_looking_writes_nothing(self, anne: User) -> None:
        given = give_file(user=anne, name="a", source=self.LINES, marketplace="fr")
        assert understand(user=anne, given=given).new_purchases == 1
        assert not Purchase.objects.exists()

    def test_a_workbook_is_read_too(self, anne: User) -> None:
        book = workbook(("ASIN", "Date", "Coût"), (LAMP, "2026-10-05", 8.4))
        give_file(user=anne, name="a.xlsx", source=book, marketplace="fr")
        bring_in(user=anne)
        assert Purchase.objects.get().unit_cost == Decimal("8.4")


class TestThereAndBack:
    @pytest.mark.parametrize("language", ["fr", "en", None])
    def test_an_export_on_an_empty_account_gives_the_same_totals(
        self, anne: User, language: str | None
    ) -> None:
        stored()
        prudent = profile_under("reel", anne)
        known = buy(anne, "8.125", 5, market="us", asin=ASIN, profile=prudent)
        sell(known, "30", quantity=2)  # estimated
        sell(known, "31", received="20.05")
        margin = buy(anne, "12", 3, profile=profile_under("margin", anne), note="=1+1")
        sell(margin, "24", received="18")
        twin: dict[str, Any] = {
            "place": "Vinted; Paris",
            "profile": profile_under("franchise", anne),
        }
        buy(anne, "3333.3333", 2, vat=VatBasis.EXCLUDED, **twin)
        buy(anne, "3333.3333", 2, vat=VatBasis.EXCLUDED, **twin)
        text = exported(anne, language)
        paul = User.objects.create_user("paul")
        with override("fr"):
            understood = imported(paul, text)
        assert not understood.bad
        found, expected = (totals_of(owner=user, narrowing=Narrowing()) for user in (paul, anne))
        assert found == expected
        assert [total.sold for total in found] == [1, 3]
        assert paul.purchases.get(note="=1+1").vat_regime == "margin"
        copy = paul.purchases.get(asin=ASIN)
        assert (copy.verdict, copy.roi_percent) == (known.verdict, known.roi_percent)
        with override("fr"):
            again = imported(paul, text)
        assert (again.new_purchases, again.new_sales) == (0, 0)

    def test_the_spreadsheet_of_a_language_and_the_plain_file(self, anne: User) -> None:
        buy(anne, "8.40", vat=VatBasis.EXCLUDED, note="=HYPERLINK()")
        with override("fr"):
            french = exported(anne, "fr")
        assert french.startswith("\ufeffASIN;")
        [row] = csv.DictReader(io.StringIO(french[1:]), delimiter=";")
        assert (row["Coût unitaire"], row["TVA du coût"], row["Acheté le"]) == (
            "8,40", "HT", "2026-10-05",
        )  # fmt: skip
        assert row["Note"] == "'=HYPERLINK()"
        [row] = csv.DictReader(io.StringIO(exported(anne, None)))
        assert (row["unit_cost"], row["cost_vat"], row["note"]) == ("8.40", "excl", "'=HYPERLINK()")


class TestPages:
    @pytest.fixture
    def browser(self, client_of: Callable[..., Any]) -> Any:
        ensure_shipped_profiles()
        return client_of("anne")

    def text_of(self, browser: Any) -> str:
        text: str = browser.get(PAGE).content.decode()
        return text.replace("\u00a0", " ").replace("\u202f", " ")

    def given(self, browser: Any, content: bytes) -> Any:
        file = SimpleUploadedFile("mes achats.csv", content)
        return browser.post(PAGE, {"file": file, "marketplace": "fr"})

    def test_a_file_is_looked_at_then_written(self, browser: Any) -> None:
        content = f"ASIN;Date;Coût\n{LAMP};05/10/2026;8,40\nhello;05/10/2026;8\n".encode("cp1252")
        assert self.given(browser, content)["Location"] == PAGE
        text = self.text_of(browser)
        assert "<b>1</b> nouvel achat" in text
        assert "Ligne 3" in text
        assert "« hello » n’est ni un ASIN" in text
        assert not Purchase.objects.exists()
        answer = browser.post(PAGE, {"action": "confirm"}, follow=True)
        assert "1 achat importé." in answer.content.decode()
        assert Purchase.objects.get().user == browser.user
        again = browser.post(PAGE, {"action": "confirm"}, follow=True)
        assert "plus de fichier" in again.content.decode()

    def test_a_file_that_was_not_looked_at_is_not_written(self, browser: Any) -> None:
        lines = f"ASIN;Date;Coût\n{LAMP};05/10/2026;8,40\n"
        self.given(browser, lines.encode())
        seen = self.text_of(browser).split('name="seen" value="')[1].split('"')[0]
        self.given(browser, lines.replace("8,40", "84").encode())
        answer = browser.post(PAGE, {"action": "confirm", "seen": seen}, follow=True)
        assert "Un autre fichier a été donné" in answer.content.decode()
        assert not Purchase.objects.exists()
        seen = self.text_of(browser).split('name="seen" value="')[1].split('"')[0]
        browser.post(PAGE, {"action": "confirm", "seen": seen})
        assert Purchase.objects.get().unit_cost == 84

    def test_lines_may_be_pasted_and_given_up(self, browser: Any) -> None:
        lines = f"ASIN;Date;Coût\n{LAMP};05/10/2026;8,40\n"
        assert browser.post(PAGE, {"text": lines, "marketplace": "fr"}).status_code == 302
        assert browser.post(PAGE, {"action": "cancel"}).status_code == 302
        assert not PurchaseFile.objects.exists()

    @pytest.mark.parametrize(
        ("content", "status"), [(b"", 422), (b"x" * (5 * 1024 * 1024 + 1), 413)]
    )
    def test_what_cannot_be_read_is_refused(
        self, browser: Any, content: bytes, status: int
    ) -> None:
        assert self.given(browser, content).status_code == status
        assert browser.post(PAGE, {"marketplace": "fr"}).status_code == 422
        assert not PurchaseFile.objects.exists()

    def test_more_bad_lines_than_are_shown_are_said_to_be_more(self, browser: Any) -> None:
        bad = "".join(f"hello{number};05/10/2026;8\n" for number in range(SHOWN + 1))
        self.given(browser, f"ASIN;Date;Coût\n{LAMP};05/10/2026;8,40\n{bad}".encode())
        assert f"Les {SHOWN} premières lignes en erreur sur {SHOWN + 1}." in self.text_of(browser)
        assert self.text_of(browser).count("hello") == 2 * SHOWN

    def test_past_answers_know_what_was_paid(self, browser: Any) -> None:
        stored(), stored(asin="B0OTHER001")
        run = finished_run(owner=browser.user, products=[scored_product(asin=ASIN)])
        browser.post(
            PAGE,
            {
                "text": f"ASIN;Date;Coût\n{ASIN};05/10/2026;3\nB0OTHER001;05/10/2026;3\n",
                "marketplace": "us",
            },
        )
        browser.post(PAGE, {"action": "confirm"})
        assert run.lines.get().landed_cost == 3

    def test_a_file_nobody_confirms_is_forgotten_after_a_day(self, browser: Any) -> None:
        self.given(browser, f"ASIN;Date;Coût\n{LAMP};05/10/2026;8,40\n".encode())
        assert forget_purchase_files() == 0
        PurchaseFile.objects.update(given_at=timezone.now() - KEPT - timedelta(minutes=1))
        assert forget_purchase_files() == 1
        assert not PurchaseFile.objects.exists()
        schedule = Schedule.objects.get(func="discovery.tasks.forget_purchase_files")
        assert schedule.schedule_type == Schedule.HOURLY

    def test_a_file_without_headings_says_which_are_needed(self, browser: Any) -> None:
        self.given(browser, f"{LAMP};8\n".encode())
        assert "Aucune ligne d’en-têtes" in self.text_of(browser)
        assert (
            "Aucune ligne"
            in browser.post(PAGE, {"action": "confirm"}, follow=True).content.decode()
        )

    def test_the_export_is_a_file_of_what_is_shown(self, browser: Any) -> None:
        buy(browser.user, "8", place="Vinted")
        buy(browser.user, "8", asin="B00LIVRE01")
        answer = browser.get("/achats/export.csv?q=vinted")
        assert answer["Content-Disposition"].startswith('attachment; filename="achats-')
        assert answer.content.decode().count("B00") == 1
        plain = browser.get("/achats/export.csv?format=plain").content.decode()
        assert plain.startswith("asin,marketplace,")
