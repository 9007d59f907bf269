"""What a look has shown of each product is kept: a sighting, and its pick as it is now.

Everything is written in the transaction that stores the lines it comes from, in as many statements
for one line as for a hundred. Written again, it says the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from discovery.models import Pick, Run, RunLine, Sighting, SourcingJob
from discovery.products.from_keepa import ProductCard
from discovery.products.scored import from_breakdown
from discovery.rows import write_back
from discovery.runs.endings import frozen_profile
from discovery.scoring import Profile, Score, Verdict
from discovery.scoring.picks import Look, classify, look_of
from discovery.scoring.verdict import RANK
from discovery.sourcing.alerts.rules import EVENTS
from discovery.sourcing.alerts.service import note_sighting
from discovery.sourcing.decisions import follow_marks
from discovery.sourcing.ways import kinds_of

LineState = RunLine.State
LOOKED_BACK = timedelta(days=90)  # earlier sightings say nothing of a class
WHOLE_ANSWERS = frozenset({SourcingJob.Source.NICHE.value, SourcingJob.Source.FAVOURITES.value})
SEEN_FIELDS = (
    "seen_at", "data_at", "pick_class", "verdict", "sourcing", "cost_kind", "cost_source", "cost",
    "price", "profit", "roi_percent", "offers", "bsr", "confidence",
)  # fmt: skip
PICK_FIELDS = (
    *SEEN_FIELDS, "title", "job", "rank_score", "max_cost", "quantity", "breakdown",
    "sightings_count", "gone_at", "is_above",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Seen:
    """A scored line read back: what it shows, and where its price was found."""

    line: RunLine
    card: ProductCard
    score: Score
    way: Mapping[str, Any]

    @classmethod
    def of(cls, line: RunLine) -> _Seen:
        card, score = from_breakdown(line.breakdown or {})
        return cls(line, card, score, line.evidence.get("cost") or {})

    @property
    def events(self) -> frozenset[str]:
        """What the source says has happened that may be told: codes of ``alerts.rules``."""
        source = self.line.evidence.get("source") or {}
        return EVENTS.intersection(change["code"] for change in source.get("changes") or ())

    @property
    def data_at(self) -> datetime:
        """When the data behind the score was fetched."""
        return datetime.fromisoformat((self.line.breakdown or {})["fetched_at"])

    @property
    def is_real(self) -> bool:
        """Whether it can be bought at a price somebody asks."""
        return bool(self.way) and not self.score.hypothetical and self.score.landed_cost is not None

    def figures(self, *, now: datetime) -> dict[str, Any]:
        """The columns of ``Seen``, all but the class."""
        score = self.score
        return {
            "seen_at": now,
            "data_at": self.data_at,
            "verdict": score.verdict.value,
            "sourcing": score.sourcing,
            "cost_kind": self.way.get("kind", "") if self.is_real else "",
            "cost_source": str(self.way.get("source", ""))[:120] if self.is_real else "",
            "cost": score.landed_cost if self.is_real else None,
            "price": score.sell_price,
            "profit": score.shown_profit,
            "roi_percent": None if score.shown_roi is None else float(score.shown_roi),
            "offers": self.card.new_offers,
            "bsr": self.card.bsr,
            "confidence": score.confidence,
        }


def record_sightings(run: Run, lines: Sequence[RunLine], now: datetime) -> list[Pick]:
    """Keep what these settled lines show; returns their picks, as they are now.

    In the transaction that stores the lines. A line with a real purchase price of a kind that the
    job looks for makes a pick, and so does one to which something has happened that its owner may
    want to be told; any other says of a pick that exists what has become of it, and one that Keepa
    knows nothing of, that it is gone. A pick that another job holds, bought in a way that this one
    does not look for, is left as it is unless this one has found a better way.
    """
    profile, kinds = frozen_profile(run), kinds_of(run.job)
    # In one order: two jobs that write the same picks never wait for each other in a circle.
    scored = sorted(
        (_Seen.of(line) for line in lines if line.state == LineState.SCORED),
        key=lambda seen: seen.line.asin,
    )
    missing = [line.asin for line in lines if line.state == LineState.UNKNOWN]
    if not scored and not missing:
        return []
    job = _still_kept(run.job)
    found = [seen for seen in scored if seen.events or (seen.is_real and seen.way["kind"] in kinds)]
    _make_picks(run, found, now=now)
    asins = [*(seen.line.asin for seen in scored), *missing]
    follow_marks(owner_id=run.owner_id, asins=asins, now=now)
    picks = _picks_of(run, asins)
    _mark_gone(picks, missing, now=now)
    own = profile.settings.for_marketplace(run.marketplace)
    lasts = timedelta(hours=own.stale_hours)
    seen_before: list[_Seen] = []
    left_alone: list[_Seen] = []
    for seen in scored:
        pick = picks.get(seen.line.asin)
        if pick is not None:
            is_held = _is_held(pick, seen, run, kinds, since=now - lasts)
            (left_alone if is_held else seen_before).append(seen)
    before = _sightings_of(picks.values(), now=now)
    sightings = []
    for seen in seen_before:
        pick = picks[seen.line.asin]
        sightings.append(_sight(run, job, pick, seen, before[pick.pk], own, now=now))
    write_back(picks.values(), PICK_FIELDS)
    Sighting.objects.bulk_create(
        sightings,
        update_conflicts=True,
        unique_fields=["run", "pick"],
        update_fields=[*SEEN_FIELDS, "job"],
    )
    for seen in (*seen_before, *(seen for seen in left_alone if seen.events)):
        note_sighting(
            pick=picks[seen.line.asin], job=job, profile=profile, now=now, events=seen.events
        )
    return [picks[seen.line.asin] for seen in seen_before]


def record_gone(run: Run, *, now: datetime) -> int:
    """Mark the picks of its job that a look which is done no longer brings; returns how many.

    Those the source told of; and where its answer is a whole one, those that are not in it.
    """
    if run.job is None:
        return 0
    held = run.lines.exclude(state=LineState.UNKNOWN).values("asin")
    picks = Pick.objects.filter(
        owner=run.owner_id, marketplace=run.marketplace, job=run.job, gone_at=None
    ).exclude(asin__in=held)
    if run.job.source not in WHOLE_ANSWERS:
        picks = picks.filter(asin__in=(run.outcome or {}).get("gone", ()))
    return picks.update(gone_at=now, is_above=False)


def _still_kept(job: SourcingJob | None) -> SourcingJob | None:
    """The job, which then stays until the transaction has ended; ``None`` when it was deleted."""
    if job is None:
        return None
    kept = SourcingJob.objects.select_for_update(no_key=True).filter(pk=job.pk)
    return job if kept.values_list("pk").first() else None


def _make_picks(run: Run, found: Sequence[_Seen], *, now: datetime) -> None:
    """A row for each, where there is none yet; its figures are put on it with all others."""
    Pick.objects.bulk_create(
        (
            Pick(
                owner_id=run.owner_id,
                marketplace=run.marketplace,
                asin=seen.line.asin,
                first_seen_at=now,
                **seen.figures(now=now),
            )
            for seen in found
        ),
        ignore_conflicts=True,
    )


def _picks_of(run: Run, asins: Sequence[str]) -> dict[str, Pick]:
    mine = Pick.objects.filter(owner=run.owner_id, marketplace=run.marketplace, asin__in=asins)
    locked = mine.select_related("job").select_for_update(of=("self",))
    return {pick.asin: pick for pick in locked.order_by("asin")}


def _is_held(pick: Pick, seen: _Seen, run: Run, kinds: Collection[str], *, since: datetime) -> bool:
    """Whether a look may say nothing of a pick: another job knows of a way to buy it.

    So it is where this job does not look for that way and has found none as good. It holds for as
    long as that job runs by itself and has seen it ``since`` then.
    """
    holder = pick.job
    if holder is None or holder.pk == run.job_id or holder.is_paused or pick.gone_at is not None:
        return False
    if not pick.cost_kind or pick.cost_kind in kinds or pick.seen_at < since:
        return False
    if pick.cost_kind not in kinds_of(holder):
        return False
    is_found = seen.is_real and seen.way["kind"] in kinds
    return not is_found or _worth(seen.score.verdict, seen.score.rank_score) < _worth(
        Verdict(pick.verdict), pick.rank_score or 0.0
    )


def _worth(verdict: Verdict, rank_score: float) -> tuple[int, float]:
    return RANK[verdict], rank_score


def _mark_gone(picks: Mapping[str, Pick], missing: Sequence[str], *, now: datetime) -> None:
    for asin in missing:
        pick = picks.get(asin)
        if pick is not None and pick.gone_at is None:
            pick.gone_at, pick.is_above = now, False


def _sightings_of(picks: Any, *, now: datetime) -> Mapping[int, list[tuple[Any, Look]]]:
    """The earlier looks at each pick, with their runs; in one statement."""
    rows = Sighting.objects.filter(
        pick__in=[pick.pk for pick in picks], seen_at__gte=now - LOOKED_BACK
    ).values_list("pick_id", "run_id", "seen_at", "price", "roi_percent", "offers")
    looks: dict[int, list[tuple[Any, Look]]] = defaultdict(list)
    for pick, run, seen_at, price, roi, offers in rows:
        looks[pick].append((run, Look(seen_at, price, roi, offers)))
    return looks


def _sight(
    run: Run,
    job: SourcingJob | None,
    pick: Pick,
    seen: _Seen,
    before: Sequence[tuple[Any, Look]],
    profile: Profile,
    *,
    now: datetime,
) -> Sighting:
    """Put the look on the pick, and return it as a row of its own."""
    score = seen.score
    pick_class = classify(
        look_of(score, seen_at=now, offers=seen.card.new_offers),
        score,
        [look for of_run, look in before if of_run != run.pk],
        pick.gone_at,
        profile,
    )
    figures = {**seen.figures(now=now), "pick_class": pick_class}
    for name, value in figures.items():
        setattr(pick, name, value)
    is_again = any(of_run == run.pk for of_run, _look in before)
    pick.sightings_count += not is_again
    pick.title, pick.job = seen.card.title[:500], job
    pick.rank_score, pick.max_cost = score.rank_score, score.max_cost
    pick.quantity = expected_sales(score)
    pick.breakdown = seen.line.breakdown
    pick.gone_at = None
    return Sighting(pick=pick, job=job, run=run, **figures)


def expected_sales(score: Score) -> int | None:
    """How many of one's own one may expect to sell in 30 days, rounded down; ``None``: unknown."""
    sales = score.expected_sales_per_month
    return None if sales is None else int(Decimal(str(sales)))
