"""``manage.py keepa_status``"""

from __future__ import annotations

from typing import Any

import pytest

from discovery.keepa.client import get_client
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


def test_says_what_was_lost_on_the_way_and_asked_again(keepa: Any, run: Run) -> None:
    assert "no answer in 24 hours" in run("keepa_status").out
    keepa.faults.push("reset")
    get_client().search_categories("Programming", marketplace="us")
    ran = run("keepa_status")
    assert "1 answer in 24 hours, which cost 1 token; asked again: 1" in ran.out
