from __future__ import annotations

import io
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection

from arbvault.database.turns import our_turn
from arbvault.management.commands.prepare_site import PREPARING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def var(settings: Settings, tmp_path: Path) -> Path:
    settings.ARBVAULT_VAR = tmp_path
    settings.DEBUG = True  # leaves the static files where they are
    return tmp_path


def prepare() -> str:
    output = io.StringIO()
    call_command("prepare_site", stdout=output)
    return output.getvalue()


def test_the_first_run_shows_a_password_that_opens_the_site(var: Path) -> None:
    shown = prepare()
    password = (var / "admin-password").read_text().strip()
    assert password in shown
    user = authenticate(username="admin", password=password)
    assert user is not None
    assert user.is_superuser


def test_the_password_is_readable_by_its_owner_alone(var: Path) -> None:
    prepare()
    assert stat.S_IMODE((var / "admin-password").stat().st_mode) == 0o600


def test_later_runs_change_no_password_and_show_none(var: Path) -> None:
    prepare()
    password = (var / "admin-password").read_text().strip()
    assert password not in prepare()
    assert authenticate(username="admin", password=password) is not None


def test_a_site_that_has_an_administrator_gets_no_second(var: Path, django_user_model: Any) -> None:
    django_user_model.objects.create_superuser("anne", password="hers")
    prepare()
    assert not django_user_model.objects.filter(username="admin").exists()


def test_files_that_somebody_else_collects_are_left_alone(
    var: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.DEBUG, settings.STATIC_IS_OURS = False, False
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STATIC_ROOT.mkdir()
    with pytest.raises(CommandError, match="holds no collected files"):
        prepare()
    (settings.STATIC_ROOT / "staticfiles.json").write_text("{}")
    prepare()
    assert [path.name for path in settings.STATIC_ROOT.iterdir()] == ["staticfiles.json"]


@pytest.mark.django_db(transaction=True)
def test_hosts_that_prepare_at_once_do_it_one_after_the_other(var: Path) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with ThreadPoolExecutor(1) as pool:
        with our_turn(PREPARING), connection.cursor() as cursor:
            other = pool.submit(prepared_elsewhere)
            cursor.execute(waiting)
            while cursor.fetchone() == (0,) and not other.done():
                cursor.execute(waiting)
            assert not other.done()
        assert "First administrator" in other.result()


def prepared_elsewhere() -> str:
    try:
        return prepare()
    finally:
        connection.close()
