"""What a day of jobs costs on the sandbox: a niche looked at again, deals, other European stores.

Run from the checkout: ``.venv/bin/python benchmarks/sourcing_day.py``. All is real but the time,
which the benchmark drives: planner, worker, client, PostgreSQL, and the sandbox with its churn.
Nothing sleeps. Tokens are those that its answers say were charged; a verified pick is a product a
look has made a Buy at a price somebody asks. Each part runs on a site of its own, in a process of
its own.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # not this folder: its http.py is not the library's
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arbvault.settings")

from benchmarks.days.every_row import EveryRow  # noqa: E402
from benchmarks.days.site import (  # noqa: E402
    job,
    picks_of,
    runs_of,
    site,
    tokens_of,
)

if TYPE_CHECKING:
    from discovery.models import Run

A_DAY = timedelta(days=1)
THRICE = ["06:00", "14:00", "22:00"]
PRODUCTS, DAYS = 200, 3
MOST_A_DAY, CHURN = 170, 0.15
FEWER_FOR_DEALS, DAYS_OF_DEALS = 10, 5
MOST_ABROAD, NIGHTS = 100, 4
# About two hundred products: a list of them costs 12 tokens, what has changed of them 11.
NICHE = {"marketplace": "fr", "categories": ["Jeux et Jouets"], "bsr_range": [1, 10_000]}
DEALS = ("amazon-en-baisse", "baisses-du-jour", "offres-sous-leur-moyenne")
ABROAD = ("europe-cuisine", "europe-high-tech")


def verdict(what: str, *, met: bool, measured: str) -> bool:
    """Print whether a target is met."""
    print(f"  {'PASS' if met else 'FAIL'} {what}: {measured}", flush=True)
    return met


def in_words(spent: dict[str, int]) -> str:
    """Tokens by what they were spent on."""
    return ", ".join(f"{name} {tokens}" for name, tokens in spent.items())


def a_niche_again() -> bool:
    """A niche by difference: the days after the first look, which buys it in full."""
    with site() as place:
        from discovery.search.request import read_filters

        asked = {"filters": read_filters(NICHE).canonical()}
        made = job(place, source="niche", criteria=asked, max_results=PRODUCTS, times=THRICE)
        place.pass_until(place.now + A_DAY)
        first = runs_of(made)[0]
        assert first.total == PRODUCTS, first.total
        print(f"\n{PRODUCTS} products of a niche, three looks a day, {DAYS} days")
        print(f"  the first look: {first.tokens_spent} tokens ({in_words(tokens_of([first]))})")
        days = []
        for day in range(1, DAYS + 1):
            since = place.now
            place.pass_until(since + A_DAY)
            looks = runs_of(made, since=since)
            assert len(looks) == len(THRICE)
            spent, churn = tokens_of(looks), churn_of(looks)
            days.append((sum(spent.values()), churn))
            print(
                f"  day {day}: {days[-1][0]} tokens ({in_words(spent)}), {churn:.1%} changed "
                f"between two looks, {len(picks_of(looks))} picks"
            )
        mean, churn = fmean(tokens for tokens, _ in days), fmean(changed for _, changed in days)
        return verdict(
            f"a steady day at most {MOST_A_DAY} tokens at {CHURN:.0%} churn",
            met=mean <= MOST_A_DAY and churn >= CHURN - 0.01,
            measured=f"{mean:.0f} on average, at {churn:.1%}",
        )


def churn_of(looks: list[Run]) -> float:
    """How many of the products were bought again, in a look."""
    return fmean((look.outcome or {})["source"]["changed"] / look.total for look in looks)


def deals_against_every_row() -> bool:
    """The shipped jobs of deals, against buying all their rows at every look."""
    with site() as place:
        from discovery.sourcing.templates import create_from_templates

        jobs = create_from_templates(
            owner=place.owner, now=place.now, marketplace="fr", slugs=DEALS
        )
        every_row = EveryRow(place.app.catalogue)
        place.pass_until(place.now + DAYS_OF_DEALS * A_DAY, then=lambda: every_row.follow(jobs))
        print(f"\nDeals: {len(jobs)} shipped jobs, {DAYS_OF_DEALS} days")
        ours: list[tuple[int, set[str]]] = []
        for made in jobs:
            runs, theirs = runs_of(made), every_row.looks[made.pk]
            assert len(runs) == len(theirs)
            spent, found = sum(run.tokens_spent for run in runs), picks_of(runs)
            ours.append((spent, found))
            every, all_found = every_row.of(made.pk)
            print(
                f"  {made.name}: {len(runs)} looks, {spent:,} tokens for {len(found)} picks; "
                f"every row {every:,} for {len(all_found)}; the first look "
                f"{a_pick(runs[0].tokens_spent, picks_of(runs[:1]))} tokens a pick, every row "
                f"{a_pick(*theirs[0])}"
            )
        found = set().union(*(picks for _, picks in ours))
        spent = sum(tokens for tokens, _ in ours)
        every, all_found = every_row.of(*(made.pk for made in jobs))
        each, every_each = spent / max(len(found), 1), every / max(len(all_found), 1)
        return verdict(
            f"at least {FEWER_FOR_DEALS} times fewer tokens a verified pick than every row",
            met=bool(found) and every_each >= FEWER_FOR_DEALS * each,
            measured=f"{every_each / each:.1f} times ({each:.1f} against {every_each:.1f}; "
            f"{len(found)} different picks against {len(all_found)})",
        )


def a_pick(tokens: int, picks: set[str]) -> str:
    """Tokens for each of these picks."""
    return f"{tokens / len(picks):.1f}" if picks else "no"


def looking_abroad() -> bool:
    """The shipped jobs that look for Europe, all that they spend counted."""
    with site() as place:
        from discovery.sourcing.templates import create_from_templates

        jobs = create_from_templates(
            owner=place.owner, now=place.now, marketplace="fr", slugs=ABROAD
        )
        place.pass_until(place.now + NIGHTS * A_DAY)
        print(f"\nEurope: {len(jobs)} shipped jobs, {NIGHTS} nights")
        nights: list[tuple[int, int, int]] = []
        looks = [runs_of(made) for made in jobs]
        for night in zip(*looks, strict=True):
            spent = tokens_of(night)
            found = sum(len(picks_of([run], "europe")) for run in night)
            nights.append((sum(spent.values()), found, spent.get("abroad", 0)))
            print(
                f"  night {len(nights)}: {found} picks, {nights[-1][0]} tokens: {in_words(spent)}"
            )
        different = sum(len(picks_of(runs, "europe")) for runs in looks)
        spent_in_all, verified, abroad = (sum(column) for column in zip(*nights, strict=True))
        steady, again = sum(night[0] for night in nights[1:]), sum(night[1] for night in nights[1:])
        print(
            f"  {different} different picks, {spent_in_all / max(different, 1):.0f} tokens for "
            f"each with the first look at 400 products, {abroad / max(different, 1):.0f} of them "
            f"abroad; {steady / max(again, 1):.0f} for each verified in a steady night"
        )
        each = spent_in_all / max(verified, 1)
        return verdict(
            f"at most {MOST_ABROAD} tokens a verified pick, the first look included",
            met=bool(verified) and each <= MOST_ABROAD,
            measured=f"{each:.0f} ({spent_in_all:,} for {verified} picks verified in a night)",
        )


PARTS = {"niche": a_niche_again, "deals": deals_against_every_row, "europe": looking_abroad}


def _run(part: str, told: Any) -> None:
    logging.disable(logging.INFO)
    told.put(PARTS[part]())


def main() -> int:
    """Run the parts; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be repeated")
    parts = parser.parse_args().only or list(PARTS)
    began = time.monotonic()
    spawning = multiprocessing.get_context("spawn")
    met = True
    for part in parts:
        told = spawning.SimpleQueue()
        process = spawning.Process(target=_run, args=(part, told))
        process.start()
        process.join()
        met &= process.exitcode == 0 and told.get()
    print(f"\n{time.monotonic() - began:.0f} seconds")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
