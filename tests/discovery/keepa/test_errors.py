"""A failure as it is stored, and the same failure read back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from discovery.keepa.errors import (
    GarbledAnswer,
    InvalidKey,
    KeepaError,
    KeepaTimeout,
    KeepaUnavailable,
    TokensExhausted,
    kind_of,
)

KINDS = (KeepaError, InvalidKey, TokensExhausted, KeepaUnavailable, KeepaTimeout, GarbledAnswer)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_survives_being_stored(kind: type[KeepaError]) -> None:
    stored = json.loads(json.dumps(kind(retry_after=12.5, tokens_spent=3).to_stored()))
    again = KeepaError.from_stored(stored)
    assert type(again) is kind
    assert (again.retry_after, again.tokens_spent) == (12.5, 3)


def test_what_is_stored_is_the_code_the_wait_the_cost_and_the_moment() -> None:
    stored = InvalidKey(detail="secret?").to_stored()
    moment = datetime.fromisoformat(stored.pop("at"))
    assert stored == {"code": "invalid_key", "retry_after": None, "tokens_spent": 0}
    assert moment.utcoffset() == timedelta(0)


def test_rows_of_former_versions_are_read() -> None:
    old = KeepaError.from_stored({"code": "keepa_timeout", "retry_after": 60.0})
    assert (type(old), old.retry_after, old.tokens_spent) == (KeepaTimeout, 60.0, 0)


def test_an_unknown_code_counts_as_unavailable() -> None:
    assert type(KeepaError.from_stored({"code": "interrupted"})) is KeepaUnavailable
    assert kind_of("interrupted") is None
