"""Backup, wipe, restore: the same site again; and whatever goes wrong changes nothing."""

from __future__ import annotations

import json
import re
import stat
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from arbvault.backup import programs, restoring
from arbvault.backup.making import backups_in
from arbvault.backup.manifest import manifest_of, path_beside
from arbvault.backup.programs import BackupError, programs_for
from arbvault.backup.service import address, back_up, restore, try_restore
from arbvault.backup.tasks import nightly
from discovery.models import Niche, Run
from discovery.niches.service import create_niche
from discovery.products.decisions import add_favourite
from discovery.profiles.service import ensure_shipped_profiles
from discovery.search.request import read_filters
from tests.analytics.factories import a_search
from tests.discovery.builders import finished_run, scored_product

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = datetime(2026, 11, 27, 1, tzinfo=UTC)
# What differs from one look at a page to the next: seals and nonces.
PASSING = (
    r'name="csrfmiddlewaretoken" value="[^"]+"', r'"X-CSRFToken": ?"[^"]+"', r'nonce="[^"]+"',
    r"hx-headers='[^']+'",
    # A table written anew has no room left of rows that were deleted.
    r'(?<=data-label="Taille">)[^<]+',
)  # fmt: skip


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    where = tmp_path / "backups"
    settings.BACKUP_DIR = where
    return where


@pytest.fixture
def addresses(client_of: Any) -> tuple[Any, list[str]]:
    """Anne's browser, and pages that show what she has."""
    ensure_shipped_profiles()
    anne = client_of("anne")
    asked = {"marketplace": "us", "categories": ["Books"], "bsr_range": [10_000, 50_000]}
    niche = create_niche(owner=anne.user, name="Livres épuisés", filters=read_filters(asked))
    products = [scored_product(asin=f"B{n:09}", title=f"Livre {n}") for n in range(12)]
    run = finished_run(owner=anne.user, products=products, niche=niche)
    add_favourite(user=anne.user, marketplace="us", asin="B000000003")
    for hours in range(3):
        a_search(at=timezone.now() - timedelta(hours=hours + 1), hit=True, user_id=anne.user.pk)
    return anne, ["/", "/niches/", run.get_absolute_url(), "/favoris/", "/historique/"]


def look(browser: Any, pages: list[str], *, now: datetime) -> list[str]:
    """What the pages show at ``now``: later, a page says "yesterday" or draws other bars."""
    shown = []
    with time_machine.travel(now, tick=False):
        for page in pages:
            answer = browser.get(page)
            assert answer.status_code == 200
            shown.append(re.sub("|".join(PASSING), "", answer.text))
    return shown


def wipe() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    connection.close()


def test_after_backup_wipe_and_restore_every_page_is_the_same(
    addresses: tuple[Any, list[str]],
) -> None:
    now = timezone.now()
    before = look(*addresses, now=now)
    made = back_up(now=NIGHT)
    wipe()
    restore(dump=made)
    assert look(*addresses, now=now) == before
    call_command("verify_schema", stdout=StringIO())


