"""A month of a team on one Keepa plan: what each way of saving tokens costs, and who waits.

Run from the checkout: ``.venv/bin/python benchmarks/month.py [--days 28]``. Time is driven by the
simulation, minute by minute; nothing sleeps, and no database is used. Real are the planner
(``discovery.sourcing.planner.decide``), the containment of questions, the token costs, and the
sandbox's catalogue with its churn; the caches are a light model of the site's (``months``).

Twenty users search niches drawn by Zipf's law and have a job of three runs a day each. Tokens for
an answer are all that were spent, what idle tokens bought included; what answers themselves had to
pay for is told apart. With ``--json FILE`` the figures are also kept, for the picture of
``docs/sourcing.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.months.simulation import Account
    from benchmarks.months.world import Goods

sys.path[0] = str(Path(__file__).resolve().parent.parent)  # not this folder, with its http.py
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")

USERS, RATE, NICHES_A_USER = 20, 20, 3
PLANS = (5, 20, 25, 60)
OF_NO_CACHE, OF_PLAIN, HIT_RATIO, USED_OR_KEPT = 0.30, 0.70, 0.70, 0.85
WEEK_DAYS = 7


def percentile(values: list[float], percent: int) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] if ordered else 0.0


def verdict(what: str, *, met: bool, measured: str) -> bool:
    """Print whether a target is met."""
    print(f"  {'PASS' if met else 'FAIL'} {what}: {measured}")
    return met


def compare_ways(goods: Goods, days: int, *, keep: Path | None) -> bool:
    """The month, once for each way; whether the targets are met."""
    from benchmarks.months import simulation as sim
    from benchmarks.months.world import Month, workload

    month = Month(goods, niches=USERS * NICHES_A_USER)
    month.check()
    work = workload(month, users=USERS, days=days)
    print(
        f"\n{days} days, {USERS} users, {USERS * NICHES_A_USER} niches, "
        f"{len(work.searches)} searches, {len(work.jobs)} jobs, {RATE} tokens a minute"
    )
    heads = ("tokens an answer", "without idle", "hit ratio by week", "wait p50 s", "p95 s",
             "picks/1 000", "searches", "jobs", "idle", "expired")  # fmt: skip
    print(f"  {'':<49}" + " | ".join(heads))
    accounts = {}
    for way in (
        sim.NO_CACHE,
        sim.PLAIN_24,
        sim.PLAIN_6,
        sim.OURS_PLAIN,
        sim.OURS_WITHOUT_IDLE,
        sim.OURS,
    ):
        account = accounts[way] = sim.Simulation(month, work, way, rate=RATE, days=days).run()
        weeks = " ".join(f"{statistics.fmean(hits):4.0%}" for hits in account.hits.values())
        columns = (
            f"{account.with_idle:16.1f}",
            f"{account.tokens_an_answer:12.1f}",
            f"{weeks:>17}",
            f"{percentile(account.waits, 50):10.0f}",
            f"{percentile(account.waits, 95):5.0f}",
            f"{account.picks_per_1000:11.2f}",
            f"{account.for_searches:8,}",
            f"{account.for_jobs:,}",
            f"{account.for_idle:,}",
            f"{account.expired:,}",
        )
        print(f"  {way.name:<49}" + " | ".join(columns))
    if keep is not None:
        keep.write_text(json.dumps(funnel_of(accounts[sim.OURS], days), indent=1) + "\n")
    ours, none = accounts[sim.OURS], accounts[sim.NO_CACHE]
    met = [
        _at_most("tokens for an answer, idle ones included, of (a)", ours, none, OF_NO_CACHE),
        _at_most("the same of (b) 24 h", ours, accounts[sim.PLAIN_24], OF_PLAIN),
        _at_most("the same of (b) 6 h", ours, accounts[sim.PLAIN_6], OF_PLAIN),
    ]
    later = [statistics.fmean(hits) for week, hits in sorted(ours.hits.items()) if week]
    if later:
        worst = min(later)
        met.append(
            verdict(
                f"hit ratio from the second week at least {HIT_RATIO:.0%}",
                met=worst >= HIT_RATIO,
                measured=f"{worst:.1%}",
            )
        )
    return all(met)


def funnel_of(account: Account, days: int) -> dict[str, int]:
    """Where the month's tokens went, and what they brought."""
    return {
        "days": days,
        "refilled": account.refilled,
        "for_jobs": account.for_jobs,
        "for_searches": account.for_searches,
        "for_idle": account.for_idle,
        "kept_back": account.expired,
        "lists": account.lists,
        "looked_at": account.looked_at,
        "bought": account.products,
        "buy_boxes": account.buy_boxes,
        "picks": len(account.picks),
        "answers": account.useful,
    }


def _at_most(what: str, ours: Account, other: Account, share: float) -> bool:
    measured = ours.with_idle / other.with_idle
    return verdict(
        f"{what}, at most {share:.0%}", met=measured <= share, measured=f"{measured:.1%}"
    )


def compare_plans(goods: Goods) -> bool:
    """A week on plans of different sizes, each with as many users as tokens a minute."""
    from benchmarks.months import simulation as sim
    from benchmarks.months.world import Month, workload

    print("\nA week on each plan, with as many users as tokens a minute")
    met = True
    for rate in PLANS:
        month = Month(goods, niches=rate * NICHES_A_USER)
        work = workload(month, users=rate, days=WEEK_DAYS)
        account = sim.Simulation(month, work, sim.OURS, rate=rate, days=WEEK_DAYS).run()
        started = account.runs_started + account.slots_skipped
        print(
            f"  {rate} a minute: {account.used:.0%} used (searches {account.for_searches:,}, "
            f"jobs {account.for_jobs:,}, idle {account.for_idle:,} of {account.refilled:,}); "
            f"{account.expired:,} kept back till they expired, {account.expired_in_vain:,} of them "
            f"while something was worth refreshing; waits p95 {percentile(account.waits, 95):.0f} s"
        )
        met &= verdict(
            "every due job starts and ends",
            met=account.runs_started == account.runs_ended and started == account.slots_due,
            measured=f"{account.slots_due} due, {account.slots_skipped} left out because the job "
            f"was at work, {account.runs_ended} of {account.runs_started} ended",
        )
        met &= verdict(
            f"at least {USED_OR_KEPT:.0%} used or deliberately kept back",
            met=account.used_or_kept >= USED_OR_KEPT,
            measured=f"{account.used_or_kept:.1%}",
        )
        met &= verdict(
            "background work leaves the floor intact",
            met=account.floor_broken == 0,
            measured=f"{account.floor_broken} times below",
        )
    return met


def main() -> int:
    """Run it all; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--json", type=Path, help="a file for the figures of the month")
    options = parser.parse_args()
    days = options.days
    import django

    django.setup()
    began = time.monotonic()
    from benchmarks.months.world import Goods

    goods = Goods(days=max(days, WEEK_DAYS))
    met = compare_ways(goods, days, keep=options.json)
    met &= compare_plans(goods)
    print(f"\n{time.monotonic() - began:.0f} seconds")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
