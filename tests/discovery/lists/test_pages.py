"""The pages of the lists: giving one, confirming it, watching it, reading and exporting it."""

from __future__ import annotations

import io
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

from discovery.lists.reading.model import MOST_LINES
from discovery.lists.reading.tables import MOST_BYTES
from discovery.lists.service import create_list
from discovery.models import Run, RunLine
from discovery.products.candidates import Candidate, to_json
from discovery.profiles.service import ensure_shipped_profiles
from discovery.runs.lines import put_score
from tests.discovery.builders import finished_list, scored_product
from tests.discovery.lists.reading.examples import read_on

pytestmark = pytest.mark.django_db

Visitor = Callable[..., Any]
State = Run.State

TEXT = "ASIN;Coût;Qté\nB00000000A;12,50;3\nhello;1;1\nB00000000B;;\nB00000000B;x;1\n"


def given(visitor: Any, text: str = "", file: Any = None) -> Any:
    data: dict[str, Any] = {"text": text}
    if file is not None:
        data["file"] = file
    return visitor.post("/listes/ajouter/", data)


def file(content: bytes, name: str = "stock.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def draft(visitor: Any, text: str = TEXT, *, marketplace: str = "us") -> Run:
    read = read_on(marketplace, text)
    return create_list(
        owner=visitor.user, name="stock.csv", read=read, marketplace=marketplace, source=text
    )


def analysed(visitor: Any, count: int = 3, *, cost: str = "5.00", **changes: Any) -> Run:
    """A finished list of ``count`` scored lines, two units each, after a bad and an unknown one."""
    rows = "".join(f"B{number:09};{cost};2\n" for number in range(count))
    listed = draft(visitor, f"ASIN;Cost;Qty\nrubbish;1;1\nB99999999X;1;1\n{rows}")
    for line in listed.lines.filter(state=RunLine.State.PENDING):
        if line.asin == "B99999999X":
            line.state, line.reason = RunLine.State.UNKNOWN, "no_data"
        else:
            assert line.cost is not None
            product = scored_product(asin=line.asin, title=f"Book {line.asin}", cost=str(line.cost))
            put_score(line, product)
        line.save()
    fields = {"state": State.DONE, "done": count + 1, "tokens_spent": 7, **changes}
    Run.objects.filter(pk=listed.pk).update(**fields)
    listed.refresh_from_db()
    return listed


def page_of(visitor: Any, listed: Run, query: str = "") -> str:
    answer = visitor.get(f"/listes/{listed.pk}/{query}")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


class TestGivingAList:
    def test_an_empty_page_says_what_to_do(self, client_of: Visitor) -> None:
        answer = client_of("anne").get("/listes/")
        assert answer.status_code == 200
        assert b'class="empty"' in answer.content
        assert b'name="text"' in answer.content
        assert b'enctype="multipart/form-data"' in answer.content

    def test_pasted_lines_are_read_and_nothing_is_started(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        answer = given(anne, TEXT)
        listed = Run.objects.get(owner=anne.user)
        assert answer["Location"] == f"/listes/{listed.pk}/"
        assert (listed.state, listed.total, listed.bad) == (State.DRAFT, 2, 2)
        assert not OrmQ.objects.exists()

    def test_a_csv_and_a_workbook_are_read_alike(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        book = Workbook()
        for row in (("ASIN", "Coût", "Qté"), ("B00000000A", 12.5, 3), ("hello", 1, 1)):
            book.worksheets[0].append(list(row))
        content = io.BytesIO()
        book.save(content)
        given(anne, file=file(TEXT.encode("cp1252")))
        given(anne, file=file(content.getvalue(), "stock.xlsx"))
        for listed in Run.objects.all():
            first, second = listed.lines.all()[:2]
            assert (first.asin, first.cost, first.quantity) == ("B00000000A", Decimal("12.5"), 3)
            assert (second.number, second.reason) == (3, "not_an_identifier")

    @pytest.mark.parametrize(
        ("text", "content", "status"),
        [
            ("", None, 422),
            ("  \n ", None, 422),
            ("B00000000A", b"B00000000A", 422),
            ("B00000000A\n" * (MOST_LINES + 1), None, 422),
            ("", b"\x89PNG" + bytes(range(256)) * 8, 422),
            ("", b"PK\x03\x04 no workbook", 422),
            ("", b"\xd0\xcf\x11\xe0 an old one", 422),
            ("", b"", 422),
            ("", b"B00000000A\n" * (MOST_BYTES // 11 + 1), 413),
        ],
    )
    def test_what_cannot_be_read_is_explained(
        self, client_of: Visitor, text: str, content: bytes | None, status: int
    ) -> None:
        answer = given(client_of("anne"), text, file(content) if content is not None else None)
        assert answer.status_code == status
        assert b'role="alert"' in answer.content
        assert not Run.objects.exists()

    def test_too_much_text_is_refused_with_its_own_page(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        answer = anne.post(
            "/listes/ajouter/",
            data="text=" + "B" * (MOST_BYTES + 10),
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 413

    def test_html_in_a_list_is_shown_not_run(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        given(anne, "ASIN;Cost\n<script>alert(1)</script>;1\nB00000000A;1")
        text = page_of(anne, Run.objects.get())
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


class TestConfirming:
    def test_bad_lines_are_shown_by_number_with_the_price(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        text = page_of(anne, draft(anne))
        assert 'data-products="2"' in text
        assert 'data-bad="2"' in text
        assert 'data-quoted="2"' in text
        assert 'id="bad-lines"' in text
        for number, value in ((3, "hello"), (5, "x")):
            assert f"</span>{number}</th>" in text
            assert value in text

    def test_another_marketplace_is_priced_at_once(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = draft(anne)
        chosen = {"marketplace": "fr", "profile": "prudent"}
        priced = anne.post(f"/listes/{listed.pk}/relire/", chosen, follow=True)
        assert b'data-quoted="2"' in priced.content
        assert b"EUR" in priced.content
        nonsense = anne.post(f"/listes/{listed.pk}/relire/", chosen | {"marketplace": "mars"})
        assert nonsense.status_code == 422
        assert b"data-quoted" not in nonsense.content

    def test_starting_freezes_the_choice_and_queues_the_work(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = draft(anne)
        chosen = {"marketplace": "fr", "profile": "prudent"}
        answer = anne.post(f"/listes/{listed.pk}/lancer/", chosen)
        assert answer["Location"] == f"/listes/{listed.pk}/"
        listed.refresh_from_db()
        assert (listed.state, listed.marketplace) == (State.QUEUED, "fr")
        assert listed.profile is not None
        assert listed.profile.slug == "prudent"
        assert listed.profile_settings
        assert OrmQ.objects.count() == 1
        anne.post(f"/listes/{listed.pk}/lancer/", chosen)
        assert OrmQ.objects.count() == 1

    def test_a_choice_that_does_not_exist_is_refused(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = draft(anne)
        for chosen in ({"marketplace": "mars", "profile": "prudent"}, {"marketplace": "fr"}):
            assert anne.post(f"/listes/{listed.pk}/lancer/", chosen).status_code == 422
        assert not OrmQ.objects.exists()

    def test_a_list_of_bad_lines_alone_cannot_be_started(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = draft(anne, "hello\nworld")
        text = page_of(anne, listed)
        assert 'id="start"' not in text
        assert 'id="bad-lines"' in text
        anne.post(f"/listes/{listed.pk}/lancer/", {"marketplace": "fr", "profile": "prudent"})
        assert not OrmQ.objects.exists()


class TestUnderWay:
    def running(self, visitor: Any, **changes: Any) -> Run:
        now = timezone.now()
        fields = {
            "state": State.RUNNING,
            "total": 200,
            "done": 100,
            "started_at": now - timedelta(minutes=5),
            "progressed_at": now,
            **changes,
        }
        return analysed(visitor, **fields)

    def test_its_progress_its_pace_and_a_way_out(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = self.running(anne)
        text = page_of(anne, listed)
        assert 'max="200" value="100"' in text
        assert "5\u00a0min" in text
        assert f"/listes/{listed.pk}/annuler/" in text
        card = anne.get(f"/listes/{listed.pk}/progression/")
        assert b'value="100"' in card.content
        anne.post(f"/listes/{listed.pk}/annuler/")
        listed.refresh_from_db()
        assert listed.cancel_requested

    def test_waiting_says_why_and_until_when_and_can_be_resumed(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = self.running(
            anne,
            state=State.WAITING,
            resume_at=timezone.now() + timedelta(minutes=10),
            failure={"code": "tokens_exhausted", "retry_after": 600},
        )
        text = page_of(anne, listed)
        assert "Pas assez de jetons Keepa. Elle reprendra d’elle-même dans 10" in text
        assert 'class="banner' not in text.partition("<main")[2]  # it would outlive the waiting
        anne.post(f"/listes/{listed.pk}/reprendre/")
        listed.refresh_from_db()
        assert (listed.state, listed.failure, listed.done_before) == (State.QUEUED, None, 100)
        assert OrmQ.objects.count() == 1

    def test_a_failed_or_cancelled_list_can_be_resumed(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        failure = {"code": "invalid_key", "retry_after": None}
        for state in (State.FAILED, State.CANCELLED):
            listed = self.running(anne, state=state, failure=failure)
            text = page_of(anne, listed)
            assert f"/listes/{listed.pk}/reprendre/" in text
            assert 'id="progress"' not in text
            assert text.count("main-row") == 3

    def test_once_ended_the_page_is_told_to_load_the_results(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        answer = anne.get(f"/listes/{analysed(anne).pk}/progression/")
        assert answer["HX-Refresh"] == "true"


class TestResults:
    def test_sums_count_the_quantities_of_what_is_worth_buying(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = analysed(anne)
        listed.lines.filter(state="scored").update(verdict="BUY", profit="4.00")
        listed.lines.filter(asin="B000000002").update(verdict="SKIP")
        text = page_of(anne, listed).replace("\u00a0", " ")
        assert 'data-buys="2"' in text
        assert "20,00 $" in text
        assert "16,00 $" in text
        assert "80 %" in text

    def test_the_users_cost_is_what_the_roi_is_of(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        text = page_of(anne, analysed(anne, 1, cost="7.25")).replace("\u00a0", " ")
        cell = text.split('class="end number cost-cell"')[1].split("</td>")[0]
        assert 'value="7,25"' in cell
        assert 'title="Votre coût, tiré de cette liste"' in cell

    def test_unknown_products_and_bad_lines_are_listed(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        text = page_of(anne, analysed(anne))
        assert 'id="unknown-lines"' in text
        assert "B99999999X" in text
        assert 'id="bad-lines"' in text
        assert "rubbish" in text

    def test_more_lines_need_no_more_statements(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        counts = []
        for count in (5, 25):
            listed = analysed(anne, count)
            of_one_code = [Candidate(asin=f"C{n:09}", title=f"Other {n}") for n in range(3)]
            listed.lines.filter(state="scored").update(candidates=to_json(of_one_code))
            with CaptureQueriesContext(connection) as seen:
                assert page_of(anne, listed).count('class="plain-list candidates"') == count
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_more_lists_need_no_more_statements(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        counts = []
        for _round in range(2):
            draft(anne)
            with CaptureQueriesContext(connection) as seen:
                assert anne.get("/listes/").status_code == 200
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_a_larger_draft_needs_no_more_statements(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        counts = []
        for count in (3, 300):
            listed = draft(anne, "\n".join(f"B{number:09};2" for number in range(count)))
            with CaptureQueriesContext(connection) as seen:
                page_of(anne, listed)
            counts.append(len(seen))
        assert counts[0] == counts[1]

    def test_twenty_five_a_page(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = analysed(anne, 30)
        assert page_of(anne, listed).count("main-row") == 25
        assert page_of(anne, listed, "?page=2").count("main-row") == 5

    @pytest.mark.parametrize(
        "sort",
        ["line", "title", "rank", "max_cost", "price", "cost", "quantity", "profit", "roi",
         "total", "velocity", "bsr", "nonsense"],
    )  # fmt: skip
    def test_every_heading_sorts(self, client_of: Visitor, sort: str) -> None:
        anne = client_of("anne")
        listed = analysed(anne)
        for direction in ("asc", "desc", "sideways"):
            assert page_of(anne, listed, f"?sort={sort}&dir={direction}").count("main-row") == 3

    def test_sorted_by_line_the_list_is_in_its_own_order(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = analysed(anne)
        up, down = (page_of(anne, listed, f"?sort=line&dir={one}") for one in ("asc", "desc"))
        assert up.index("Book B000000000") < up.index("Book B000000002")
        assert down.index("Book B000000000") > down.index("Book B000000002")

    def test_one_verdict_at_a_time(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = analysed(anne)
        listed.lines.filter(asin="B000000001").update(verdict="BUY")
        text = page_of(anne, listed, "?verdict=BUY")
        assert "Book B000000001" in text
        assert text.count("main-row") == 1


class TestExport:
    def exported(self, visitor: Any, listed: Run, query: str = "") -> list[str]:
        answer = visitor.get(f"/listes/{listed.pk}/export.csv{query}")
        assert answer["Content-Type"].startswith("text/csv")
        assert 'filename="stock-' in answer["Content-Disposition"]
        text: str = answer.content.decode()
        return text.split("\r\n")[:-1]

    def test_it_opens_in_a_french_spreadsheet(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        heading, bad, unknown, first, *_rest = self.exported(anne, analysed(anne))
        assert heading.startswith("\ufeff")
        assert len({line.count(";") for line in (heading, unknown, first)}) == 1
        assert bad.startswith("2;rubbish;")
        assert unknown.startswith("3;B99999999X;")
        cells = first.split(";")
        assert (cells[0], cells[1], cells[4]) == ("4", "B000000000", "2")
        assert "5" in cells
        assert "30,00" in cells

    def test_plain_is_for_programs(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        lines = self.exported(anne, analysed(anne, cost="7.25"), "?format=plain")
        assert lines[0].startswith("line,identifier,state,reason,quantity,your_cost,total_profit,")
        assert lines[1].startswith("2,rubbish,bad,not_an_identifier,")
        assert lines[3].startswith("4,B000000000,scored,,2,7.25,")
        assert len(lines) == 6

    def test_no_cell_becomes_a_formula(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = draft(anne, "ASIN;Cost\n=HYPERLINK(1);1\n＝HYPERLINK(2);1\nB00000000A;1\n")
        for query in ("", "?format=plain"):
            written = "\n".join(self.exported(anne, listed, query))
            assert "'=HYPERLINK(1)" in written
            assert "'＝HYPERLINK(2)" in written

    @pytest.mark.parametrize("title", ["@SUM(1)", "＋1", "\u200b=1", " －1"])
    @pytest.mark.parametrize("query", ["", "?format=plain"])
    def test_no_title_becomes_one(self, client_of: Visitor, title: str, query: str) -> None:
        anne = client_of("anne")
        listed = finished_list(owner=anne.user, products=[scored_product(title=title)])
        assert f"'{title}" in "\n".join(self.exported(anne, listed, query))


class TestPrivacy:
    @pytest.mark.parametrize("address", ["", "progression/", "devis/", "export.csv"])
    def test_nobody_elses_list_is_to_be_seen(self, client_of: Visitor, address: str) -> None:
        listed = draft(client_of("paul"))
        assert client_of("anne").get(f"/listes/{listed.pk}/{address}").status_code == 404

    @pytest.mark.parametrize("action", ["lancer", "annuler", "reprendre", "supprimer"])
    def test_nor_touched(self, client_of: Visitor, action: str) -> None:
        listed = draft(client_of("paul"))
        assert client_of("anne").post(f"/listes/{listed.pk}/{action}/").status_code == 404
        listed.refresh_from_db()
        assert listed.state == State.DRAFT

    def test_nor_in_the_table_of_lists(self, client_of: Visitor) -> None:
        draft(client_of("paul"))
        assert b"stock.csv" not in client_of("anne").get("/listes/").content

    def test_ones_own_is_deleted_with_its_lines(self, client_of: Visitor) -> None:
        anne = client_of("anne")
        listed = draft(anne)
        assert anne.post(f"/listes/{listed.pk}/supprimer/")["Location"] == "/listes/"
        assert not Run.objects.exists()
        assert not RunLine.objects.exists()


@pytest.fixture(autouse=True)
def _profiles(db: None) -> None:
    ensure_shipped_profiles()
