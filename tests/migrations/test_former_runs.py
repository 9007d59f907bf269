"""A database that the version before runs filled: every row, id, address and export stays.

``former_runs.sql`` is what that version stored for searches and lists in every state, and
``former_answers.json`` what it said of them on its pages and in its exports, at one moment. Since
then, a live check made for a cost is judged anew where its product is shown without one.
"""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django_q.models import OrmQ

from discovery.accounts.preferences import keep_preferences
from discovery.pages.columns import ON_PAGE
from tests.migrations.conftest import Scratch, _drop
from tests.migrations.page_facts import Facts, facts_of, missing

HERE = Path(__file__).parent
BEFORE = ("discovery", "0010_checks_keep_their_pair")
ROWS = (HERE / "former_runs.sql").read_text()
ANSWERS = json.loads((HERE / "former_answers.json").read_text())
NAMES = ANSWERS["names"]
SEARCHES: dict[str, str] = NAMES["searches"]
LISTS: dict[str, str] = NAMES["lists"]
THEN = datetime.fromisoformat(NAMES["now"])

FORMER_TABLES = ("search_run", "search_result", "product_list", "product_list_line")
# What ``migrate`` itself writes into.
KEPT_BY_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}
NEXT_IDS = """
SELECT format('SELECT setval(%L, coalesce(max(%I), 1)) FROM %I',
              pg_get_serial_sequence(quote_ident(table_name), column_name), column_name, table_name)
  FROM information_schema.columns WHERE is_identity = 'YES' AND table_schema = 'public'
"""
PENDING_LINE = """
INSERT INTO run_line (run_id, position, number, also, text, code, asin, restored, state, reason,
                      value, title, verdict, candidates, is_chosen, parts)
VALUES (%s, 900, 0, '[]', '', '', 'B000000001', false, 'pending', '', '', '', '', '[]', false,
        '[]')
"""
WAITING = "12345678-1234-5678-1234-567812345678"
WAITING_RUN = """
INSERT INTO run
SELECT (jsonb_populate_record(
           r, jsonb_build_object('id', %s::text, 'state', 'waiting', 'attempts', 1))).*
  FROM run r WHERE id = %s
"""
Row = dict[str, Any]
Tables = dict[str, list[Row]]  # the rows of each table

# The cells of a row that rest on its purchase price, or say what to do about it.
OF_A_COST = {"Verdict", "Acheter au plus", "Coût rendu", "Profit", "ROI", "Profit total", "Écart"}


@contextmanager
def as_default(name: str) -> Iterator[Scratch]:
    """The database of this name as the default one, as long as this lasts."""
    kept, kept_settings = connections["default"], connections.settings["default"]
    connections.settings["default"] = {**kept_settings, "NAME": name}
    connections["default"] = connections.create_connection("default")
    ContentType.objects.clear_cache()
    cache.clear()
    try:
        with closing(connections["default"]) as connection:
            yield Scratch(connection)
    finally:
        connections.settings["default"] = kept_settings
        connections["default"] = kept
        ContentType.objects.clear_cache()
        cache.clear()


@contextmanager
def copy_of(template: str) -> Iterator[str]:
    """The name of a copy of a database, which nobody may be connected to; dropped at the end."""
    name = f"test_scratch_{uuid.uuid4().hex}"
    with connections["default"]._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield name
    _drop(name)


