from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command

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
