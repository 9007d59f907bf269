"""What a line of the logs looks like, and what it never holds."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from arbvault.log_config import logging_config
from arbvault.log_lines import HIDDEN, JsonLines, TextFormatter, Veil
from arbvault.request_ids import under_id

KEY = 'k33pa"key-of-64-characters'


def record(message: str, *arguments: object, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("discovery.x", logging.WARNING, "f.py", 1, message, arguments, None)
    vars(made).update(extra)
    return made


def failed(message: str) -> logging.LogRecord:
    made = record("it broke")
    error = ValueError(message)
    made.exc_info = (ValueError, error, None)
    return made


def test_a_line_of_text_ends_with_its_request() -> None:
    with under_id("r-1"):
        text = TextFormatter().format(record("%s tokens left", 3))
    assert text.endswith(" WARNING discovery.x: 3 tokens left [r-1]")
    assert TextFormatter().format(record("none")).endswith("discovery.x: none")


def test_a_line_of_json_is_one_object_with_what_the_record_carries() -> None:
    with under_id("r-2"):
        line = JsonLines().format(record("%s jetons épuisés", 3, status=402, duration_ms=1.5))
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "WARNING",
        "logger": "discovery.x",
        "message": "3 jetons épuisés",
        "request_id": "r-2",
        "status": 402,
        "duration_ms": 1.5,
    }
    assert "\n" not in line


def test_a_traceback_stays_in_its_line() -> None:
    line = JsonLines().format(failed("two\nlines"))
    assert "\n" not in line
    assert "ValueError: two\nlines" in json.loads(line)["exc_info"]


def test_what_django_adds_to_its_records_is_left_out() -> None:
    assert "request" not in json.loads(JsonLines().format(record("bad", request=object())))


@pytest.mark.parametrize("kind", [TextFormatter, JsonLines])
@pytest.mark.parametrize(
    "text",
    [
        f"asked https://api.keepa.com/product?key={KEY}&domain=4",
        "asked https://api.keepa.com/token?key=another&x=1",
        "Bearer arb_0123456789abcdefghijklmnop was refused",
        "Not Found: /mot-de-passe/choisir/MQ/seal-of-a-link/",
        "no answer of postgresql://vault:of-a-server@db:5432/vault?sslmode=require",
    ],
)
def test_no_secret_is_written_in_messages_or_tracebacks(kind: Any, text: str) -> None:
    formatter = kind(secrets=(KEY,))
    for line in (formatter.format(record("%s", text)), formatter.format(failed(text))):
        assert HIDDEN in line
        for secret in ("k33pa", "another", "0123456789abcdef", "seal-of-a-link", "of-a-server"):
            assert secret not in line


def test_nothing_is_hidden_by_a_secret_that_is_empty_or_a_plain_word() -> None:
    assert Veil(["", "a", "vault"]).over("a vault of arbitrage") == "a vault of arbitrage"


def test_both_styles_are_understood_by_logging() -> None:
    for style in ("text", "json"):
        made = logging_config("INFO", style=style, secrets=(KEY,))["formatters"]["line"]
        assert made["secrets"] == (KEY,)
        assert made["()"].rpartition(".")[2] in {"TextFormatter", "JsonLines"}