@pytest.fixture(scope="module")
def former(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database with the tables and rows of the version before."""
    with django_db_blocker.unblock(), copy_of("template0") as name:
        with as_default(name) as database:
            executor = MigrationExecutor(database.connection)
            leaves = executor.loader.graph.leaf_nodes()
            executor.migrate([*(leaf for leaf in leaves if leaf[0] != BEFORE[0]), BEFORE])
            _load(database)
        yield name


@pytest.fixture(scope="module")
def before(former: str) -> Tables:
    """Its rows."""
    with as_default(former) as database:
        return everything(database)


@pytest.fixture(scope="module")
def migrated(former: str, before: Tables) -> str:
    """The name of the same database after ``migrate``; nobody writes into it."""
    with as_default(former):
        migrate()
    return former


@pytest.fixture(scope="module")
def visited(migrated: str) -> Iterator[str]:
    """The name of a migrated database for visits that change nothing that others look at."""
    with copy_of(migrated) as name:
        yield name


@pytest.fixture
def new(migrated: str) -> Iterator[Scratch]:
    """A migrated database to look at."""
    with as_default(migrated) as database:
        yield database


@pytest.fixture
def own(migrated: str) -> Iterator[Scratch]:
    """A migrated database of the test's own, to change."""
    with copy_of(migrated) as name, as_default(name) as database:
        yield database


@pytest.fixture
def visitor(visited: str) -> Iterator[Client]:
    """The owner of most of it, logged in, who only looks."""
    with as_default(visited):
        yield _anne()


@pytest.fixture
def anne(own: Scratch) -> Client:
    """The owner of most of it, logged in on a database of the test's own."""
    return _anne()


def _anne() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="anne"))
    return client


