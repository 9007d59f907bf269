from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured

from arbvault.env import Environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "SOME_SETTING"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("90", timedelta(seconds=90)),
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("6 h", timedelta(hours=6)),
        ("3d", timedelta(days=3)),
    ],
)
def test_durations_are_written_as_people_write_them(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: timedelta
) -> None:
    monkeypatch.setenv(NAME, value)
    assert Environment().duration(NAME, timedelta(days=1)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", ["127.0.0.0/8", "::1/128"]),
        ("none", []),
        ("10.0.0.0/8, 2001:db8::7", ["10.0.0.0/8", "2001:db8::7/128"]),
    ],
)
def test_networks_are_listed_or_there_are_none(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: list[str]
) -> None:
    monkeypatch.setenv(NAME, value)
    given = Environment().networks(NAME, ("127.0.0.0/8", "::1"))
    assert [str(network) for network in given] == expected


@pytest.mark.parametrize("value", ["", "   "])
def test_a_setting_left_empty_counts_as_unset(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    env = Environment()
    assert not env.has(NAME)
    assert env.integer(NAME, 7) == 7
    assert env.flag(NAME, default=True) is True
    assert env.duration(NAME, timedelta(hours=1)) == timedelta(hours=1)
    assert env.values(NAME, ("a",)) == ["a"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("flag", "maybe"),
        ("integer", "many"),
        ("integer", "-1"),
        ("integer", "1.5"),
        ("number", "nan"),
        ("number", "2"),
        ("decimal", "NaN"),
        ("decimal", "-0.01"),
        ("decimal", "cheap"),
        ("duration", "0"),
        ("duration", "soon"),
        ("duration", "-5m"),
        ("choice", "LOUD"),
        ("web_address", "api.keepa.com"),
        ("web_address", "ftp://api.keepa.com"),
        ("networks", "proxy.example"),
        ("networks", "10.0.0.1/8"),
        ("time_zone", "Europe/Atlantis"),
        ("time_zone", "../../etc/passwd"),
    ],
)
def test_a_bad_value_stops_the_program_and_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, kind: str, value: str
) -> None:
    monkeypatch.setenv(NAME, value)
    env = Environment()
    readings: dict[str, Callable[[], object]] = {
        "flag": lambda: env.flag(NAME, default=False),
        "integer": lambda: env.integer(NAME, 1),
        "number": lambda: env.number(NAME, 0.5, low=0, high=1),
        "decimal": lambda: env.decimal(NAME, Decimal(1)),
        "duration": lambda: env.duration(NAME, timedelta(hours=1)),
        "choice": lambda: env.choice(NAME, "INFO", ("INFO", "DEBUG")),
        "web_address": lambda: env.web_address(NAME, "https://api.keepa.com"),
        "networks": lambda: env.networks(NAME, ("::1",)),
        "time_zone": lambda: env.time_zone(NAME, "Europe/Paris"),
    }
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME}=.*expected"):
        readings[kind]()


def test_the_dotenv_file_lies_beneath_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONE_SETTING", "from the environment")
    monkeypatch.delenv("OTHER_SETTING", raising=False)
    dotenv = tmp_path / ".env"
    dotenv.write_text("ONE_SETTING=from the file\nOTHER_SETTING=from the file\n")
    env = Environment(dotenv)
    assert env.text("ONE_SETTING") == "from the environment"
    assert env.text("OTHER_SETTING") == "from the file"
    monkeypatch.delenv("OTHER_SETTING")  # read_env wrote it into the process
