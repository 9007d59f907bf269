"""Lists are read in a process of their own: what bounds it, and what becomes of hostile files."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from benchmarks.drills.hostile_files import HOSTILE, wide_lines
from discovery.lists import apart
from discovery.lists.apart import read_apart
from discovery.lists.reading.__main__ import MEMORY
from discovery.lists.reading.model import Corrections, UnreadableList
from discovery.lists.reading.reader import read_list
from discovery.lists.service import correct_list, create_list
from discovery.lists.text import unreadable_text
from discovery.lists.turns import LISTS, take_turn
from discovery.models import ListSource, Run
from discovery.pages.lists.forms import ListForm
from discovery.vat_basis import VatBasis
from tests.discovery.lists.reading.examples import E1, A, read_on, workbook
from tests.discovery.lists.reading.test_workbooks import old_excel, opendocument, row, text

HOST = "www.amazon.fr"
FROM_DOLLARS = Corrections(
    heading_row=1, cost=1, vat=VatBasis.EXCLUDED, currency="USD", rate=Decimal("0.92")
)
# The others are for `benchmarks/drill.py`.
QUICK = ("nested_deeply", "binary_cells")


def stand_in(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let this program stand for the reader."""
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-c", program))


def refusal(content: bytes | str) -> str:
    with pytest.raises(UnreadableList) as refused:
        read_apart(content, currency="EUR", store=HOST)
    return refused.value.code


class TestReading:
    @pytest.mark.parametrize(
        ("content", "corrections"),
        [
            (f"ASIN;Coût;Qté\n{A};12,50;3\nhello;1;1\n{E1};x;1\n", Corrections()),
            (f"EAN;PA\n{E1};10\n", FROM_DOLLARS),
            (f"EAN;Nom;PA\n{E1};Théière « à l’ancienne »;9\n".encode("cp1252"), Corrections()),
            (workbook(("EAN", "Prix d'achat"), (int(E1), 1.10)), Corrections()),
            (old_excel([("EAN", "PA HT"), (int(E1), 8.4)]), Corrections(sheet="Tarif")),
            (opendocument(row(text("EAN")) + row(text(E1), text("3 €"))), Corrections()),
        ],
        ids=["pasted", "corrected", "cp1252", "xlsx", "xls", "ods"],
    )  # fmt: skip
    def test_it_says_what_reading_here_says(
        self, content: bytes | str, corrections: Corrections
    ) -> None:
        here = read_list(content, currency="EUR", store=HOST, corrections=corrections)
        assert read_apart(content, currency="EUR", store=HOST, corrections=corrections) == here

    def test_what_is_no_list_is_refused_alike(self) -> None:
        assert refusal("") == "empty"
        assert refusal(b"PK\x03\x04 no workbook") == "broken_excel"

    def test_zeros_in_the_cells_of_a_binary_workbook_are_no_text(self) -> None:
        book = old_excel([("EAN", "Réf\0"), (int(E1), "a\0b"), ("x\0y", "")])
        read = read_apart(book, currency="EUR", store=HOST)
        assert "\0" not in repr(read)
        assert len(read.lines) == 1