def _load(database: Scratch) -> None:
    # In one transaction: the foreign keys are checked at its end.
    with transaction.atomic(), database.connection.cursor() as cursor:
        statements = [part.strip("\n").partition(";\n") for part in ROWS.split("\n\\.\n")]
        tables = [command.split()[1] for command, _, _ in statements if command]
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        for command, _, lines in statements:
            if command:
                with cursor.copy(command) as copy:
                    copy.write(f"{lines}\n")
        cursor.execute(NEXT_IDS)
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def rows_of(database: Scratch, table: str) -> list[Row]:
    found = database.rows(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")
    return [json.loads(text) for (text,) in found]


def by(rows: list[Row], *keys: str) -> dict[Any, Row]:
    return {tuple(row[key] for key in keys): row for row in rows}


def everything(database: Scratch) -> Tables:
    """All rows of all tables but Django's own."""
    names = database.rows(
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
    )
    return {name: rows_of(database, name) for (name,) in names if name not in KEPT_BY_DJANGO}


def of_no_known_cost(was: Row) -> Row:
    """What a line says since: an assumed cost earns nothing, a Consider at one is to be sourced."""
    score = (was["breakdown"] or {}).get("score", {})
    if not score.get("hypothetical"):
        return {"sourcing": False}
    to_source = was["verdict"] == "CONSIDER" and float(was["max_cost"]) > 0
    return {"sourcing": to_source, "profit": None, "roi_percent": None}


def without_keys(rows: list[Row]) -> list[Row]:
    """The rows without the keys that lines of lists lose on the way from table to table."""
    kept = [
        {name: value for name, value in row.items() if name != "id" or isinstance(value, str)}
        for row in rows
    ]
    return sorted(kept, key=lambda row: json.dumps(row, sort_keys=True))


# Sites that exist get a shipped profile more: that of used goods.
WITH_A_NEW_PROFILE = {"business_profile", "business_profile_revision"}
# Pages that score products when they are looked at; all others show scores as they were given.
SCORED_AT_SIGHT = ("/favoris/", "/produits/")
# Pages whose table has had one fact a cell since, those of its second lines in columns of their
# own. What a product costs is typed there; the exports tell it.
RESULTS = ("/niches/recherche/", "/listes/")
SALES = "Ventes /\N{NO-BREAK SPACE}mois"
SECOND_LINES = {
    "Verdict": (re.compile("(.+) confiance (.+)/100"), ("Verdict", "Confiance")),
    "Prix": (re.compile(r"(.+\$) .+"), ("Prix",)),
    "Profit": (re.compile("(.+) marge (.+)"), ("Profit", "Marge %")),
    "Vélocité": (re.compile("(.+?) (?:≈.)?(.+) pour vendre"), ("Vélocité", "Jours pour vendre")),
    "Ventes par mois": (
        re.compile("(.+?) (?:chiffre|estimé).+"),
        (SALES,),
    ),
    "BSR": (re.compile("(.+) 90 j : (.+)"), ("BSR", "BSR, 90 jours")),
    "Quantité": (re.compile("(.+)"), ("Qté",)),
}


def _known(rows: list[Row], before: list[Row]) -> list[Row]:
    """The rows with the columns there were before."""
    columns = before[0].keys() if before else set()
    return [{name: row[name] for name in columns if name in row} for row in rows]


def migrate(*target: str) -> None:
    call_command("migrate", *target, verbosity=0)


class TestRows:
    def test_the_fixture_holds_every_state(self, before: Tables) -> None:
        searches, lists, lines = (
            {row["state"] for row in before[table]}
            for table in ("search_run", "product_list", "product_list_line")
        )
        assert searches == {"queued", "running", "done", "failed", "cancelled"}
        assert lists == {*searches, "draft", "waiting"}
        assert lines == {"pending", "scored", "unknown", "unreadable", "bad"}

    def test_searches_keep_their_ids_counters_and_dates(self, before: Tables, new: Scratch) -> None:
        runs = by(rows_of(new, "run"), "id")
        for was in before["search_run"]:
            now = runs[was["id"],]
            kept = {name: value for name, value in was.items() if name not in {"scored", "wanted"}}
            kept |= {"done": was["scored"], "total": was["wanted"]}
            kept |= {"progressed_at": was["progressed_at"] or was["created_at"]}
            assert now == now | kept | {"kind": "search", "marketplace": "us", "name": ""}
            ended = was["state"] in {"done", "failed", "cancelled"}
            assert (now["told_spent"], now["told_saved"]) == (
                (was["tokens_spent"], was["tokens_saved"]) if ended else (0, 0)
            )

    def test_results_keep_their_ids_ranks_and_figures(self, before: Tables, new: Scratch) -> None:
        lines = by(rows_of(new, "run_line"), "id")
        for was in before["search_result"]:
            now, score = lines[was["id"],], was["breakdown"]["score"]
            cost, rank = score["landed_cost"], score["rank_score"]
            assert now == now | was | {"state": "scored", "reason": ""} | of_no_known_cost(was)
            assert now["landed_cost"] == (None if cost is None else pytest.approx(float(cost)))
            assert now["rank_score"] == pytest.approx(float(rank))

    def test_lists_and_their_lines_keep_everything(self, before: Tables, new: Scratch) -> None:
        runs = by(rows_of(new, "run"), "id")
        lines = by(rows_of(new, "run_line"), "run_id", "position")
        for was in before["product_list"]:
            assert runs[was["id"],] == runs[was["id"],] | was | {"kind": "list"}
        for was in before["product_list_line"]:
            now = lines[was["product_list_id"], was["position"]]
            # Lines have no address: theirs are new keys, those of searches were there first.
            kept = {name: value for name, value in was.items() if name in now and name != "id"}
            assert len(kept) == len(was) - 2
            assert now == now | kept | of_no_known_cost(was)
        assert len(runs) == len(before["search_run"]) + len(before["product_list"])
        assert len(lines) == len(before["search_result"]) + len(before["product_list_line"])

    def test_nothing_else_is_touched(self, before: Tables, new: Scratch) -> None:
        after = everything(new)
        assert {*before} - {*after} == {*FORMER_TABLES}
        changed = {
            name
            for name in after
            if name in before and _known(after[name], before[name]) != before[name]
        }
        assert changed == {"django_q_schedule", *WITH_A_NEW_PROFILE}
        for name in WITH_A_NEW_PROFILE:
            kept = _known(after[name], before[name])
            assert all(row in kept for row in before[name])
            assert len(kept) == len(before[name]) + 1

    def test_lines_added_later_get_ids_of_their_own(self, own: Scratch) -> None:
        highest = own.value("SELECT max(id) FROM run_line")
        own.execute(PENDING_LINE, [SEARCHES["dead"]])
        assert own.value("SELECT min(id) FROM run_line WHERE position = 900") > highest

    def test_the_clock_wakes_runs_instead_of_lists(self, new: Scratch) -> None:
        waking = new.rows("SELECT name, func FROM django_q_schedule WHERE name LIKE 'wake-%'")
        assert waking == [("wake-runs", "discovery.tasks.wake_runs")]

    def test_what_the_admin_logged_of_searches_is_about_runs(self, new: Scratch) -> None:
        models = new.rows("SELECT model FROM django_content_type WHERE app_label = 'discovery'")
        assert {"run", "runline"} <= {model for (model,) in models}
        assert not {"searchrun", "searchresult"} & {model for (model,) in models}

    def test_again_backwards_and_forwards(self, before: Tables, own: Scratch) -> None:
        """One story, because each way takes seconds."""
        runs = everything(own)
        migrate()
        assert everything(own) == runs

        # One more, which waits and has a line without a score: former tables cannot hold that.
        own.execute(WAITING_RUN, [WAITING, SEARCHES["dead"]])
        own.execute(PENDING_LINE, [WAITING])
        migrate(*BEFORE)
        sql = "DELETE FROM search_run WHERE id = %s RETURNING state, failure ->> 'code'"
        assert own.rows("SELECT id FROM search_result WHERE run_id = %s", [WAITING]) == []
        assert own.rows(sql, [WAITING]) == [("failed", "interrupted")]
        restored = everything(own)
        for name in FORMER_TABLES:
            assert without_keys(restored[name]) == without_keys(before[name])
        migrate()
        again = everything(own)
        changed = {
            name
            for name in runs.keys() - WITH_A_NEW_PROFILE  # taken away, and made anew
            if without_keys(again[name]) != without_keys(runs[name])
        }
        assert changed <= {"django_q_schedule"}  # its key alone
        for name in WITH_A_NEW_PROFILE:
            assert len(again[name]) == len(runs[name])
        assert again["run"] == runs["run"]
        self.test_the_clock_wakes_runs_instead_of_lists(own)


class TestAddresses:
    def test_every_page_says_what_it_said(self, visitor: Client) -> None:
        show_every_column("anne")
        wrong: list[str] = []
        with time_machine.travel(THEN, tick=False):
            for address, expected in ANSWERS["pages"].items():
                answer = visitor.get(address)
                assert answer.status_code == 200, address
                found = facts_of(answer.content.decode())
                if isinstance(expected, list):  # sorted or filtered: only which, in which order
                    names = [row[""] for row in found["rows"]]
                    if "sort=roi" in address or "sort=profit" in address:
                        names, expected = (
                            [name for name in each if name != "Assumed cost"]
                            for each in (names, expected)
                        )
                    wrong += [] if names == expected else [f"{address}: {names}, was {expected}"]
                else:
                    known = as_waiting_is_told(without_assumed_costs(expected))
                    if address.startswith(RESULTS):
                        known = one_fact_a_cell(known)
                    if address == "/" or address.startswith("/historique/"):
                        known, found = without_names(known), without_names(found)
                    if address.startswith(SCORED_AT_SIGHT):
                        known, found = without_figures(known), without_figures(found)
                    wrong += [f"{address}: {each}" for each in missing(known, found)]
        assert not wrong, "\n".join(wrong)

    def test_every_export_says_what_it_said(self, visitor: Client) -> None:
        for asked, before in ANSWERS["exports"].items():
            address, _, language = asked.partition("|")
            answer = visitor.get(address, headers={"accept-language": language or "fr"})
            assert answer.status_code == 200, address
            body = answer.content.decode()
            assert _leading_columns(body, before) == _table(before), asked

    def test_the_page_of_work_under_way_opens(self, anne: Client) -> None:
        under_way = {
            f"/niches/recherche/{SEARCHES['dead']}/",
            f"/niches/recherche/{SEARCHES['queued']}/",
            f"/listes/{LISTS['dead']}/",
        }
        for address in under_way:
            assert anne.get(address).status_code == 200
            assert anne.get(f"{address}progression/").status_code == 200

    def test_lists_and_searches_keep_addresses_of_their_own(self, visitor: Client) -> None:
        for address in ("", "progression/", "export.csv"):
            assert visitor.get(f"/niches/recherche/{LISTS['whole']}/{address}").status_code == 404
            assert visitor.get(f"/listes/{SEARCHES['first']}/{address}").status_code == 404

    def test_what_is_not_scored_yet_is_not_exported(self, anne: Client, own: Scratch) -> None:
        address = f"/niches/recherche/{SEARCHES['half']}/export.csv"
        before = anne.get(address).content
        own.execute(PENDING_LINE, [SEARCHES["half"]])
        assert anne.get(address).content == before

    def test_what_belongs_to_somebody_else_still_does(self, visitor: Client) -> None:
        address = f"/niches/recherche/{SEARCHES['pauls']}/"
        assert visitor.get(address).status_code == 404
        visitor.force_login(User.objects.get(username="paul"))
        assert visitor.get(address).status_code == 200

    def test_a_former_bearer_token_opens_the_api(self, visitor: Client) -> None:
        bearer = {"authorization": f"Bearer {NAMES['token']}"}
        assert Client().get("/api/v1/tokens", headers=bearer).status_code == 200
        assert Client().get("/api/v1/tokens").status_code == 401

    @pytest.mark.parametrize("model", ["searchrun", "productlist"])
    def test_former_addresses_of_the_admin_lead_to_runs(self, own: Scratch, model: str) -> None:
        User.objects.filter(username="anne").update(is_staff=True, is_superuser=True)
        admin = Client()
        admin.force_login(User.objects.get(username="anne"))
        pk = SEARCHES["first"] if model == "searchrun" else LISTS["whole"]
        for address in ("", f"{pk}/change/"):
            answer = admin.get(f"/admin/discovery/{model}/{address}", follow=True)
            assert answer.status_code == 200
            assert answer.redirect_chain


def one_fact_a_cell(said: Facts) -> Facts:
    """What a page of results said, each fact in the column it has now."""
    return said | {"rows": [_dense(row) for row in said["rows"]]}


def _dense(row: dict[str, str]) -> dict[str, str]:
    cells: dict[str, str] = {}
    for label, cell in row.items():
        pattern, labels = SECOND_LINES.get(label, (None, ()))
        if label == "Coût rendu":
            continue
        if pattern is None:
            cells[label] = cell
            continue
        read = pattern.fullmatch(cell)
        cells |= zip(labels, read.groups(), strict=True) if read else {labels[0]: cell}
    return {
        label: re.sub("^au moins (.+)", r"\1+", cell) if label == SALES else cell
        for label, cell in cells.items()
    }


def show_every_column(name: str) -> None:
    """From now on the tables of this user show all the columns there are."""
    columns = [*dict.fromkeys(name for names in ON_PAGE.values() for name in names)]
    keep_preferences(
        user=User.objects.get(username=name), table={"order": columns, "shown": columns}
    )


def without_figures(said: dict[str, Any]) -> dict[str, Any]:
    """What a page said but for the score: it is today's engine's, whatever an older one gave."""
    names = [{"": row[""], "href": row["href"]} for row in said["rows"] if row["href"]]
    return said | {"rows": names, "figures": []}


def without_names(said: Facts) -> Facts:
    """What was said but for the names of past searches: they are the niches', and open the answer.

    Products keep theirs.
    """
    searched = [row if "Verdict" in row else row | {"": "", "href": ""} for row in said["rows"]]
    return said | {"rows": searched}


def as_waiting_is_told(page: Facts) -> Facts:
    """A run that waits says why in its card, once, and no longer how long it would take."""
    waits = [each for each in page["notices"] if each[:1] == ["L’analyse est en attente."]]
    if not waits:
        return page
    figures = [each for each in page["figures"] if each[0] != "Temps restant"]
    notices = [each for each in page["notices"] if each not in waits]
    return page | {"figures": figures, "notices": notices}


def without_assumed_costs(expected: dict[str, Any]) -> dict[str, Any]:
    """What a page said, but for the figures of costs that were only assumed: it shows others."""
    rows = [
        {label: cell for label, cell in row.items() if label not in OF_A_COST}
        if any("hypothétique" in cell or "coût supposé" in cell for cell in row.values())
        else row
        for row in expected["rows"]
    ]
    return expected | {"rows": rows}


def _table(text: str) -> list[list[str]]:
    delimiter = ";" if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}") else ","
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _leading_columns(text: str, before: str) -> list[list[str]]:
    """The columns there were, if own ones stand behind them; without own ones, every byte."""
    if text.splitlines()[0] == before.splitlines()[0]:
        assert text == before
    width = len(_table(before)[0])
    return [cells[:width] for cells in _table(text)]


