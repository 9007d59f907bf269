"""Every command of ours explains itself, in both languages."""

from __future__ import annotations

import pytest
from django.core.management import get_commands, load_command_class
from django.utils import translation

OURS = sorted(
    name for name, app in get_commands().items() if app in {"arbvault", "analytics", "discovery"}
)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", OURS)
def test_help_is_given(name: str, language: str) -> None:
    with translation.override(language):
        command = load_command_class(get_commands()[name], name)
        text = command.create_parser("manage.py", name).format_help()
    assert name in text
    assert len(text.splitlines()) > 3


def test_the_commands_a_user_needs_are_there() -> None:
    assert {
        "cache_health",
        "create_api_token",
        "discover",
        "keepa_sandbox",
        "keepa_status",
        "purge_cache",
        "score",
        "verify_schema",
    } <= set(OURS)
