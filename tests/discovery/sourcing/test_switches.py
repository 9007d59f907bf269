"""Nothing spends the tokens of a real key by itself until somebody has said so."""

from __future__ import annotations

from typing import Any

import pytest

from discovery.models import SourcingSwitch
from discovery.sourcing.switches import Switches, set_switch, switches

pytestmark = pytest.mark.django_db


@pytest.fixture
def real_key(settings: Any) -> None:
    settings.KEEPA_SANDBOX = False


def test_the_demonstration_runs_out_of_the_box() -> None:
    assert switches() == Switches(runs_jobs=True, uses_idle_tokens=True)


@pytest.mark.usefixtures("real_key")
def test_with_a_real_key_both_are_off_until_they_are_switched_on() -> None:
    assert switches() == Switches(runs_jobs=False, uses_idle_tokens=False)
    assert set_switch(runs_jobs=True) == Switches(runs_jobs=True, uses_idle_tokens=False)
    assert set_switch(uses_idle_tokens=True) == Switches(runs_jobs=True, uses_idle_tokens=True)
    assert set_switch(runs_jobs=False) == Switches(runs_jobs=False, uses_idle_tokens=True)


def test_on_in_the_demonstration_says_nothing_of_a_key_set_later(settings: Any) -> None:
    set_switch(runs_jobs=False)
    set_switch(runs_jobs=True)
    settings.KEEPA_SANDBOX = False
    assert switches() == Switches(runs_jobs=False, uses_idle_tokens=False)


def test_off_stays_off_whatever_the_key(settings: Any) -> None:
    set_switch(runs_jobs=False)
    assert switches().runs_jobs is False
    settings.KEEPA_SANDBOX = False
    assert switches().runs_jobs is False


def test_nothing_given_changes_nothing() -> None:
    set_switch()
    assert not SourcingSwitch.objects.exists()