class TestWork:
    @pytest.fixture(autouse=True)
    def keepa(self, own: Scratch, sandbox_app: Any) -> Iterator[Any]:
        """The site's client speaks to a sandbox of the test's own."""
        from discovery.keepa.client import KeepaClient, using_client
        from discovery.sandbox.transport import SandboxTransport

        client = KeepaClient(
            api_key="sandbox",
            base_url="http://sandbox.test",
            transport=SandboxTransport(sandbox_app),
            sleep=lambda _seconds: None,
        )
        with using_client(client):
            yield sandbox_app
        client.close()

    def test_queued_payloads_are_worked_off(self, anne: Client, own: Scratch) -> None:
        names = [queued.task["func"] for queued in OrmQ.objects.order_by("pk")]
        assert names == ["discovery.tasks.analyse_list", "discovery.tasks.run_search"]
        _work_off_the_queue()
        for pk in (SEARCHES["queued"], LISTS["queued"]):
            ((state, done, total),) = own.rows(
                "SELECT state, done, total FROM run WHERE id = %s", [pk]
            )
            assert (state, done) == ("done", total)
            assert total > 0
        for address in (
            f"/niches/recherche/{SEARCHES['queued']}/",
            f"/listes/{LISTS['queued']}/",
        ):
            assert 'class="main-row"' in anne.get(address).content.decode()
            assert anne.get(f"{address}export.csv").status_code == 200

    def test_what_waits_and_what_died_goes_on_by_itself(self, own: Scratch) -> None:
        OrmQ.objects.all().delete()
        sql = "SELECT to_jsonb(l)::text FROM run_line l WHERE run_id = %s AND state = 'scored'"
        stored = {name: own.rows(sql, [LISTS[name]]) for name in ("waiting", "dead")}
        assert all(stored.values())
        from discovery.tasks import wake_lists

        with time_machine.travel(THEN + timedelta(hours=1)):
            assert wake_lists() == 5  # these, and those that were lost in the queue
        _work_off_the_queue()
        for pk in (SEARCHES["dead"], LISTS["dead"], LISTS["waiting"]):
            ((state, done, total, attempts),) = own.rows(
                "SELECT state, done, total, attempts FROM run WHERE id = %s", [pk]
            )
            assert (state, done, attempts) == ("done", total, 0)
            assert total > 0
        for name, lines in stored.items():
            assert set(lines) < set(own.rows(sql, [LISTS[name]]))

    @pytest.mark.parametrize("name", ["failed", "cancelled", "halted"])
    def test_a_search_without_lines_can_be_resumed(self, own: Scratch, name: str) -> None:
        from discovery.models import Run
        from discovery.runs.service import resume_run

        OrmQ.objects.all().delete()
        run = Run.objects.get(pk=SEARCHES[name])
        spent = run.tokens_spent
        assert resume_run(run=run)
        _work_off_the_queue()
        run.refresh_from_db()
        assert (run.state, run.done) == ("done", run.total)
        assert run.lines.filter(state="scored").count() == run.total > 0
        assert run.tokens_spent > spent

    @pytest.mark.parametrize("name", ["broken", "stopped"])
    def test_a_list_goes_on_from_where_it_stopped(self, anne: Client, name: str) -> None:
        from discovery.models import Run

        OrmQ.objects.all().delete()
        before = Run.objects.get(pk=LISTS[name])
        anne.post(f"/listes/{before.pk}/reprendre/")
        _work_off_the_queue()
        after = Run.objects.get(pk=before.pk)
        assert (after.state, after.done_before, after.done) == ("done", before.done, after.total)

    def test_a_draft_can_be_started(self, anne: Client) -> None:
        from discovery.models import Run

        anne.post(
            f"/listes/{LISTS['draft']}/lancer/", {"marketplace": "us", "profile": "equilibre"}
        )
        _work_off_the_queue()
        assert Run.objects.get(pk=LISTS["draft"]).state == Run.State.DONE


def _work_off_the_queue() -> None:
    """Do what the queue's worker does with each payload, until there is none left."""
    while queued := OrmQ.objects.order_by("pk").first():
        task = queued.task
        queued.delete()
        module, _, name = task["func"].rpartition(".")
        getattr(import_module(module), name)(*task["args"], **task["kwargs"])