class TestBounds:
    @pytest.mark.parametrize("name", QUICK)
    def test_a_file_that_unfolds_is_refused_within_its_memory(
        self, name: str, tmp_path: Path
    ) -> None:
        file = tmp_path / name
        file.write_bytes(HOSTILE[name]())
        # A child counts what its parent had in memory: a small parent measures it.
        program = (
            "import resource, sys; from pathlib import Path\n"
            "from discovery.lists.apart import read_apart\n"
            "try: read_apart(Path(sys.argv[1]).read_bytes(), currency='EUR')\n"
            "except ValueError as refused: print(refused)\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
        )
        command = [sys.executable, "-c", program, str(file)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        # On a machine that is busy elsewhere its time may be up first.
        assert told[0] in {"bloated_excel", "too_slow", "no_reader"}
        assert int(told[1]) <= MEMORY < 150_000_000

    @pytest.mark.parametrize(
        ("limit", "work", "code"),
        [
            ("PROCESSOR", "while True: pass", "too_slow"),
            ("CLOCK", "import time; time.sleep(60)", "no_reader"),
        ],
    )
    def test_one_that_takes_too_long_is_ended(
        self, monkeypatch: pytest.MonkeyPatch, limit: str, work: str, code: str
    ) -> None:
        stand_in(
            monkeypatch,
            "import sys; from discovery.lists.reading import __main__ as reader\n"
            f"reader.{limit} = 1; reader.bound(parent=int(sys.argv[1]))\n{work}",
        )
        began = time.monotonic()
        assert refusal(A) == code
        assert time.monotonic() - began < apart.PATIENCE

    def test_one_that_does_not_end_itself_is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "PATIENCE", 0.5)
        stand_in(monkeypatch, "import time; time.sleep(60)")
        before = psutil.Process().children()  # a browser's, say
        assert refusal(A) == "no_reader"
        assert psutil.Process().children() == before

    @pytest.mark.parametrize(
        ("program", "code"),
        [
            ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "reader_failed"),
            ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "reader_failed"),
            ("raise KeyError", "reader_failed"),
            ("print('read'); print('{}')", "reader_failed"),
            ("raise MemoryError", "bloated_text"),
        ],
    )
    def test_one_that_crashes_takes_nobody_with_it(
        self, monkeypatch: pytest.MonkeyPatch, program: str, code: str
    ) -> None:
        no_core = "import resource as r; r.setrlimit(r.RLIMIT_CORE, (0, 0))"
        stand_in(monkeypatch, f"{no_core}; {program}")
        assert refusal("B00000000A;1\n" * 4000) == code

    def test_one_that_cannot_be_started_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(apart, "COMMAND", ("/nowhere/python",))
        assert refusal(A) == "no_reader"

    def test_it_knows_no_secret(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SECRET_KEY", "s3cret")
        monkeypatch.setenv("DATABASE_URL", "postgresql://s3cret@host/name")
        stand_in(monkeypatch, "import os; print('no'); print(sorted(os.environ.items()))")
        told = refusal(A)
        assert "LC_ALL" in told
        assert "s3cret" not in told

    @pytest.mark.skipif(sys.platform != "linux", reason="The kernel of Linux tells it.")
    def test_it_dies_with_who_waits_for_it(self) -> None:
        theirs, ours = os.pipe()  # held open: the end of the file is not what ends it
        program = (
            "import os, subprocess, sys, time; from discovery.lists import apart\n"
            f"child = subprocess.Popen([*apart.COMMAND, str(os.getpid())], stdin={theirs})\n"
            "print(child.pid, flush=True); time.sleep(60)"
        )
        command = [sys.executable, "-c", program]
        with subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[theirs]) as parent:
            assert parent.stdout is not None
            reader = psutil.Process(int(parent.stdout.readline()))
            while "discovery.lists.reading" not in reader.cmdline() or not _is_bounded(reader):
                time.sleep(0.02)
            parent.kill()
        reader.wait(timeout=5)
        for end in (theirs, ours):
            os.close(end)

    def test_it_loads_neither_django_nor_the_engine(self) -> None:
        program = (
            "import sys, discovery.lists.reading.__main__, discovery.lists.reading.reader\n"
            "print({'django', 'pydantic', 'discovery.scoring'} & set(sys.modules))"
        )
        told = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        )
        assert told.stdout.strip() == "set()"


def _is_bounded(process: psutil.Process) -> bool:
    return bool(process.rlimit(psutil.RLIMIT_AS)[0] == MEMORY)


