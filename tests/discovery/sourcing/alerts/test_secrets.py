"""Addresses at rest: sealed, opened with the key or a former one, never shown."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.sourcing.alerts.secrets import Secret, Unreadable, is_of_former_key, opened, seal

SECRET = Secret(address="ntfys://me:hidden@ntfy.example.org/topic", shown="ntfys://nt….org")


def test_what_is_sealed_is_opened_and_betrays_nothing() -> None:
    sealed = seal(SECRET)
    assert opened(sealed) == SECRET
    assert b"hidden" not in sealed
    assert b"example" not in sealed
    assert seal(SECRET) != sealed  # not even that two are the same


def test_a_secret_does_not_show_itself() -> None:
    assert "hidden" not in repr(SECRET)


def test_a_former_key_still_opens_while_it_is_named(settings: Any) -> None:
    settings.SECRET_KEY = "the former one, long enough " * 2
    sealed = seal(SECRET)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new one, long enough too " * 2
    assert opened(sealed) == SECRET
    assert is_of_former_key(sealed)
    assert not is_of_former_key(seal(SECRET))
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        opened(sealed)


@pytest.mark.parametrize("sealed", [b"", b"nonsense", b"gAAAAA"])
def test_nonsense_is_unreadable(sealed: bytes) -> None:
    with pytest.raises(Unreadable):
        opened(sealed)
