"""The settings as a fresh process reads them."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = (
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "DEBUG",
    "HTTPS",
    "KEEPA_BASE_URL",
    "KEEPA_SANDBOX",
    "SANDBOX_IS_OURS",
    "SECRET_KEY",
    "SESSION_COOKIE_SECURE",
)


def read_settings(var: Path, **environment: str) -> dict[str, Any]:
    program = (
        "import json; from arbvault import settings as s; "
        f"print(json.dumps({{name: getattr(s, name) for name in {SHOWN}}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], "ARBVAULT_VAR": str(var), **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_every_setting_is_documented_and_no_other() -> None:
    source = (settings.BASE_DIR / "arbvault" / "settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z0-9_]+)"', source))
    page = (settings.BASE_DIR / "docs" / "configuration.md").read_text()
    tables, _, _tools = page.partition("\n## Building and testing\n")
    assert read == set(re.findall(r"^\| `([A-Z0-9_]+)` \|", tables, re.MULTILINE))
    assert "API_RATE_PER_TOKEN" in read


def test_without_a_key_the_site_asks_its_own_sandbox(tmp_path: Path) -> None:
    shown = read_settings(tmp_path)
    assert shown["KEEPA_SANDBOX"] is True
    assert shown["SANDBOX_IS_OURS"] is True
    assert shown["KEEPA_BASE_URL"].startswith("http://127.0.0.1:")
    assert shown["DEBUG"] is False


def test_with_a_key_the_site_asks_keepa_over_https(tmp_path: Path) -> None:
    shown = read_settings(tmp_path, KEEPA_API_KEY="k" * 64)
    assert shown["KEEPA_SANDBOX"] is False
    assert shown["KEEPA_BASE_URL"] == "https://api.keepa.com"


def test_two_checkouts_do_not_share_a_sandbox_port(tmp_path: Path) -> None:
    ports = {read_settings(tmp_path / name)["KEEPA_BASE_URL"] for name in ("a", "b")}
    assert len(ports) == 2


def test_the_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = read_settings(tmp_path), read_settings(tmp_path)
    assert len(first["SECRET_KEY"]) >= 50
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


@pytest.mark.parametrize("length", [1, 31])
def test_a_short_secret_key_is_refused_and_not_shown(tmp_path: Path, length: int) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        read_settings(tmp_path, SECRET_KEY="q" * length)
    assert "SECRET_KEY has" in refused.value.stderr
    assert "expected 32 or more" in refused.value.stderr
    assert "q" * length + "\n" not in refused.value.stderr
    assert read_settings(tmp_path, SECRET_KEY="q" * 32)["SECRET_KEY"] == "q" * 32


def test_an_https_origin_makes_the_cookies_secure(tmp_path: Path) -> None:
    shown = read_settings(tmp_path, CSRF_TRUSTED_ORIGINS="https://vault.example")
    assert shown["HTTPS"] is True
    assert shown["SESSION_COOKIE_SECURE"] is True


def test_a_foreign_database_url_is_refused_without_showing_its_password(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        read_settings(tmp_path, DATABASE_URL="mysql://me:hunter2@host/name")
    assert "DATABASE_URL" in refused.value.stderr
    assert "hunter2" not in refused.value.stderr


def test_a_public_site_set_up_as_documented_has_nothing_to_correct(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={
            "PATH": os.environ["PATH"],
            "ARBVAULT_VAR": str(tmp_path),
            "DATABASE_URL": "postgresql://vault@127.0.0.1:1/vault",
            "KEEPA_API_KEY": "k" * 64,
            "ALLOWED_HOSTS": "vault.example",
            "CSRF_TRUSTED_ORIGINS": "https://vault.example",
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_table_of_settings_tells_the_defaults() -> None:
    """Numbers, choices and flags that the source and the table both write down are the same."""
    source = (settings.BASE_DIR / "arbvault" / "settings.py").read_text()
    page = (settings.BASE_DIR / "docs" / "configuration.md").read_text()
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \|.*\| ([^|]*) \|$", page, re.MULTILINE)
    told = {name: default.strip().strip("`") for name, default in rows}
    plain = re.findall(
        r'env\.(?:integer|number|choice|time_zone|flag)\(\s*"([A-Z0-9_]+)",\s*'
        r'(?:default=)?(?:"([\w/ ]+)"|(\d+(?:\.\d+)?|True|False))[,)]',
        source,
    )
    written = {name: (text or number).removesuffix(".0") for name, text, number in plain}
    assert len(written) >= 20
    differing = {
        name: (default, told[name])
        for name, default in written.items()
        if (default.lower() if default in {"True", "False"} else default) not in told[name]
    }
    assert differing == {}