@pytest.mark.django_db
class TestPages:
    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("too_large", 413),
            ("bloated_excel", 413),
            ("bloated_text", 413),
            ("too_slow", 422),
            ("reader_failed", 422),
            ("broken_excel", 422),
            ("no_reader", 503),
        ],
    )
    def test_what_cannot_be_read_has_its_status_and_its_sentence(
        self,
        client_of: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
        code: str,
        status: int,
    ) -> None:
        def refuse(*_arguments: Any, **_options: Any) -> Any:
            raise UnreadableList(code)

        monkeypatch.setattr("discovery.lists.service.read_apart", refuse)
        answer = client_of("anne").post("/listes/ajouter/", {"text": A})
        assert answer.status_code == status
        assert unreadable_text(code) in answer.content.decode().replace("&#x27;", "'")
        assert not Run.objects.exists()

    def test_a_hostile_file_is_refused_with_a_sentence(self, client_of: Callable[..., Any]) -> None:
        file = SimpleUploadedFile("stock.csv", wide_lines())
        answer = client_of("anne").post("/listes/ajouter/", {"file": file})
        assert answer.status_code == 413
        assert unreadable_text("bloated_text") in answer.content.decode()

    @pytest.mark.parametrize("content", [f"EAN;PA\n{E1};9\n", "no list"])
    def test_the_file_is_not_kept_in_memory_when_it_is_answered(
        self, client_of: Callable[..., Any], content: str
    ) -> None:
        anne = client_of("anne")
        gc.collect()
        gc.disable()  # as between two collections, which are far apart
        try:
            for given in (
                {"file": SimpleUploadedFile("l.csv", content.encode())},
                {"text": content},
            ):
                anne.post("/listes/ajouter/", given)
            kept = [it for it in gc.get_objects() if type(it) in {ListForm, ListSource}]
            assert kept  # forms hold themselves
            assert not any(type(it) is ListSource or it.source for it in kept)
        finally:
            gc.enable()


@contextmanager
def list_being_read_of(user: Any) -> Iterator[Any]:
    """The connection whose transaction has the user's turn, until it is closed."""
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LISTS | user.pk])
    try:
        yield other
    finally:
        if other.connection is not None:
            other.rollback()  # at once: a pooler takes a moment to see that a client is gone
        other.close()


@pytest.mark.django_db
class TestTurns:
    def test_one_list_of_a_user_is_read_at_a_time_and_others_do_not_wait(
        self, client_of: Callable[..., Any]
    ) -> None:
        anne = client_of("anne")
        with list_being_read_of(anne.user):
            busy = anne.post("/listes/ajouter/", {"text": A})
            assert (busy.status_code, busy["Retry-After"]) == (429, "10")
            assert unreadable_text("reader_busy") in busy.content.decode()
            assert client_of("bob").post("/listes/ajouter/", {"text": A}).status_code == 302
        assert client_of("anne").post("/listes/ajouter/", {"text": A}).status_code == 302

    def test_correcting_a_list_takes_a_turn_too_and_starting_it_as_it_is_does_not(
        self, client_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("discovery.lists.service.PATIENCE", 0)
        anne = client_of("anne")
        lines = f"ASIN;Cost\n{A};3\n"
        draft = create_list(
            owner=anne.user, name="a", read=read_on("fr", lines), marketplace="fr", source=lines
        )
        with list_being_read_of(anne.user):
            with pytest.raises(UnreadableList, match="reader_busy"):
                correct_list(run=draft, corrections=Corrections(cost=-1), marketplace="fr")
            chosen = {"marketplace": "us", "profile": "prudent"}
            busy = anne.post(f"/listes/{draft.pk}/relire/", chosen)
            assert (busy.status_code, busy["Retry-After"]) == (429, "10")
            chosen["marketplace"] = "fr"
            assert anne.post(f"/listes/{draft.pk}/lancer/", chosen).status_code == 302

    def test_two_corrections_one_right_after_the_other_are_both_made(
        self, client_of: Callable[..., Any]
    ) -> None:
        anne = client_of("anne")
        lines = f"ASIN;Cost\n{A};3\n"
        draft = create_list(
            owner=anne.user, name="a", read=read_on("fr", lines), marketplace="fr", source=lines
        )
        with list_being_read_of(anne.user) as other:  # the first of the two
            other.inc_thread_sharing()
            ends = threading.Timer(0.3, other.close)
            ends.start()
            correct_list(run=draft, corrections=Corrections(cost=-1), marketplace="fr")
            ends.join()
        draft.refresh_from_db()
        assert [line.cost for line in draft.lines.all()] == [None]

    def test_a_turn_without_a_transaction_would_be_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alone = SimpleNamespace(in_atomic_block=False)
        monkeypatch.setattr("discovery.lists.turns.connection", alone)
        with pytest.raises(RuntimeError):
            take_turn(owner_id=1)
