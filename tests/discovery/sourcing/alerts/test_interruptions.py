"""Real processes that note and send alerts, killed with SIGKILL at random moments: none is lost.

The long version, with twenty kills, is ``benchmarks/drill.py --only alerts``.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from benchmarks.drills.alerts import under_fire
from tests.processes import environment

KILLS = 2


@pytest.mark.django_db(transaction=True)
def test_no_alert_is_lost_and_what_arrives_twice_is_counted(django_user_model: Any) -> None:
    owner = django_user_model.objects.create_user("anne")
    count = under_fire(owner, kills=KILLS, products=6, dice=random.Random(5), env=environment())
    assert count.kills >= 1
    assert count.alerts == count.arrived == 6
    assert count.twice <= count.repeated <= count.kills
