"""What notes and sends alerts killed at random moments: is any lost, and how many arrive twice?

A process looks at one product after another, each look in a transaction of its own as a run's
batch is, and empties the outbox; it is killed with SIGKILL and another goes on. The messages go to
a receiver of this machine. Missed when a product that meets its rule has not exactly one alert, an
alert has not arrived, or more have arrived twice than the log of deliveries counts.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.drills.receiving import Receiver, receiver
from benchmarks.drills.report import Row

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ROOT = Path(__file__).resolve().parent.parent.parent
WORK = "import django; django.setup(); from benchmarks.drills.alerts import work; work()"
QUICKLY = timedelta(seconds=1)  # after which a message is taken again, instead of three minutes
ALIVE = (0.05, 1.2)  # seconds that a process has to work before it is shot
PATIENCE = 240.0  # seconds for the last one to end


@dataclass(frozen=True, slots=True)
class Count:
    """What came of it: all in alerts, ``repeated`` of them by the log of deliveries."""

    products: int
    alerts: int
    arrived: int
    twice: int
    repeated: int
    kills: int

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost, and every second arrival is counted."""
        return self.products == self.alerts == self.arrived and self.twice <= self.repeated


def work() -> None:
    """Look at every product that was not looked at, then send until nothing is left to send."""
    from django.db import transaction
    from django.urls import reverse
    from django.utils import timezone

    from discovery.models import AlertDelivery, Pick, SourcingJob
    from discovery.sourcing.alerts import delivery
    from discovery.sourcing.alerts.service import note_sighting

    delivery.LEFT_BEHIND = QUICKLY
    job = SourcingJob.objects.get()
    reverse("discovery:alerts")  # loads all pages, which takes longer than what is tried here
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    open_states = ("pending", "sending")
    while True:
        with transaction.atomic():
            pick = Pick.objects.select_for_update().filter(is_above=False).order_by("pk").first()
            if pick is not None:
                note_sighting(pick=pick, job=job, now=timezone.now())
        delivery.deliver_due(now=timezone.now(), at_most=0.5)
        if pick is None and not AlertDelivery.objects.filter(state__in=open_states).exists():
            return


def under_fire(
    owner: User,
    *,
    kills: int,
    products: int,
    dice: random.Random,
    env: Mapping[str, str] = os.environ,
) -> Count:
    """Have the products told to their owner by a process that is shot again and again."""
    from django.test import override_settings

    from discovery.models import Alert, AlertDelivery
    from discovery.sourcing.alerts.channels import add_channel

    with receiver() as got:
        with override_settings(ALERTS_ALLOW_PRIVATE_ADDRESSES=True):
            add_channel(owner=owner, name="drill", address=got.address)
        _stock(owner, products)
        child = {**env, "ALERTS_ALLOW_PRIVATE_ADDRESSES": "true", "LOG_LEVEL": "CRITICAL"}
        shot = sum(_shoot(child, after=dice.uniform(*ALIVE)) for _ in range(kills))
        subprocess.run(
            [sys.executable, "-c", WORK],
            cwd=ROOT, env=child, stdout=subprocess.DEVNULL, timeout=PATIENCE, check=True,
        )  # fmt: skip
        arrived = _arrived(got)
    log = AlertDelivery.objects.filter(owner=owner)
    return Count(
        products=products,
        alerts=Alert.objects.filter(owner=owner).count(),
        arrived=len(arrived),
        twice=sum(times - 1 for times in arrived.values()),
        repeated=sum(log.values_list("repeats", flat=True)),
        kills=shot,
    )


def drill(*, tries: int, seed: int) -> list[Row]:
    """The rows of the report."""
    from django.contrib.auth.models import User

    owner = User.objects.create_user("told")
    count = under_fire(owner, kills=tries, products=5 * tries, dice=random.Random(seed))
    note = (
        f"{count.products} products, {count.alerts} alerts, {count.arrived} arrived, "
        f"{count.twice} more than once, {count.repeated} counted as such"
    )
    survived = count.kills if count.is_sound else 0
    return [Row("alerts: noting and sending killed", tries, survived, note=note)]


def _stock(owner: User, products: int) -> None:
    from django.utils import timezone

    from discovery.models import AlertSettings, Pick, SourcingJob

    now = timezone.now()
    AlertSettings.objects.filter(user=owner).update(daily_cap=32_000)
    SourcingJob.objects.create(owner=owner, name="Drill", source="niche", marketplace="fr")
    for number in range(products):
        Pick.objects.create(
            owner=owner, marketplace="fr", asin=f"B0DRILL{number:03d}", title="Drill",
            seen_at=now, data_at=now, first_seen_at=now, pick_class="STABLE", verdict="BUY",
            roi_percent=40.0,
        )  # fmt: skip


def _shoot(env: Mapping[str, str], *, after: float) -> bool:
    """Let one work for so long, and kill it; whether it was still at work."""
    with subprocess.Popen(
        [sys.executable, "-c", WORK], cwd=ROOT, env=env, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(after)
        was_alive = process.poll() is None
        process.kill()
    return was_alive


def _arrived(got: Receiver) -> Counter[str]:
    """How often each product arrived, by its ASIN."""
    return Counter(message["message"].partition("(")[2][:10] for message in got.messages)
