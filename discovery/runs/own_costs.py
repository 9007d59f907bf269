"""What a product costs its user, stated once: the answers that hold it follow, for no token.

Scores are made anew from what is stored of the product, however old, with the profile each run was
started with. What tables sort, filter, count and sum by are columns of the lines: all of it
follows, and so do the exports.

The lines of a search keep their position, which is the rank they were given when it ended: the row
that is being typed in must not jump, and the numbers of the others stay true. Sorted by verdict,
profit or ROI (and a list by rank, which is its verdict), a row is in its new place when the page
is opened again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from discovery.models import Run, RunLine
from discovery.products import store
from discovery.products.product_costs import Source, costs_of, forget_cost, state_costs
from discovery.products.scored import ScoredProduct, StatedCost
from discovery.profiles.service import ActiveProfile
from discovery.rows import write_back
from discovery.runs.candidates import EVER, compare
from discovery.runs.endings import frozen_profile
from discovery.runs.lines import SCORED_FIELDS, put_score, score_anew, without_cost

# A look of a job says what it has found then; the next one reckons with what was stated since.
FOLLOWING = (Run.Kind.SEARCH, Run.Kind.LIST)
MOST_LINES = 200  # of the newest runs that hold the product
# What differs between lines of one product and one profile.
OF_A_LINE = {"asin", "candidates", "cost_units", "lots"}
OF_A_SCORE = tuple(name for name in SCORED_FIELDS if name not in OF_A_LINE)
OWN_FIELDS = ("cost", "cost_given", "pack")  # what a line says of its own cost
# Columns of a run that scoring a line does not need.
HEAVY = ("breakdown", "run__outcome", "run__filters", "run__columns", "run__failure")


@transaction.atomic
def state_own_cost(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    cost: StatedCost | None,
    now: datetime,
    line: RunLine | None = None,
    source: Source = Source.TYPED,
) -> bool:
    """Keep what the product costs the user, or forget it (``None``), and score his lines anew.

    A line that has a cost from its own file keeps it, unless it is the very ``line`` the cost is
    typed in: from then on it follows the product. Returns whether there was anything to score
    with; of a product that is not stored any more the cost is only kept.
    """
    if cost is None:
        forget_cost(user=user, marketplace=marketplace, asin=asin)
    else:
        costs = {asin: cost}
        state_costs(user=user, marketplace=marketplace, costs=costs, source=source, now=now)
    if line is not None and (line.cost is not None or line.cost_given):
        line.cost, line.cost_given, line.pack = None, "", None
        line.save(update_fields=OWN_FIELDS)
    return score_lines_anew(user=user, marketplace=marketplace, asin=asin, now=now, first=line)


def score_lines_anew(
    *,
    user: AbstractBaseUser,
    marketplace: str,
    asin: str,
    now: datetime | None = None,
    first: RunLine | None = None,
) -> bool:
    """Give the user's lines of a product that have no cost of their own the one known of it.

    ``first`` always, of the others the newest ``MOST_LINES``. Returns whether the product is
    stored, which is what they are scored from.
    """
    known = store.known_products(marketplace=marketplace, asins=[asin], newer_than=EVER)
    if not known.products:
        return False
    product, now = known.products[0], now or timezone.now()
    own = costs_of(user_id=user.pk, marketplace=marketplace, asins=[asin]).get(asin)
    lines = list(
        RunLine.objects.filter(
            ~Q(pk=first.pk) if first else Q(),
            run__owner=user.pk,
            run__kind__in=FOLLOWING,
            run__marketplace=marketplace,
            asin=asin,
            state=RunLine.State.SCORED,
            cost=None,
        )
        .select_related("run__profile")
        .defer(*HEAVY)
        .order_by("-run__created_at", "pk")[:MOST_LINES]
    )
    plain: dict[Hashable, list[RunLine]] = defaultdict(list)
    apart: dict[Hashable, list[RunLine]] = defaultdict(list)
    for line in [*([first] if first else ()), *lines]:
        is_apart = bool(line.candidates) or line.quantity is not None
        (apart if is_apart else plain)[_scored_with(line.run)].append(line)
    for alike in plain.values():
        _put_on_all(alike, _score(alike[0], product, own, frozen_profile(alike[0].run), now))
    for alike in apart.values():
        _put_on_each(alike, product, own, frozen_profile(alike[0].run), now)
    return True


def follow_costs(run: Run, lines: Sequence[RunLine], before: Mapping[str, StatedCost]) -> None:
    """Score anew what was stated otherwise while these lines of the run were scored.

    ``before`` are the costs they were scored with. In one statement where nothing was.
    """
    if run.kind not in FOLLOWING:
        return
    asins = without_cost(lines)
    after = costs_of(user_id=run.owner_id, marketplace=run.marketplace, asins=asins)
    for asin in dict.fromkeys(asins):
        if after.get(asin) != before.get(asin):
            score_lines_anew(user=run.owner, marketplace=run.marketplace, asin=asin)


def score_lines_of_products(
    *, user: AbstractBaseUser, products: Iterable[tuple[str, str]], now: datetime | None = None
) -> int:
    """``score_lines_anew`` for many products (marketplace, ASIN); returns how many have lines."""
    asins: dict[str, set[str]] = defaultdict(set)
    for marketplace, asin in products:
        asins[marketplace].add(asin)
    held = [
        (marketplace, asin)
        for marketplace, wanted in sorted(asins.items())
        for asin in RunLine.objects.filter(
            run__owner=user.pk,
            run__kind__in=FOLLOWING,
            run__marketplace=marketplace,
            asin__in=wanted,
            cost=None,
        )
        .order_by("asin")
        .values_list("asin", flat=True)
        .distinct()
    ]
    for marketplace, asin in held:
        score_lines_anew(user=user, marketplace=marketplace, asin=asin, now=now)
    return len(held)


def _scored_with(run: Run) -> Hashable:
    """Runs of which this is the same score a product alike."""
    settings = json.dumps(run.profile_settings, sort_keys=True) if run.profile_revision else ""
    return settings or (run.profile.pk if run.profile else None)


def _score(
    line: RunLine,
    product: store.StoredProduct,
    own: StatedCost | None,
    profile: ActiveProfile,
    now: datetime,
) -> ScoredProduct:
    return score_anew(line, product, own=own, profile=profile.settings, now=now)


def _put_on_all(lines: Sequence[RunLine], scored: ScoredProduct) -> None:
    """One score on lines that differ in nothing it depends on, in one statement."""
    put_score(lines[0], scored)
    columns = {name: getattr(lines[0], name) for name in OF_A_SCORE}
    RunLine.objects.filter(pk__in=[line.pk for line in lines]).update(**columns)


def _put_on_each(
    lines: Iterable[RunLine],
    product: store.StoredProduct,
    own: StatedCost | None,
    profile: ActiveProfile,
    now: datetime,
) -> None:
    """A score of its own on each line of a list, with the other products of its code."""
    scored = list(lines)
    for line in scored:
        put_score(line, _score(line, product, own, profile, now))
    run = scored[0].run
    compare(scored, owner_id=run.owner_id, marketplace=run.marketplace, profile=profile.settings)
    write_back(scored, SCORED_FIELDS)
