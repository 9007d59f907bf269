"""``manage.py keepa_status``"""

from __future__ import annotations

from typing import Any

import pytest

from tests.discovery.management.conftest import Run

pytestmark = pytest.mark.django_db(transaction=True)


def test_says_how_many_tokens_are_left_and_that_the_data_is_for_show(keepa: Any, run: Run) -> None:
    ran = run("keepa_status")
    assert ran.code == 0
    assert "sandbox" in ran.out
    assert "12,000 of 12,000" in ran.out
    assert "a minute" in ran.out
    assert keepa.charged_total == 0


def test_the_key_is_never_shown(keepa: Any, run: Run, settings: Any) -> None:
    settings.KEEPA_API_KEY = "very-secret-key"
    settings.KEEPA_SANDBOX = False
    ran = run("keepa_status")
    assert "set, not shown" in ran.out
    assert "very-secret-key" not in ran.out + ran.err


@pytest.mark.parametrize("fault", ["402", "500", "garbage"])
def test_says_what_is_wrong_when_keepa_does_not_answer(keepa: Any, run: Run, fault: str) -> None:
    keepa.faults.push(fault, times=20, endpoint="token")
    ran = run("keepa_status")
    assert ran.code == 4
    assert "Keepa" in ran.err
    assert "Tokens left" not in ran.out
