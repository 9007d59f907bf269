"""What buying every row of deals would cost, and bring: at the same moments, from the same goods.

It asks a sandbox of its own, over the same catalogue, with as many tokens as it likes, and keeps
nothing: each row is bought with its Buy Box, for three tokens, and scored as a job would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from discovery.models import SourcingJob
    from discovery.sandbox.catalogue import Catalogue

A_CALL = 100  # products


class EveryRow:
    """Tokens and picks of each look, by job; a pick is the ASIN of a Buy at a real price."""

    def __init__(self, catalogue: Catalogue) -> None:
        from discovery.keepa.client import KeepaClient
        from discovery.sandbox.bucket import TokenBucket
        from discovery.sandbox.server import SandboxApp
        from discovery.sandbox.times import utc_now
        from discovery.sandbox.transport import SandboxTransport

        self.looks: dict[int, list[tuple[int, set[str]]]] = defaultdict(list)
        self.app = SandboxApp(
            catalogue=catalogue,
            bucket=TokenBucket(refill_rate=100_000, tokens=None, clock=utc_now),
            clock=utc_now,
            sleep=lambda _seconds: None,
            key=None,
        )
        self._client = KeepaClient(
            api_key="every-row",
            base_url="http://sandbox.test",
            transport=SandboxTransport(self.app),
            sleep=lambda _seconds: None,
        )

    def follow(self, jobs: Sequence[SourcingJob]) -> None:
        """Look for each job as often as it has looked."""
        from discovery.models import Run

        for job in jobs:
            if Run.objects.filter(job=job).count() > len(self.looks[job.pk]):
                self.looks[job.pk].append(self._look(job))

    def of(self, *jobs: int) -> tuple[int, set[str]]:
        """The tokens of all the looks of these jobs, and the different picks."""
        looks = [look for job in jobs for look in self.looks[job]]
        return sum(tokens for tokens, _ in looks), set().union(*(picks for _, picks in looks))

    def _look(self, job: SourcingJob) -> tuple[int, set[str]]:
        from discovery.products.from_keepa import facts_of
        from discovery.profiles.service import active_profile
        from discovery.scoring import score
        from discovery.scoring.dips import dip_cost
        from discovery.scoring.engine import resolved
        from discovery.scoring.purchase_ways import cost_kind
        from discovery.scoring.verdict import BUYS
        from discovery.sourcing.sources.deals import asked_by

        before = self.app.charged_total
        query, pages = asked_by(job)
        rows: dict[str, None] = {}
        for page in range(pages):
            answer = self._client.deals(query, marketplace=job.marketplace, page=page)
            rows |= dict.fromkeys(row.asin for row in answer.rows)
            if answer.is_last:
                break
        profile, now = active_profile().settings, datetime.now(UTC)
        picks: set[str] = set()
        asins = list(rows)
        for start in range(0, len(asins), A_CALL):
            bought = self._client.products(
                asins[start : start + A_CALL], marketplace=job.marketplace, buybox=True
            )
            for asin, snapshot in bought.snapshots.items():
                facts = facts_of(snapshot, now=now)
                dip = dip_cost(facts, resolved(facts, profile))
                ways = [score(facts, profile, now=now)]
                if dip is not None:
                    ways.append(score(facts, profile, now=now, found=dip))
                if any(
                    way.verdict in BUYS and not way.sourcing and cost_kind(way) in job.cost_kinds
                    for way in ways
                ):
                    picks.add(asin)
        return self.app.charged_total - before, picks