def test_a_backup_is_private_and_says_what_it_holds(addresses: tuple[Any, list[str]]) -> None:
    made = back_up(now=NIGHT)
    assert made.name == "arbitragevault-20261127T010000Z.dump"
    for path in (made, path_beside(made)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    noted = manifest_of(made)
    assert noted is not None
    assert (noted.rows["niche"], noted.rows["search_history"]) == (1, 3)
    assert noted.size == made.stat().st_size
    assert any(name.startswith("discovery.0001") for name in noted.migrations)
    assert "seal" not in path_beside(made).read_text()


def test_a_restore_is_tried_without_touching_the_site(
    addresses: tuple[Any, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "SCRATCH", f"trial_{uuid.uuid4().hex}_")
    made = back_up(now=NIGHT)
    Niche.objects.all().delete()
    assert try_restore() == made
    assert not Niche.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        assert not [name for (name,) in cursor if name.startswith(restoring.SCRATCH)]


def test_a_trial_misses_what_is_missing(addresses: tuple[Any, list[str]]) -> None:
    beside = path_beside(back_up(now=NIGHT))
    told = json.loads(beside.read_text())
    told["rows"]["niche"] += 1
    beside.write_text(json.dumps(told))
    with pytest.raises(BackupError, match="niche 2/1"):
        try_restore()


def test_a_damaged_file_is_refused_and_nothing_has_changed(
    addresses: tuple[Any, list[str]],
) -> None:
    made = back_up(now=NIGHT)
    made.write_bytes(made.read_bytes()[:-50])
    with pytest.raises(BackupError, match="damaged"):
        restore(dump=made)
    path_beside(made).unlink()  # nothing says so now, but the file itself
    with pytest.raises(BackupError):
        restore(dump=made)
    assert Run.objects.exists()


def test_a_backup_of_a_later_version_is_refused(addresses: tuple[Any, list[str]]) -> None:
    beside = path_beside(back_up(now=NIGHT))
    told = json.loads(beside.read_text())
    told["migrations"].append("discovery.9999_later")
    beside.write_text(json.dumps(told))
    with pytest.raises(BackupError, match=r"discovery\.9999_later"):
        restore(dump=beside.with_suffix(".dump"))


def test_a_database_in_use_is_not_replaced_unless_one_insists(
    addresses: tuple[Any, list[str]],
) -> None:
    made = back_up(now=NIGHT)
    other = programs.connected(address())
    with pytest.raises(BackupError, match="1 other sessions"):
        restore(dump=made)
    restore(dump=made, ends_others=True)
    assert Niche.objects.count() == 1
    with pytest.raises(Exception, match="terminat"):
        other.execute("SELECT 1")


def test_another_secret_is_told(addresses: tuple[Any, list[str]], settings: Any) -> None:
    made = back_up(now=NIGHT)
    settings.SECRET_KEY = "another one " * 4
    said = call_quietly("restore", str(made), "--yes")
    assert "another SECRET_KEY" in said


def test_without_a_yes_nothing_is_restored(
    addresses: tuple[Any, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(now=NIGHT)
    User.objects.create_user("later")
    monkeypatch.setattr("builtins.input", lambda: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("restore", str(made))
    assert User.objects.filter(username="later").exists()


def test_programs_older_than_the_server_are_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_version", lambda _program: 9)
    with pytest.raises(BackupError, match="postgresql-client-"):
        programs_for(address())


def test_a_password_is_never_an_argument() -> None:
    told = programs.Programs(
        Path("/x"), "postgresql://anne:s3cret@db:5433/vault?sslmode=require", 17
    )
    assert "s3cret" not in " ".join(told.command("pg_dump", f"--dbname={told.database}"))
    environment = told.environment()
    assert environment["PGPASSWORD"] == "s3cret"
    assert (environment["PGHOST"], environment["PGPORT"]) == ("db", "5433")
    assert environment["PGSSLMODE"] == "require"


def test_a_backup_that_fails_leaves_no_file_and_is_mailed(
    settings: Any, mailoutbox: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ALERT_EMAILS = ["ada@vault.example"]
    monkeypatch.setattr("arbvault.backup.making.digest_of", _no_space)
    with pytest.raises(BackupError, match="No space"):
        nightly()
    assert [path.name for path in folder.iterdir()] == []
    assert "No space" in mailoutbox[0].body


def test_the_night_is_quiet_when_backups_are_off(settings: Any, folder: Path) -> None:
    settings.BACKUPS = False
    assert nightly() == ""
    assert backups_in(folder) == []


def _no_space(_path: Path) -> str:
    raise OSError(28, "No space left on device")


def call_quietly(*arguments: str) -> str:
    errors = StringIO()
    call_command(*arguments, stdout=StringIO(), stderr=errors)
    return errors.getvalue()
